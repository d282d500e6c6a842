//! XEP-0030: Service Discovery.

use super::carrier::{Carrier, Payload, PayloadError, required};
use crate::element::Element;
use crate::jid::Jid;
use crate::ns;

/// What an entity is and can do; without identities and features, the question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// The part of the entity in question.
    pub node: Option<String>,
    /// What it is.
    pub identities: Vec<Identity>,
    /// What it can do: namespaces.
    pub features: Vec<String>,
    /// More about it (XEP-0128), as data forms.
    pub forms: Vec<Element>,
}

/// What an entity is, in the words of the registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// For example `server`.
    pub category: String,
    /// For example `im`.
    pub kind: String,
    /// What people call it.
    pub name: Option<String>,
    /// The language of the name.
    pub lang: Option<String>,
}

/// What belongs to an entity; without items, the question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Items {
    /// The part of the entity in question.
    pub node: Option<String>,
    /// What belongs to it.
    pub items: Vec<Item>,
}

/// One thing that belongs to an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its address.
    pub jid: Jid,
    /// The part of that entity.
    pub node: Option<String>,
    /// What people call it.
    pub name: Option<String>,
}

impl Identity {
    /// Makes an identity whose name has no language.
    #[must_use]
    pub fn new(category: &str, kind: &str, name: Option<&str>) -> Self {
        Self {
            category: category.to_owned(),
            kind: kind.to_owned(),
            name: name.map(str::to_owned),
            lang: None,
        }
    }

    fn read(element: &Element) -> Result<Self, PayloadError> {
        Ok(Self {
            category: required(element, "category")?.to_owned(),
            kind: required(element, "type")?.to_owned(),
            name: element.attr("name").map(str::to_owned),
            lang: element.lang().map(str::to_owned),
        })
    }

    fn to_element(&self) -> Element {
        let mut identity = Element::builder("identity", ns::DISCO_INFO)
            .attr("category", &self.category)
            .attr("type", &self.kind)
            .attr_opt("name", self.name.as_deref());
        if let Some(lang) = &self.lang {
            identity = identity.lang(lang);
        }
        identity.build()
    }
}

impl Payload for Info {
    const NAME: &'static str = "query";
    const NAMESPACE: &'static str = ns::DISCO_INFO;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqResult];

    fn read(query: &Element) -> Result<Self, PayloadError> {
        let mut info = Self { node: query.attr("node").map(str::to_owned), ..Self::default() };
        for child in query.children() {
            match (child.name(), child.namespace()) {
                ("identity", ns::DISCO_INFO) => info.identities.push(Identity::read(child)?),
                ("feature", ns::DISCO_INFO) => {
                    info.features.push(required(child, "var")?.to_owned())
                }
                ("x", ns::DATA_FORMS) => info.forms.push(child.clone()),
                _ => {}
            }
        }
        Ok(info)
    }

    fn to_element(&self) -> Element {
        let feature =
            |var: &String| Element::builder("feature", ns::DISCO_INFO).attr("var", var).build();
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr_opt("node", self.node.as_deref())
            .children(self.identities.iter().map(Identity::to_element))
            .children(self.features.iter().map(feature))
            .children(self.forms.iter().cloned())
            .build()
    }
}

impl Payload for Items {
    const NAME: &'static str = "query";
    const NAMESPACE: &'static str = ns::DISCO_ITEMS;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqResult];

    fn read(query: &Element) -> Result<Self, PayloadError> {
        let item = |item: &Element| {
            Ok(Item {
                jid: required(item, "jid")?.parse().map_err(|_| PayloadError::Invalid("jid"))?,
                node: item.attr("node").map(str::to_owned),
                name: item.attr("name").map(str::to_owned),
            })
        };
        let items = query.children().filter(|child| child.is("item", ns::DISCO_ITEMS)).map(item);
        Ok(Self {
            node: query.attr("node").map(str::to_owned),
            items: items.collect::<Result<_, _>>()?,
        })
    }

    fn to_element(&self) -> Element {
        let item = |item: &Item| {
            Element::builder("item", ns::DISCO_ITEMS)
                .attr("jid", item.jid.to_string())
                .attr_opt("node", item.node.as_deref())
                .attr_opt("name", item.name.as_deref())
                .build()
        };
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr_opt("node", self.node.as_deref())
            .children(self.items.iter().map(item))
            .build()
    }
}
