//! XEP-0352: Client State Indication. While nobody looks at a client, what can wait does: presence and
//! the like, of which only the last word on each thing is kept. Anything that matters takes all of it
//! along.

use bytes::Bytes;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use super::rendering::Render;
use crate::alias::View;

/// Stanzas held back for one client; one more, and all of them go.
const HELD: usize = 256;

/// Bytes held back for one client.
const BYTES: usize = 256 * 1024;

/// What a later stanza about the same replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    /// The presence of this address.
    Presence(String),
    /// Whether this address is typing.
    Typing(String),
    /// One item of this address and node: published or retracted, whichever was last.
    Item { from: String, node: String, id: String },
    /// Nothing else: receipts, markers, and what concerns a node or several of its items.
    Itself,
}

/// Whether a stanza can wait.
#[derive(Debug, PartialEq, Eq)]
enum Weight {
    Matters,
    Waits(About),
}

/// What is held back, in order.
#[derive(Debug, Default)]
pub(super) struct Held {
    stanzas: Vec<(About, Bytes)>,
    bytes: usize,
}

impl Held {
    /// Holds a stanza back, if it can wait and there is room. Otherwise it is to be sent, after
    /// [`Held::take`].
    pub(super) fn hold(&mut self, rendering: &mut impl Render, view: &View) -> bool {
        let Weight::Waits(about) = weigh(rendering.stanza()) else { return false };
        let bytes = rendering.bytes(view);
        if about != About::Itself {
            self.stanzas.retain(|(known, old)| {
                let replaced = *known == about;
                self.bytes -= if replaced { old.len() } else { 0 };
                !replaced
            });
        }
        if self.stanzas.len() >= HELD || self.bytes + bytes.len() > BYTES {
            return false;
        }
        self.bytes += bytes.len();
        self.stanzas.push((about, bytes));
        true
    }

    /// Takes out what was held back.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Bytes> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.stanzas).into_iter().map(|(_, bytes)| bytes)
    }
}

fn weigh(stanza: &Element) -> Weight {
    let from = || stanza.attr("from").unwrap_or_default().to_owned();
    match (stanza.name(), stanza.attr("type")) {
        ("presence", None | Some("unavailable")) => Weight::Waits(About::Presence(from())),
        ("message", Some("error")) => Weight::Matters,
        ("message", _) => message(stanza, from()),
        _ => Weight::Matters,
    }
}

/// A message can wait if all it holds can: a copy of one (XEP-0280) as the message itself.
fn message(stanza: &Element, from: String) -> Weight {
    if let Some(copied) = copied(stanza) {
        return weigh(copied);
    }
    let mut about = None;
    for child in stanza.children() {
        let next = match child.namespace() {
            ns::CHAT_STATES => About::Typing(from.clone()),
            ns::PUBSUB_EVENT => item(child, &from).unwrap_or(About::Itself),
            ns::RECEIPTS if child.name() == "received" => About::Itself,
            ns::CHAT_MARKERS if child.name() != "markable" => About::Itself,
            ns::HINTS | ns::DELAY | ns::STANZA_ID => continue,
            _ if child.is("thread", ns::CLIENT) => continue,
            _ => return Weight::Matters,
        };
        // What says two things is not replaced by what says one of them.
        about = Some(if about.is_none() { next } else { About::Itself });
    }
    Weight::Waits(about.unwrap_or(About::Itself))
}

/// The item that an event is about, if it is one and the event says nothing else (XEP-0060 section 7).
fn item(event: &Element, from: &str) -> Option<About> {
    let items = only(event).filter(|items| items.is("items", ns::PUBSUB_EVENT))?;
    let item = only(items).filter(|item| matches!(item.name(), "item" | "retract"))?;
    let (from, node) = (from.to_owned(), items.attr("node")?.to_owned());
    Some(About::Item { from, node, id: item.attr("id")?.to_owned() })
}

/// The child, if there is exactly one.
fn only(parent: &Element) -> Option<&Element> {
    let mut children = parent.children();
    children.next().filter(|_| children.next().is_none())
}

