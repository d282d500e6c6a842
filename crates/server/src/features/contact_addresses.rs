//! XEP-0157: Contact Addresses for XMPP Services, a form in the server's disco#info: the resident that
//! answers for the domain, and what the embedding program says.

use televisor_xmpp::element::Element;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Field, FieldKind, Form, FormKind};

use crate::context::Context;
use crate::feature::Spec;

/// The type of the form (section 4.1).
const FORM_TYPE: &str = "http://jabber.org/network/serverinfo";

/// What a household can be written to about.
const ABOUT: [&str; 5] = [
    "abuse-addresses",
    "admin-addresses",
    "feedback-addresses",
    "security-addresses",
    "support-addresses",
];

/// The line of the compliance document.
pub(crate) const SPEC: Spec = Spec::xep(
    "XEP-0157",
    "Contact Addresses for XMPP Services",
    "1.1.1",
    "the resident that answers for the domain, and what is configured",
);

/// Returns the form, if anybody can be written to.
pub(crate) fn form(context: &Context) -> Option<Element> {
    let resident = context.resident_for_domain();
    let resident = resident.map(|r| format!("xmpp:{}", context.address(r.localpart())));
    let configured = context.contact_addresses().iter().cloned();
    let addresses: Vec<String> = configured.chain(resident).collect();
    if addresses.is_empty() {
        return None;
    }
    let mut form = Form::new(FormKind::Result).form_type(FORM_TYPE);
    for about in ABOUT {
        let mut field = Field::new(FieldKind::ListMulti, about);
        field.values.clone_from(&addresses);
        form = form.field(field);
    }
    Some(form.to_element())
}
