//! A submission, checked against the form that asked for it (XEP-0004 sections 3.5 and 4).

use std::collections::BTreeMap;
use std::fmt;

use super::datatype::boolean;
use super::field::{Field, FieldKind};
use super::form::{Form, FormKind};
use crate::error::{Condition, StanzaError};
use crate::jid::Jid;

/// Fields that a submission may have, known and unknown: more than any form here has.
const FIELDS: usize = 256;

/// Values of one field: more than a household has of anything.
const VALUES: usize = 1024;

/// Answers that are as the form asked for them, by field. What was left out is not in them, and what
/// was left empty has no values; [`Answers::has`] tells those apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    values: BTreeMap<String, Vec<String>>,
}

/// Why a submission is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// The field in question, as people call it; `None` for the form as a whole.
    pub field: Option<String>,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field or a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The form is no submission.
    NotSubmitted,
    /// The form is about something else (XEP-0068).
    AboutSomethingElse,
    /// There are more fields or values than anybody needs.
    TooMuch,
    /// The field must be answered.
    Missing,
    /// The field is there twice, or has two values where it takes one.
    Repeated,
    /// The value is none of the choices.
    NoChoice,
    /// There are too few or too many values.
    Count,
    /// The value is not what it must be.
    Invalid,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            Problem::NotSubmitted => "must be submitted",
            Problem::AboutSomethingElse => "is about something else",
            Problem::TooMuch => "holds too much",
            Problem::Missing => "must be filled in",
            Problem::Repeated => "takes one value",
            Problem::NoChoice => "takes one of its choices",
            Problem::Count => "has too few or too many values",
            Problem::Invalid => "has a value that it cannot have",
        };
        match &self.field {
            Some(field) => write!(f, "the field \"{field}\" {problem}"),
            None => write!(f, "the form {problem}"),
        }
    }
}

impl std::error::Error for FormError {}

impl From<FormError> for StanzaError {
    fn from(error: FormError) -> Self {
        Self::new(Condition::NotAcceptable).with_text(error.to_string())
    }
}

impl Answers {
    pub(super) fn of(form: &Form, submitted: &Form) -> Result<Self, FormError> {
        let whole = |problem| FormError { field: None, problem };
        if submitted.kind != FormKind::Submit {
            return Err(whole(Problem::NotSubmitted));
        }
        if form.about().is_some() && submitted.about().is_some_and(|x| form.about() != Some(x)) {
            return Err(whole(Problem::AboutSomethingElse));
        }
        if submitted.fields.len() > FIELDS {
            return Err(whole(Problem::TooMuch));
        }
        let mut answers = Self::default();
        for question in &form.fields {
            let Some(var) = &question.var else { continue };
            let kind = question.kind.unwrap_or(FieldKind::TextSingle);
            if kind == FieldKind::Fixed {
                continue;
            }
            let problem = |problem| {
                let name = question.label.as_ref().unwrap_or(var);
                FormError { field: Some(name.clone()), problem }
            };
            let values = one(submitted, var).map_err(problem)?;
            let values = values.map(|values| checked(question, kind, values));
            match values.transpose().map_err(problem)? {
                Some(values) if !values.is_empty() || !question.required => {
                    answers.values.insert(var.clone(), values);
                }
                None if !question.required => {}
                Some(_) | None => return Err(problem(Problem::Missing)),
            }
        }
        Ok(answers)
    }

    /// Whether the field was submitted, be it empty: whoever wants to take something away submits
    /// an empty field (section 3.6).
    #[must_use]
    pub fn has(&self, var: &str) -> bool {
        self.values.contains_key(var)
    }

    /// Returns the values of a field.
    #[must_use]
    pub fn all(&self, var: &str) -> &[String] {
        self.values.get(var).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the one value of a field; of several lines, the first.
    #[must_use]
    pub fn text(&self, var: &str) -> Option<&str> {
        self.all(var).first().map(String::as_str)
    }

    /// Returns the lines of a field as one text.
    #[must_use]
    pub fn lines(&self, var: &str) -> Option<String> {
        self.has(var).then(|| self.all(var).join("\n"))
    }

    /// Returns the answer to a yes or no.
    #[must_use]
    pub fn flag(&self, var: &str) -> Option<bool> {
        boolean(self.text(var)?)
    }

    /// Returns the address in a field.
    #[must_use]
    pub fn jid(&self, var: &str) -> Option<Jid> {
        self.text(var)?.parse().ok()
    }

    /// Returns the addresses in a field.
    #[must_use]
    pub fn jids(&self, var: &str) -> Vec<Jid> {
        self.all(var).iter().filter_map(|jid| jid.parse().ok()).collect()
    }
}

/// Finds the one field by this name.
fn one<'a>(submitted: &'a Form, var: &str) -> Result<Option<&'a [String]>, Problem> {
    let mut fields = submitted.fields.iter().filter(|field| field.var.as_deref() == Some(var));
    let found = fields.next().map(|field| field.values.as_slice());
    if fields.next().is_some() { Err(Problem::Repeated) } else { Ok(found) }
}

/// Returns the values of one field if they answer `question`; none if it was left empty.
fn checked(question: &Field, kind: FieldKind, values: &[String]) -> Result<Vec<String>, Problem> {
    if values.len() > VALUES {
        return Err(Problem::TooMuch);
    }
    // Section 3.6: `<value/>` and no value at all both mean that there is nothing.
    if values.iter().all(String::is_empty) {
        let none = question.validation.as_ref().is_none_or(|rule| rule.admits_count(kind, 0));
        return if none { Ok(Vec::new()) } else { Err(Problem::Count) };
    }
    if values.len() > 1 && !kind.takes_many() {
        return Err(Problem::Repeated);
    }
    let values = match kind {
        FieldKind::JidMulti | FieldKind::JidSingle => addresses(values)?,
        FieldKind::ListMulti | FieldKind::ListSingle => chosen(question, values)?,
        FieldKind::Boolean if values.iter().any(|value| boolean(value).is_none()) => {
            return Err(Problem::Invalid);
        }
        FieldKind::Boolean
        | FieldKind::Fixed
        | FieldKind::Hidden
        | FieldKind::TextMulti
        | FieldKind::TextPrivate
        | FieldKind::TextSingle => values.to_vec(),
    };
    if let Some(validation) = &question.validation {
        if !validation.admits_count(kind, values.len()) {
            return Err(Problem::Count);
        }
        if !values.iter().all(|value| validation.admits(value)) {
            return Err(Problem::Invalid);
        }
    }
    Ok(values)
}

/// Section 3.3: addresses are valid ones, and the same one again is passed over.
fn addresses(values: &[String]) -> Result<Vec<String>, Problem> {
    let mut addresses = Vec::new();
    for value in values {
        let jid: Jid = value.trim().parse().map_err(|_| Problem::Invalid)?;
        let jid = jid.to_string();
        if !addresses.contains(&jid) {
            addresses.push(jid);
        }
    }
    Ok(addresses)
}

/// Section 3.3: nothing may be inserted into a list, unless it is an open one (XEP-0122).
fn chosen(question: &Field, values: &[String]) -> Result<Vec<String>, Problem> {
    let open = question.validation.as_ref().is_some_and(super::Validation::is_open);
    let known = |value: &String| question.choices.iter().any(|choice| choice.value == *value);
    let mut chosen: Vec<String> = Vec::new();
    for value in values {
        if !open && !known(value) {
            return Err(Problem::NoChoice);
        }
        if !chosen.contains(value) {
            chosen.push(value.clone());
        }
    }
    Ok(chosen)
}
