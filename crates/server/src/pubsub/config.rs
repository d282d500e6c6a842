//! XEP-0060 section 8.2 and 16.4.4: how a node is configured, as a form and as values.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Field, FieldKind, Form, FormKind};

use crate::pubsub::limits::{ITEM_BYTES, ITEMS, TEXT};
use crate::pubsub::refusal::Refusal;

/// What the form of a node's configuration is called.
pub(crate) const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";

/// What the form of publishing options is called (section 7.1.5).
pub(crate) const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// Roster groups that one node may be for.
const GROUPS: usize = 32;

/// Declares a closed set of values.
macro_rules! values {
    ($(#[$meta:meta])* enum $name:ident { $( $(#[$doc:meta])* $variant:ident = $text:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $( $(#[$doc])* $variant, )+ }

        impl $name {
            pub(crate) const ALL: &[Self] = &[ $( Self::$variant, )+ ];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            pub(crate) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

pub(crate) use values;

values! {
    /// Who may subscribe and retrieve (section 4.5).
    enum AccessModel {
        Authorize = "authorize",
        Open = "open",
        Presence = "presence",
        Roster = "roster",
        Whitelist = "whitelist",
    }
}

values! {
    /// Who may publish, beside the owner and those with that affiliation.
    enum PublishModel {
        Publishers = "publishers",
        Subscribers = "subscribers",
        Open = "open",
    }
}

values! {
    /// When the last item is sent.
    enum SendLast {
        Never = "never",
        OnSub = "on_sub",
        OnSubAndPresence = "on_sub_and_presence",
    }
}

values! {
    /// The type of the messages that notify.
    enum Delivery {
        Normal = "normal",
        Headline = "headline",
    }
}

values! {
    /// Whether items say who published them (section 12.14).
    enum ItemReply {
        Owner = "owner",
        Publisher = "publisher",
        None = "none",
    }
}

/// A number, or as many as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Most {
    Max,
    Number(u32),
}

impl Most {
    fn parse(text: &str) -> Option<Self> {
        if text == "max" { Some(Self::Max) } else { text.parse().ok().map(Self::Number) }
    }

    fn text(self) -> String {
        match self {
            Self::Max => "max".to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// A node's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) language: String,
    /// The namespace of payloads; empty for any.
    pub(crate) payload_type: String,
    pub(crate) deliver_notifications: bool,
    pub(crate) deliver_payloads: bool,
    pub(crate) notify_config: bool,
    pub(crate) notify_delete: bool,
    pub(crate) notify_retract: bool,
    pub(crate) persist_items: bool,
    pub(crate) max_items: Most,
    /// Seconds after which an item is forgotten.
    pub(crate) item_expire: Most,
    pub(crate) subscribe: bool,
    pub(crate) access_model: AccessModel,
    pub(crate) groups: Vec<String>,
    pub(crate) publish_model: PublishModel,
    pub(crate) max_payload_size: u32,
    pub(crate) send_last: SendLast,
    pub(crate) presence_based_delivery: bool,
    pub(crate) delivery: Delivery,
    pub(crate) item_reply: ItemReply,
}

impl Default for Config {
    /// XEP-0163 section 5: the defaults of personal eventing.
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            language: String::new(),
            payload_type: String::new(),
            deliver_notifications: true,
            deliver_payloads: true,
            notify_config: false,
            notify_delete: true,
            notify_retract: true,
            persist_items: true,
            max_items: Most::Number(1),
            item_expire: Most::Max,
            subscribe: true,
            access_model: AccessModel::Presence,
            groups: Vec::new(),
            publish_model: PublishModel::Publishers,
            max_payload_size: u32::try_from(ITEM_BYTES).unwrap_or(u32::MAX),
            send_last: SendLast::OnSubAndPresence,
            presence_based_delivery: true,
            delivery: Delivery::Headline,
            item_reply: ItemReply::None,
        }
    }
}

/// Nodes that are for nobody but their owner: what one keeps, not what one tells (XEP-0223).
const PRIVATE: [&str; 4] =
    [ns::BOOKMARKS, ns::BOOKMARKS_OLD, ns::DISPLAYED_SYNCHRONISATION, "urn:xmpp:contacts"];

impl Config {
    /// Returns what a node has that is made without being configured: contacts see what a client
    /// tells, but no bookmark that it only wants to keep, even if it forgets to say so.
    pub(crate) fn for_node(node: &str) -> Self {
        if !PRIVATE.contains(&node) {
            return Self::default();
        }
        let many = node != ns::BOOKMARKS_OLD;
        Self {
            access_model: AccessModel::Whitelist,
            send_last: if many { SendLast::Never } else { SendLast::OnSubAndPresence },
            max_items: if many { Most::Max } else { Most::Number(1) },
            ..Self::default()
        }
    }

    /// Returns how many items the node keeps.
    pub(crate) fn most_items(&self) -> usize {
        match self.max_items {
            _ if !self.persist_items => 0,
            Most::Max => ITEMS,
            Most::Number(number) => usize::try_from(number).unwrap_or(ITEMS).min(ITEMS),
        }
    }

    /// Takes over what a form of the owner's says. XEP-0004 section 3.5: what it leaves out stays,
    /// and what is unknown is passed over.
    pub(crate) fn apply(&mut self, form: &Form) -> Result<(), Refusal> {
        if form.about().is_some_and(|about| about != NODE_CONFIG) {
            return Err(Refusal::NotAcceptable);
        }
        for field in &form.fields {
            let Some(var) = field.var.as_deref().filter(|var| *var != "FORM_TYPE") else {
                continue;
            };
            self.set(var, &field.values)?;
        }
        Ok(())
    }

    /// Takes over what a publisher wants (section 7.1.5), where unknown fields are refused.
    pub(crate) fn with_options(&self, form: &Form) -> Result<Self, Refusal> {
        if form.about().is_some_and(|about| about != PUBLISH_OPTIONS) {
            return Err(Refusal::InvalidOptions);
        }
        let mut wanted = self.clone();
        for field in &form.fields {
            let Some(var) = field.var.as_deref().filter(|var| *var != "FORM_TYPE") else {
                continue;
            };
            match wanted.set(var, &field.values) {
                Ok(true) => {}
                Ok(false) | Err(Refusal::NotAcceptable) => return Err(Refusal::Precondition),
                Err(other) => return Err(other),
            }
        }
        Ok(wanted)
    }

    /// Sets one field; returns whether there is such a field.
    fn set(&mut self, var: &str, values: &[String]) -> Result<bool, Refusal> {
        let Some(name) = var.strip_prefix("pubsub#") else { return Ok(false) };
        let first = values.first().map(String::as_str).unwrap_or_default().trim();
        match name {
            "title" => self.title = text(first)?,
            "description" => self.description = text(first)?,
            "language" => self.language = text(first)?,
            "type" => self.payload_type = text(first)?,
            "deliver_notifications" => self.deliver_notifications = boolean(first)?,
            "deliver_payloads" => self.deliver_payloads = boolean(first)?,
            "notify_config" => self.notify_config = boolean(first)?,
            "notify_delete" => self.notify_delete = boolean(first)?,
            "notify_retract" => self.notify_retract = boolean(first)?,
            "persist_items" => self.persist_items = boolean(first)?,
            "subscribe" => self.subscribe = boolean(first)?,
            "presence_based_delivery" => self.presence_based_delivery = boolean(first)?,
            "max_items" => self.max_items = most_items(first)?,
            "item_expire" => self.item_expire = most(first)?,
            "max_payload_size" => self.max_payload_size = payload_size(first)?,
            "access_model" => {
                self.access_model = AccessModel::parse(first).ok_or(Refusal::AccessModel)?;
            }
            "roster_groups_allowed" => self.groups = groups(values)?,
            "publish_model" => self.publish_model = value(PublishModel::parse(first))?,
            "send_last_published_item" => self.send_last = value(SendLast::parse(first))?,
            "notification_type" => self.delivery = value(Delivery::parse(first))?,
            "itemreply" => self.item_reply = value(ItemReply::parse(first))?,
            // There is one choice only.
            "node_type" => value((first == "leaf").then_some(()))?,
            "purge_offline" => value((!boolean(first)?).then_some(()))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns the form: one that asks, one that tells, or one to be kept.
    pub(crate) fn form(&self, kind: FormKind) -> Form {
        let form = Form::new(kind).form_type(NODE_CONFIG);
        let mut form = self.texts().into_iter().chain(self.choices()).fold(form, Form::field);
        if kind != FormKind::Form {
            for field in &mut form.fields {
                field.label = None;
                field.choices.clear();
            }
        }
        form
    }

    /// Returns the configuration as it is kept.
    pub(crate) fn to_xml(&self) -> String {
        self.form(FormKind::Submit).to_element().to_xml()
    }

    /// Reads what was kept; what a later version does not know any more is passed over.
    pub(crate) fn of_xml(text: &str) -> Self {
        let mut config = Self::default();
        let kept = Element::parse(text.as_bytes()).ok().and_then(|x| Form::read(&x).ok());
        for field in kept.iter().flat_map(|form| &form.fields) {
            // What was kept had been checked.
            let _ = config.set(field.var.as_deref().unwrap_or_default(), &field.values);
        }
        config
    }

    fn texts(&self) -> Vec<Field> {
        let text = |name: &str, label: &str, value: &str| {
            let field = Field::text(&format!("pubsub#{name}")).label(label);
            if value.is_empty() { field } else { field.value(value) }
        };
        let size = self.max_payload_size.to_string();
        vec![
            text("title", "A friendly name for the node", &self.title),
            text("description", "A description of the node", &self.description),
            text("language", "The language of its payloads", &self.language),
            text("type", "The namespace of its payloads", &self.payload_type),
            text("max_items", "How many items it keeps, or `max`", &self.max_items.text()),
            text(
                "item_expire",
                "After how many seconds items are forgotten, or `max`",
                &self.item_expire.text(),
            ),
            text("max_payload_size", "Bytes of a payload at most", &size),
        ]
    }

    fn choices(&self) -> Vec<Field> {
        let yes = |name: &str, label: &str, value| {
            Field::boolean(&format!("pubsub#{name}"), value).label(label)
        };
        let list = |name: &str, label: &str, all: Vec<&'static str>, value: &str| {
            let field = Field::list(&format!("pubsub#{name}")).label(label).value(value);
            all.into_iter().fold(field, |field, choice| field.choice("", choice))
        };
        let names = |all: &[AccessModel]| all.iter().map(|value| value.as_str()).collect();
        let mut groups = Field::new(FieldKind::TextMulti, "pubsub#roster_groups_allowed")
            .label("Roster groups that may subscribe");
        groups.values.clone_from(&self.groups);
        vec![
            yes("deliver_notifications", "Whether it notifies", self.deliver_notifications),
            yes("deliver_payloads", "Whether with payloads", self.deliver_payloads),
            yes("notify_config", "Whether of configuration", self.notify_config),
            yes("notify_delete", "Whether of its end", self.notify_delete),
            yes("notify_retract", "Whether of items taken back", self.notify_retract),
            yes("persist_items", "Whether it keeps items", self.persist_items),
            yes("subscribe", "Whether it takes subscriptions", self.subscribe),
            yes(
                "presence_based_delivery",
                "Whether only those who are available are notified",
                self.presence_based_delivery,
            ),
            list(
                "access_model",
                "Who may subscribe and retrieve",
                names(AccessModel::ALL),
                self.access_model.as_str(),
            ),
            groups,
            list(
                "publish_model",
                "Who may publish",
                PublishModel::ALL.iter().map(|value| value.as_str()).collect(),
                self.publish_model.as_str(),
            ),
            list(
                "send_last_published_item",
                "When the last item is sent",
                SendLast::ALL.iter().map(|value| value.as_str()).collect(),
                self.send_last.as_str(),
            ),
            list(
                "notification_type",
                "The type of messages that notify",
                Delivery::ALL.iter().map(|value| value.as_str()).collect(),
                self.delivery.as_str(),
            ),
            list(
                "itemreply",
                "Whose address items show",
                ItemReply::ALL.iter().map(|value| value.as_str()).collect(),
                self.item_reply.as_str(),
            ),
        ]
    }
}

fn value<T>(value: Option<T>) -> Result<T, Refusal> {
    value.ok_or(Refusal::NotAcceptable)
}

fn boolean(text: &str) -> Result<bool, Refusal> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Refusal::NotAcceptable),
    }
}

fn text(text: &str) -> Result<String, Refusal> {
    value((text.len() <= TEXT).then(|| text.to_owned()))
}

fn most(text: &str) -> Result<Most, Refusal> {
    value(Most::parse(text))
}

/// More than there may be means as many as there may be.
fn most_items(text: &str) -> Result<Most, Refusal> {
    let asked = match most(text)? {
        Most::Number(0) => return Err(Refusal::NotAcceptable),
        Most::Number(number) if usize::try_from(number).is_ok_and(|n| n < ITEMS) => {
            Most::Number(number)
        }
        Most::Number(_) | Most::Max => Most::Max,
    };
    Ok(asked)
}

fn payload_size(text: &str) -> Result<u32, Refusal> {
    let most = u32::try_from(ITEM_BYTES).unwrap_or(u32::MAX);
    if text == "max" {
        return Ok(most);
    }
    value(text.parse().ok()).map(|size: u32| size.min(most))
}

fn groups(values: &[String]) -> Result<Vec<String>, Refusal> {
    let fits = values.len() <= GROUPS && values.iter().all(|group| group.len() <= TEXT);
    value(fits.then(|| values.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        fields.iter().fold(Form::new(FormKind::Submit), |form, (var, value)| {
            form.field(Field::answer(var, [*value]))
        })
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let mut config = Config::for_node("urn:x");
        config.groups = vec!["Friends".to_owned(), "Family & Co".to_owned()];
        config.title = "Tunes".to_owned();
        config.max_items = Most::Number(17);
        config.access_model = AccessModel::Roster;
        assert_eq!(Config::of_xml(&config.to_xml()), config);
    }

    #[test]
    fn a_form_that_leaves_something_out_leaves_it_as_it_is() {
        let mut config = Config::for_node("urn:x");
        config.apply(&form(&[("pubsub#max_items", "3"), ("pubsub#body_xslt", "x")])).unwrap();
        assert_eq!(config, Config { max_items: Most::Number(3), ..Config::default() });
    }

    #[test]
    fn a_precondition_nobody_knows_is_not_met() {
        let options = form(&[("pubsub#colour", "red")]);
        assert_eq!(Config::default().with_options(&options), Err(Refusal::Precondition));
    }

    #[test]
    fn as_many_as_there_may_be_is_one_value() {
        let large = Config::default().with_options(&form(&[("pubsub#max_items", "4000000")]));
        let most = Config::default().with_options(&form(&[("pubsub#max_items", "max")]));
        assert_eq!(large, most);
    }

    #[test]
    fn an_access_model_there_is_not_has_an_error_of_its_own() {
        let mut config = Config::default();
        let applied = config.apply(&form(&[("pubsub#access_model", "payment")]));
        assert_eq!(applied, Err(Refusal::AccessModel));
    }

    #[test]
    fn bookmarks_are_private_even_if_nobody_says_so() {
        assert_eq!(Config::for_node(ns::BOOKMARKS).access_model, AccessModel::Whitelist);
    }
}
