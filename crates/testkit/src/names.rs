//! What a conversation remembers of what was received, to say it again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use televisor_xmpp::element::Element;

use crate::compare::{difference, own_text};

/// Values by the names that a conversation gave them. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    known: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Names {
    /// Takes the values that stand where `expected` has `*NAME`.
    pub(crate) fn learn(&self, expected: &Element, found: &Element) {
        for attribute in expected.attrs() {
            let value = found.attr_ns(attribute.name(), attribute.namespace());
            self.take(attribute.value(), value.unwrap_or_default());
        }
        self.take(&own_text(expected), &own_text(found));
        let mut rest = found.children();
        for child in expected.children() {
            if let Some(found) = rest.find(|found| difference(child, found).is_none()) {
                self.learn(child, found);
            }
        }
    }

    fn take(&self, name: &str, value: &str) {
        if let Some(name) = name.strip_prefix('*').filter(|name| !name.is_empty()) {
            self.lock().insert(name.to_owned(), value.to_owned());
        }
    }

    /// Puts the values in where `text` has `{NAME}`.
    pub(crate) fn fill(&self, text: &str) -> String {
        let fill = |text: String, (name, value): (&String, &String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        self.lock().iter().fold(text.to_owned(), fill)
    }

    /// The same in an element.
    pub(crate) fn fill_in(&self, element: &Element) -> anyhow::Result<Element> {
        Ok(Element::parse(self.fill(&element.to_xml()).as_bytes())?)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
