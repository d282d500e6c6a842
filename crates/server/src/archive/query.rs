//! XEP-0313 section 4: what is asked of an archive, read from its element.

use jiff::Timestamp;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Datatype, Field, FieldKind, Form, FormKind, Validation};
use televisor_xmpp::payload::result_set::PageRequest;

/// Ids that may be asked for at once.
const IDS: usize = 500;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Query {
    /// With whom; `None`: everybody.
    pub(crate) with: Option<Jid>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) before_id: Option<String>,
    pub(crate) after_id: Option<String>,
    pub(crate) ids: Option<Vec<String>>,
    /// Which page of all that match.
    pub(crate) page: PageRequest,
    /// Whether the page is sent backwards.
    pub(crate) flip: bool,
}

impl Query {
    /// Reads `<query/>`; `canonical` brings an address of this host to its one form.
    ///
    /// # Errors
    /// `bad-request` for a form or page that is none, `feature-not-implemented` for a field that is not
    /// known (section 4.1.5).
    pub(crate) fn read(
        query: &Element,
        canonical: impl Fn(&str) -> String,
    ) -> Result<Self, StanzaError> {
        let mut read = Self::default();
        if let Some(form) = query.child("x", ns::DATA_FORMS) {
            let form = Form::read(form).map_err(|_| Condition::BadRequest)?;
            if form.kind != FormKind::Submit || form.about() != Some(ns::MAM) {
                return Err(Condition::BadRequest.into());
            }
            for field in &form.fields {
                read.field(field, &canonical)?;
            }
        }
        if let Some(set) = query.child("set", ns::RESULT_SETS) {
            read.page = PageRequest::read(set).map_err(|_| Condition::BadRequest)?;
        }
        read.flip = query.has_child("flip-page", ns::MAM);
        Ok(read)
    }

    fn field(
        &mut self,
        field: &Field,
        canonical: impl Fn(&str) -> String,
    ) -> Result<(), StanzaError> {
        let value =
            field.values.first().map(|value| value.trim()).filter(|value| !value.is_empty());
        match field.var.as_deref().unwrap_or_default() {
            "FORM_TYPE" => {}
            "with" => {
                let with = value.map(|value| canonical(value).parse()).transpose();
                self.with = with.map_err(|_| Condition::JidMalformed)?;
            }
            "start" => self.start = time(value)?,
            "end" => self.end = time(value)?,
            "before-id" => self.before_id = value.map(str::to_owned),
            "after-id" => self.after_id = value.map(str::to_owned),
            "ids" if field.values.len() > IDS => return Err(Condition::ResourceConstraint.into()),
            "ids" => self.ids = Some(field.values.clone()),
            // There is no groupchat in these archives, so that neither answer changes anything.
            "include-groupchat" => {
                let known = ["true", "false", "1", "0"];
                if value.is_some_and(|value| !known.contains(&value)) {
                    return Err(Condition::BadRequest.into());
                }
            }
            _ => return Err(Condition::FeatureNotImplemented.into()),
        }
        Ok(())
    }
}

fn time(value: Option<&str>) -> Result<Option<Timestamp>, StanzaError> {
    value.map(str::parse).transpose().map_err(|_| Condition::BadRequest.into())
}

/// Returns the form that says which fields there are (section 4.1.5).
pub(crate) fn form() -> Element {
    let open = Validation::open(Datatype::String);
    let form = Form::new(FormKind::Form)
        .form_type(ns::MAM)
        .field(Field::new(FieldKind::JidSingle, "with"))
        .field(Field::text("start"))
        .field(Field::text("end"))
        .field(Field::text("before-id"))
        .field(Field::text("after-id"))
        .field(Field::new(FieldKind::ListMulti, "ids").validated(open))
        .field(Field::new(FieldKind::Boolean, "include-groupchat"));
    Element::builder("query", ns::MAM).child(form.to_element()).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> Result<Query, StanzaError> {
        let text = format!(
            "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>\
             <field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>{inside}</x></query>"
        );
        Query::read(&Element::parse(text.as_bytes()).unwrap(), str::to_owned)
    }

    fn field(var: &str, value: &str) -> String {
        format!("<field var='{var}'><value>{value}</value></field>")
    }

    fn refusal(inside: &str) -> Condition {
        read(inside).unwrap_err().condition
    }

    #[test]
    fn all_fields_are_read() {
        let fields = [
            field("with", "Ann@House.example"),
            field("start", "2010-06-07T00:00:00Z"),
            field("end", "2010-06-07T02:00:00.5+02:00"),
            field("before-id", "b"),
            field("after-id", "a"),
            field("ids", "c"),
            field("include-groupchat", "false"),
        ];
        let query = read(&fields.concat()).unwrap();
        assert_eq!(query.with, "ann@house.example".parse().ok());
        assert_eq!(query.start, "2010-06-07T00:00:00Z".parse().ok());
        assert_eq!(query.end, "2010-06-07T00:00:00.5Z".parse().ok());
        assert_eq!(query.before_id.as_deref(), Some("b"));
        assert_eq!(query.after_id.as_deref(), Some("a"));
        assert_eq!(query.ids, Some(vec!["c".to_owned()]));
    }

    #[test]
    fn a_field_that_is_not_known_is_not_implemented() {
        assert_eq!(refusal(&field("{urn:x}text", "tea")), Condition::FeatureNotImplemented);
    }

    #[test]
    fn what_is_no_time_or_address_is_refused() {
        assert_eq!(refusal(&field("start", "yesterday")), Condition::BadRequest);
        assert_eq!(refusal(&field("with", "@")), Condition::JidMalformed);
        assert_eq!(refusal(&field("include-groupchat", "perhaps")), Condition::BadRequest);
    }

    #[test]
    fn a_form_about_something_else_is_refused() {
        let text = "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>\
                    <field var='FORM_TYPE'><value>urn:xmpp:mam:1</value></field></x></query>";
        let read = Query::read(&Element::parse(text.as_bytes()).unwrap(), str::to_owned);
        assert_eq!(read.unwrap_err().condition, Condition::BadRequest);
    }

    #[test]
    fn an_empty_field_is_as_good_as_none() {
        assert_eq!(read(&field("with", "")).unwrap(), read("").unwrap());
    }
}