fn copied(stanza: &Element) -> Option<&Element> {
    let copy = stanza.children().find(|child| child.namespace() == ns::CARBONS)?;
    copy.child("forwarded", ns::FORWARD)?.child("message", ns::CLIENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::Aliases;
    use crate::outbox::Rendering;

    fn view() -> View {
        Aliases::new("b", Vec::new()).canonical_view()
    }

    fn stanza(text: &str) -> Element {
        Element::parse(text.as_bytes()).unwrap()
    }

    fn message(children: &str) -> Element {
        stanza(&format!(
            "<message xmlns='jabber:client' from='a@b/c' type='chat'>{children}</message>"
        ))
    }

    #[test]
    fn the_last_presence_of_each_address_is_kept() {
        let mut held = Held::default();
        for (from, text) in [("a", "1"), ("b", "2"), ("a", "3")] {
            let presence = format!("<presence xmlns='jabber:client' from='{from}'/>");
            let presence =
                stanza(&presence.replace("/>", &format!("><status>{text}</status></presence>")));
            assert!(held.hold(&mut Rendering::new(&presence), &view()));
        }
        let taken: Vec<_> = held.take().collect();
        let is_about = |at: usize, text: &[u8]| taken[at].windows(text.len()).any(|w| w == text);
        assert!(taken.len() == 2 && is_about(0, b">2<") && is_about(1, b">3<"), "{taken:?}");
        assert_eq!(held.take().count(), 0);
    }

    #[test]
    fn what_somebody_is_waiting_for_matters() {
        let matters = [
            message("<body>hello</body>"),
            message("<encrypted xmlns='eu.siacs.conversations.axolotl'/>"),
            message("<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>"),
            message("<body/><active xmlns='http://jabber.org/protocol/chatstates'/>"),
            stanza("<presence xmlns='jabber:client' type='subscribe'/>"),
            stanza("<iq xmlns='jabber:client' type='result' id='1'/>"),
            stanza("<message xmlns='jabber:client' type='error'/>"),
        ];
        for stanza in matters {
            assert_eq!(weigh(&stanza), Weight::Matters, "{stanza:?}");
        }
    }

    #[test]
    fn signs_of_life_wait_also_in_copies() {
        let typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
        let about = Weight::Waits(About::Typing("a@b/c".into()));
        assert_eq!(weigh(&message(typing)), about);
        let copy = format!(
            "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded></sent>",
            message(typing).to_xml()
        );
        assert_eq!(weigh(&message(&copy)), about);
        let receipt = message("<received xmlns='urn:xmpp:receipts' id='1'/>");
        assert_eq!(weigh(&receipt), Weight::Waits(About::Itself));
    }

    /// Holds notices of a node, and returns those of them that are held, in order.
    fn held_of(notices: &[&'static str]) -> Vec<&'static str> {
        let event = |inner: &str| {
            message(&format!(
                "<event xmlns='http://jabber.org/protocol/pubsub#event'>{inner}</event>"
            ))
        };
        let mut held = Held::default();
        for notice in notices {
            assert!(held.hold(&mut Rendering::new(&event(notice)), &view()), "{notice}");
        }
        let rendered = |notice: &str| Rendering::new(&event(notice)).bytes(&view());
        let which = |bytes: Bytes| notices.iter().rfind(|notice| rendered(notice) == bytes);
        held.take().map(|bytes| *which(bytes).unwrap()).collect()
    }

    const ONE: &str = "<items node='n'><item id='1'/></items>";
    const ONE_NEWER: &str = "<items node='n'><item id='1'><x xmlns='urn:x'/></item></items>";
    const TWO: &str = "<items node='n'><item id='2'/></items>";
    const ONE_ELSEWHERE: &str = "<items node='m'><item id='1'/></items>";
    const NOT_ONE: &str = "<items node='n'><retract id='1'/></items>";

    #[test]
    fn the_last_word_on_each_item_of_a_node_is_kept() {
        assert_eq!(held_of(&[ONE, TWO]), [ONE, TWO]);
        assert_eq!(held_of(&[ONE, ONE_ELSEWHERE]), [ONE, ONE_ELSEWHERE]);
        assert_eq!(held_of(&[ONE, TWO, ONE_NEWER]), [TWO, ONE_NEWER]);
    }

    #[test]
    fn an_item_that_is_retracted_and_one_that_is_published_are_told_apart() {
        assert_eq!(held_of(&[NOT_ONE, TWO]), [NOT_ONE, TWO]);
        assert_eq!(held_of(&[ONE, TWO, NOT_ONE]), [TWO, NOT_ONE]);
        assert_eq!(held_of(&[NOT_ONE, ONE]), [ONE]);
    }

    #[test]
    fn what_concerns_a_node_or_several_items_replaces_nothing_and_is_not_replaced() {
        let wholes = [
            "<purge node='n'/>",
            "<delete node='n'/>",
            "<configuration node='n'/>",
            "<items node='n'><item id='1'/><item id='2'/></items>",
            "<items node='n'><retract id='1'/><retract id='2'/></items>",
            "<items node='n'><item/></items>",
        ];
        for whole in wholes {
            assert_eq!(held_of(&[ONE, whole, TWO, whole]), [ONE, whole, TWO, whole]);
        }
    }

    #[test]
    fn what_says_two_things_is_not_replaced_by_one_of_them() {
        let typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
        let receipt = "<received xmlns='urn:xmpp:receipts' id='1'/>";
        let both = message(&format!("{receipt}{typing}"));
        assert_eq!(weigh(&both), Weight::Waits(About::Itself));
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let mut held = Held::default();
        let receipt = message("<received xmlns='urn:xmpp:receipts' id='1'/>");
        for _ in 0..HELD {
            assert!(held.hold(&mut Rendering::new(&receipt), &view()));
        }
        assert!(!held.hold(&mut Rendering::new(&receipt), &view()));
    }
}
