//! XEP-0004: Data Forms, with their types (XEP-0068), validation (XEP-0122) and pictures (XEP-0221).
//!
//! | module | holds |
//! | --- | --- |
//! | [`form`] | a form as a whole: asking, submitting, telling |
//! | [`field`] | one question, or one answer to it |
//! | [`validation`] | what an answer must look like, beyond the kind of its field |
//! | [`datatype`] | the datatypes of XML Schema that answers can have |
//! | [`media`] | what a field shows |
//! | [`answers`] | a submission, checked against the form that asked |
//!
//! Asking, and reading what comes back:
//!
//! ```
//! use televisor_xmpp::payload::forms::{Field, Form, FormKind};
//!
//! let form = Form::asking("Record").form_type("urn:example:record").field(
//!     Field::text("title").label("Title").required(),
//! );
//! let submitted = Form::new(FormKind::Submit).field(Field::answer("title", ["Newsnight"]));
//! let answers = form.check(&submitted)?;
//! assert_eq!(answers.text("title"), Some("Newsnight"));
//! # Ok::<(), televisor_xmpp::payload::forms::FormError>(())
//! ```
//!
//! Where no form was sent before, such as a node's configuration that comes with what is published,
//! [`Form::value`], [`Form::values`] and [`Form::form_type`] read a submission as it is.

pub mod answers;
pub mod datatype;
pub mod field;
pub mod form;
pub mod media;
pub mod validation;

pub use answers::{Answers, FormError, Problem};
pub use datatype::Datatype;
pub use field::{Choice, Field, FieldKind};
pub use form::{Form, FormKind};
pub use media::{Media, MediaUri};
pub use validation::{ListRange, Method, Validation};

#[cfg(test)]
mod tests;
