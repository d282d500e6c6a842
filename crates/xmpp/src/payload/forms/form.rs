//! A data form as a whole (XEP-0004 section 3).

use super::answers::{Answers, FormError};
use super::field::{Field, FieldKind};
use crate::condition::conditions;
use crate::element::Element;
use crate::ns;
use crate::payload::carrier::{Carrier, Payload, PayloadError, required};

/// The hidden field that says what a form is about (XEP-0068).
const FORM_TYPE: &str = "FORM_TYPE";

conditions! {
    /// What a form is for (section 3.1).
    pub enum FormKind {
        /// It asks to be filled in.
        Form = "form",
        /// It is the answer to one that asks.
        Submit = "submit",
        /// It says that there will be no answer.
        Cancel = "cancel",
        /// It tells.
        Result = "result",
    }
}

/// `<x/>`: a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it is for.
    pub kind: FormKind,
    /// Its headline.
    pub title: Option<String>,
    /// What a person should know before filling it in, one paragraph each.
    pub instructions: Vec<String>,
    /// The questions or answers.
    pub fields: Vec<Field>,
    /// The columns of a table (section 3.4).
    pub reported: Vec<Field>,
    /// The rows of that table.
    pub items: Vec<Vec<Field>>,
}

impl Form {
    /// Makes a form without anything in it.
    #[must_use]
    pub const fn new(kind: FormKind) -> Self {
        Self {
            kind,
            title: None,
            instructions: Vec::new(),
            fields: Vec::new(),
            reported: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Starts a form that asks.
    #[must_use]
    pub fn asking(title: &str) -> Self {
        Self::new(FormKind::Form).title(title)
    }

    /// Starts a form that tells.
    #[must_use]
    pub fn telling(title: &str) -> Self {
        Self::new(FormKind::Result).title(title)
    }

    /// Sets the headline.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = Some(one_line(title));
        self
    }

    /// Adds a paragraph of instructions.
    #[must_use]
    pub fn instructions(mut self, text: &str) -> Self {
        self.instructions.push(one_line(text));
        self
    }

    /// Says what the form is about (XEP-0068); call it before any field is added.
    #[must_use]
    pub fn form_type(self, form_type: &str) -> Self {
        self.field(Field::hidden(FORM_TYPE, form_type))
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds a column to the table of results.
    #[must_use]
    pub fn column(mut self, field: Field) -> Self {
        self.reported.push(field);
        self
    }

    /// Adds a row to the table of results: a text for each column; those that are left out are empty.
    #[must_use]
    pub fn row<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        let mut texts = texts.into_iter();
        let cells = self.reported.iter().filter_map(|column| {
            let text = texts.next().map(Into::into).unwrap_or_default();
            Some(Field::answer(column.var.as_deref()?, [text]))
        });
        let row = cells.collect();
        self.items.push(row);
        self
    }

    /// Returns the field by this name.
    #[must_use]
    pub fn get(&self, var: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.var.as_deref() == Some(var))
    }

    /// Returns the first value of the field by this name.
    #[must_use]
    pub fn value(&self, var: &str) -> Option<&str> {
        self.values(var).first().map(String::as_str)
    }

    /// Returns all values of the field by this name.
    #[must_use]
    pub fn values(&self, var: &str) -> &[String] {
        self.get(var).map(|field| field.values.as_slice()).unwrap_or_default()
    }

    /// Returns what the form is about. XEP-0068 section 4: in a form that asks or tells the field
    /// counts only if it is hidden; in a submission its kind may be left out.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        let field = self.get(FORM_TYPE)?;
        let counts = match self.kind {
            FormKind::Submit | FormKind::Cancel => true,
            FormKind::Form | FormKind::Result => field.kind == Some(FieldKind::Hidden),
        };
        field.values.first().map(String::as_str).filter(|_| counts)
    }

    /// Checks a submission against this form, which asked for it. Fields this form does not have are
    /// passed over (section 3.1); those left out are not in the answers, so that what they stand for
    /// keeps its value (section 3.5).
    ///
    /// # Errors
    /// The first field that is missing or wrong, as `not-acceptable` (section 4).
    pub fn check(&self, submitted: &Self) -> Result<Answers, FormError> {
        Answers::of(self, submitted)
    }
}

impl Payload for Form {
    const NAME: &'static str = "x";
    const NAMESPACE: &'static str = ns::DATA_FORMS;
    const CARRIERS: &'static [Carrier] = &[Carrier::Message];

    fn read(x: &Element) -> Result<Self, PayloadError> {
        let kind = FormKind::parse(required(x, "type")?).ok_or(PayloadError::Invalid("type"))?;
        let mut form = Self::new(kind);
        let own = |child: &&Element| child.namespace() == ns::DATA_FORMS;
        for child in x.children().filter(own) {
            match child.name() {
                "title" => form.title = Some(child.text()),
                "instructions" => form.instructions.push(child.text()),
                "field" => form.fields.push(Field::read(child)?),
                "reported" => form.reported = fields(child)?,
                "item" => form.items.push(fields(child)?),
                _ => {}
            }
        }
        Ok(form)
    }

    fn to_element(&self) -> Element {
        let mut x = Element::builder(Self::NAME, Self::NAMESPACE).attr("type", self.kind.as_str());
        if let Some(title) = &self.title {
            x = x.field("title", title);
        }
        for text in &self.instructions {
            x = x.field("instructions", text);
        }
        x = x.children(self.fields.iter().map(Field::to_element));
        if !self.reported.is_empty() {
            x = x.child(group("reported", &self.reported));
        }
        x.children(self.items.iter().map(|item| group("item", item))).build()
    }
}

fn fields(parent: &Element) -> Result<Vec<Field>, PayloadError> {
    let fields = parent.children().filter(|child| child.is("field", ns::DATA_FORMS));
    fields.map(Field::read).collect()
}

fn group(name: &str, fields: &[Field]) -> Element {
    let fields = fields.iter().map(Field::to_element);
    Element::builder(name, ns::DATA_FORMS).children(fields).build()
}

/// Titles, instructions and descriptions have no line breaks (section 3).
pub(super) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
