//! One field of a data form (XEP-0004 sections 3.2 and 3.3).

use super::form::one_line;
use super::media::Media;
use super::validation::Validation;
use crate::condition::conditions;
use crate::element::Element;
use crate::ns;
use crate::payload::carrier::{Payload as _, PayloadError};

conditions! {
    /// What kind of answer a field takes (section 3.3).
    pub enum FieldKind {
        /// Yes or no.
        Boolean = "boolean",
        /// No question: a text to read.
        Fixed = "fixed",
        /// Not shown, and returned as it is.
        Hidden = "hidden",
        /// Addresses.
        JidMulti = "jid-multi",
        /// One address.
        JidSingle = "jid-single",
        /// Some of the choices.
        ListMulti = "list-multi",
        /// One of the choices.
        ListSingle = "list-single",
        /// Lines of text.
        TextMulti = "text-multi",
        /// A line that is not shown while it is typed.
        TextPrivate = "text-private",
        /// A line.
        TextSingle = "text-single",
    }
}

impl FieldKind {
    /// Whether a field of this kind may have more than one value (section 3.2).
    #[must_use]
    pub const fn takes_many(self) -> bool {
        match self {
            Self::Hidden | Self::JidMulti | Self::ListMulti | Self::TextMulti => true,
            Self::Boolean
            | Self::Fixed
            | Self::JidSingle
            | Self::ListSingle
            | Self::TextPrivate
            | Self::TextSingle => false,
        }
    }

    /// Whether a field of this kind has choices.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Self::ListMulti | Self::ListSingle)
    }
}

/// `<field/>`: a question with its default, or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    /// Its name in the form; only a fixed text has none.
    pub var: Option<String>,
    /// What it takes; may be left out of a submission. Unknown kinds are read as a line of text.
    pub kind: Option<FieldKind>,
    /// What people call it.
    pub label: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// Whether the form cannot do without it.
    pub required: bool,
    /// The answer, or what the answer is if nothing is changed.
    pub values: Vec<String>,
    /// What there is to choose from.
    pub choices: Vec<Choice>,
    /// What the answer must look like (XEP-0122).
    pub validation: Option<Validation>,
    /// What is shown with it (XEP-0221).
    pub media: Option<Media>,
}

/// `<option/>`: one of the choices of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What people call it.
    pub label: Option<String>,
    /// What stands for it.
    pub value: String,
}

impl Field {
    /// Makes a field of this kind and name, without a value.
    #[must_use]
    pub fn new(kind: FieldKind, var: &str) -> Self {
        Self { var: Some(var.to_owned()), kind: Some(kind), ..Self::default() }
    }

    /// Makes a line of text.
    #[must_use]
    pub fn text(var: &str) -> Self {
        Self::new(FieldKind::TextSingle, var)
    }

    /// Makes a question that is answered by yes or no.
    #[must_use]
    pub fn boolean(var: &str, value: bool) -> Self {
        Self::new(FieldKind::Boolean, var).value(if value { "true" } else { "false" })
    }

    /// Makes a value that is not shown.
    #[must_use]
    pub fn hidden(var: &str, value: &str) -> Self {
        Self::new(FieldKind::Hidden, var).value(value)
    }

    /// Makes a text to read.
    #[must_use]
    pub fn fixed(text: &str) -> Self {
        Self { kind: Some(FieldKind::Fixed), ..Self::default() }.value(one_line(text))
    }

    /// Makes a choice of one.
    #[must_use]
    pub fn list(var: &str) -> Self {
        Self::new(FieldKind::ListSingle, var)
    }

    /// Makes an answer, whose kind the form that asked has.
    #[must_use]
    pub fn answer<T: Into<String>>(var: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { var: Some(var.to_owned()), values, ..Self::default() }
    }

    /// Sets what people call it.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Says more about it.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = Some(one_line(text));
        self
    }

    /// Makes an answer necessary.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Adds a value.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds a value for each line of `text` (section 3.3, the note on `text-multi`).
    #[must_use]
    pub fn lines(mut self, text: &str) -> Self {
        self.values.extend(text.lines().map(str::to_owned));
        self
    }

    /// Adds a choice.
    #[must_use]
    pub fn choice(mut self, label: &str, value: &str) -> Self {
        let label = (!label.is_empty()).then(|| label.to_owned());
        self.choices.push(Choice { label, value: value.to_owned() });
        self
    }

    /// Says what the answer must look like.
    #[must_use]
    pub fn validated(mut self, validation: Validation) -> Self {
        self.validation = Some(validation);
        self
    }

    /// Shows something with it.
    #[must_use]
    pub fn media(mut self, media: Media) -> Self {
        self.media = Some(media);
        self
    }

    pub(super) fn read(field: &Element) -> Result<Self, PayloadError> {
        let own = |name| field.children().filter(move |child| child.is(name, ns::DATA_FORMS));
        // Section 3.3: a kind that is not known MUST be taken for `text-single`.
        let kind = |name| FieldKind::parse(name).unwrap_or(FieldKind::TextSingle);
        Ok(Self {
            var: field.attr("var").map(str::to_owned),
            kind: field.attr("type").map(kind),
            label: field.attr("label").map(str::to_owned),
            description: own("desc").next().map(Element::text),
            required: own("required").next().is_some(),
            values: own("value").map(Element::text).collect(),
            choices: own("option").map(Choice::read).collect::<Result<_, _>>()?,
            validation: read(field.child("validate", ns::DATA_VALIDATION), Validation::read)?,
            media: read(field.child("media", ns::MEDIA_ELEMENT), Media::read)?,
        })
    }

    pub(super) fn to_element(&self) -> Element {
        let mut field = Element::builder("field", ns::DATA_FORMS)
            .attr_opt("var", self.var.as_deref())
            .attr_opt("type", self.kind.map(FieldKind::as_str))
            .attr_opt("label", self.label.as_deref());
        if let Some(text) = &self.description {
            field = field.field("desc", text);
        }
        if self.required {
            field = field.child(Element::new("required", ns::DATA_FORMS));
        }
        field = field.children(self.validation.as_ref().map(Validation::to_element));
        field = field.children(self.media.as_ref().map(Media::to_element));
        for value in &self.values {
            field = field.field("value", value);
        }
        field.children(self.choices.iter().map(Choice::to_element)).build()
    }
}

fn read<T>(
    element: Option<&Element>,
    read: impl FnOnce(&Element) -> Result<T, PayloadError>,
) -> Result<Option<T>, PayloadError> {
    element.map(read).transpose()
}

impl Choice {
    fn read(option: &Element) -> Result<Self, PayloadError> {
        let mut values = option.children().filter(|child| child.is("value", ns::DATA_FORMS));
        let value = values.next().ok_or(PayloadError::Missing("value"))?.text();
        if values.next().is_some() {
            return Err(PayloadError::Repeated("value"));
        }
        Ok(Self { label: option.attr("label").map(str::to_owned), value })
    }

    fn to_element(&self) -> Element {
        Element::builder("option", ns::DATA_FORMS)
            .attr_opt("label", self.label.as_deref())
            .field("value", &self.value)
            .build()
    }
}
