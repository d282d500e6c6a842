//! People out there, one rule at a time, with a real receiver and a clock that is set by hand.

use futures_util::future::BoxFuture;
use jiff::Zoned;
use televisor_clock::Clock;
use televisor_conversation::Controls;
use televisor_guide::Guide;
use televisor_model::DeviceId;
use televisor_receiver::{Config, Invitation, PARTS, Parts};
use televisor_store::Database;
use televisor_tuner::Tuner;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::*;
use crate::serve::away::ways::Ways;
use crate::serve::notices::Notices;

const JOE: &str = "joe@example.org";
const BOTH: Stance = Stance { sees: true, is_seen: true, is_asking: false };
const NONE: Stance = Stance { sees: false, is_seen: false, is_asking: false };
const ASKED: Stance = Stance { sees: false, is_seen: false, is_asking: true };

struct House {
    people: People,
    receiver: Receiver,
    clock: Clock,
    notices: Notices,
    _folder: TempDir,
}

struct NoControls;

impl Controls for NoControls {
    fn open_pairing(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
    fn connected(&self) -> Vec<DeviceId> {
        Vec::new()
    }
    fn status_lines(&self) -> Vec<String> {
        Vec::new()
    }
    fn way_out(&self) -> Result<Via, String> {
        Ok(Via::Federation)
    }
    fn invite_link(&self, _: &Invitation) -> Result<String, String> {
        Err("no".to_owned())
    }
    fn reachability(&self) -> Vec<String> {
        Vec::new()
    }
}

impl House {
    async fn new() -> Self {
        let now: Zoned = "2026-11-25T14:00[Europe/London]".parse().unwrap();
        let (clock, folder) = (Clock::manual(&now), tempfile::tempdir().unwrap());
        let path = |name: &str| folder.path().join(name);
        let guide = televisor_guide::Config::default();
        let receiver = Receiver::open(Parts {
            config: Config { name: Some("Test Set-top Box".to_owned()), ..Config::default() },
            data_dir: folder.path().to_owned(),
            db: Database::open(&path("household.db"), &PARTS).unwrap(),
            guide: Guide::open(&path("guide.db"), guide, clock.clone()).await.unwrap(),
            tuner: Tuner::open(televisor_tuner::Config::default()).await,
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let conversation = Conversation::new(receiver.clone(), std::sync::Arc::new(NoControls));
        let server = std::sync::Arc::new(OnceCell::new());
        let ways = Ways::new("tv".to_owned(), std::sync::Arc::clone(&server), None, true);
        let notices = Notices::default();
        let voice = Voice { receiver: receiver.clone(), server, ways, notices: notices.clone() };
        let people = People::new(voice, conversation);
        Self { people, receiver, clock, notices, _folder: folder }
    }

    /// What `jid` hears when it sends `stanza`.
    async fn hears(&self, jid: &str, via: Via, stance: Stance, stanza: &str) -> Vec<Element> {
        let stanza = stanza.replacen(' ', " xmlns='jabber:client' ", 1);
        let arrival = Arrival {
            from: format!("{jid}/phone").parse().unwrap(),
            via,
            stance,
            stanza: Element::parse(stanza.as_bytes()).unwrap(),
        };
        self.people.receive(arrival, &|_| ()).await
    }

    async fn says(&self, jid: &str, stance: Stance, text: &str) -> Option<String> {
        let stanza = format!("<message type='chat'><body>{text}</body></message>");
        body(&self.hears(jid, Via::Federation, stance, &stanza).await)
    }

    async fn sends(&self, jid: &str, stance: Stance, kind: &str) -> Vec<String> {
        let stanza = format!("<presence type='{kind}'/>");
        kinds(&self.hears(jid, Via::Federation, stance, &stanza).await)
    }

    async fn invite(&self) {
        self.receiver.invite(&Actor::console(), JOE, Via::Federation).await.unwrap();
    }

    async fn allow(&self) {
        self.receiver.allow(&Actor::console(), JOE, None).await.unwrap();
    }

    fn state(&self) -> Option<ContactState> {
        self.receiver.accounts().get(JOE).map(|contact| contact.state)
    }
}

fn body(answers: &[Element]) -> Option<String> {
    answers.iter().find_map(|answer| answer.child("body", ns::CLIENT)).map(Element::text)
}

fn kinds(answers: &[Element]) -> Vec<String> {
    let kind = |answer: &Element| answer.attr("type").unwrap_or(answer.name()).to_owned();
    answers.iter().map(kind).collect()
}

#[tokio::test]
async fn who_was_invited_and_allowed_is_obeyed_and_nobody_before() {
    let house = House::new().await;
    house.invite().await;
    assert_eq!(house.sends(JOE, ASKED, "subscribed").await, Vec::<String>::new());
    assert_eq!(house.sends(JOE, ASKED, "subscribe").await, ["subscribed"]);
    assert_eq!(house.state(), Some(ContactState::Accepted));
    let waiting = house.says(JOE, BOTH, "hello").await.unwrap();
    assert!(waiting.contains("asked the household"), "{waiting}");
    assert_eq!(house.says(JOE, BOTH, "hello").await, None, "once an hour");
    house.clock.set(house.clock.now() + SignedDuration::from_hours(1));
    assert!(house.says(JOE, BOTH, "hello").await.is_some());
    house.allow().await;
    let answer = house.says(JOE, BOTH, "hello").await.unwrap();
    assert!(answer.starts_with("Hello, this is Test Set-top Box."), "{answer}");
}

#[tokio::test]
async fn commands_are_taken_from_a_mutual_subscription_only() {
    let house = House::new().await;
    house.invite().await;
    house.sends(JOE, ASKED, "subscribed").await;
    house.allow().await;
    for stance in [NONE, Stance { sees: true, ..NONE }, Stance { is_seen: true, ..NONE }] {
        if let Some(answer) = house.says(JOE, stance, "hello").await {
            assert!(answer.starts_with("Please accept my contact request"), "{answer}");
        }
    }
    assert!(house.says(JOE, BOTH, "hello").await.unwrap().starts_with("Hello"));
}

#[tokio::test]
async fn the_uplinks_server_does_not_speak_for_whoever_came_by_another_way() {
    let house = House::new().await;
    house.invite().await;
    house.sends(JOE, ASKED, "subscribed").await;
    house.allow().await;
    let hello = "<message type='chat'><body>hello</body></message>";
    let answer = body(&house.hears(JOE, Via::Uplink, BOTH, hello).await).unwrap();
    assert!(answer.starts_with("Please accept my contact request"), "{answer}");
    house.hears(JOE, Via::Uplink, BOTH, "<presence type='unsubscribed'/>").await;
    assert_eq!(house.state(), Some(ContactState::Allowed));
    house.hears(JOE, Via::Uplink, BOTH, "<presence type='subscribe'/>").await;
    assert_eq!(house.state(), Some(ContactState::Accepted), "the household is asked again");
    house.allow().await;
    let answer = body(&house.hears(JOE, Via::Uplink, BOTH, hello).await).unwrap();
    assert!(answer.starts_with("Hello"), "{answer}");
    assert!(house.says(JOE, BOTH, "hello").await.unwrap().starts_with("Hello"), "its own server");
}

#[tokio::test]
async fn revocation_makes_a_stranger_at_once() {
    let house = House::new().await;
    house.invite().await;
    house.sends(JOE, ASKED, "subscribed").await;
    house.allow().await;
    house.receiver.revoke(&Actor::console(), JOE).await.unwrap();
    let answer = house.says(JOE, BOTH, "what's on").await.unwrap();
    assert_eq!(answer, STRANGER);
    assert_eq!(house.sends(JOE, NONE, "subscribe").await, ["unsubscribed"]);
}

#[tokio::test]
async fn a_stranger_gets_one_polite_word_a_day() {
    let house = House::new().await;
    let eve = "eve@example.net";
    assert_eq!(house.sends(eve, NONE, "subscribe").await, ["chat", "unsubscribed"]);
    assert_eq!(house.sends(eve, NONE, "subscribe").await, ["unsubscribed"]);
    assert_eq!(house.says(eve, NONE, "record everything").await, None);
    assert!(house.sends(eve, NONE, "subscribed").await.is_empty());
    house.clock.set(house.clock.now() + SignedDuration::from_hours(24));
    assert_eq!(house.says(eve, NONE, "hello").await.as_deref(), Some(STRANGER));
    assert!(house.receiver.contacts().is_empty());
}

#[tokio::test]
async fn what_says_nothing_is_not_answered() {
    let house = House::new().await;
    for stanza in [
        "<message type='error'><body>no</body></message>",
        "<message type='groupchat'><body>hello</body></message>",
        "<message type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
        "<presence type='unavailable'/>",
        "<presence />",
        "<presence type='error'/>",
        "<iq type='result' id='1'/>",
    ] {
        let heard = house.hears("eve@example.net", Via::Federation, NONE, stanza).await;
        assert!(heard.is_empty(), "{stanza}: {heard:?}");
    }
}

#[tokio::test]
async fn a_token_approves_by_itself_and_asks_back() {
    let house = House::new().await;
    let token = house.receiver.invitation(&Actor::console()).unwrap().token;
    let subscribe = format!(
        "<presence type='subscribe'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/>\
         <nick xmlns='http://jabber.org/protocol/nick'>Joe</nick></presence>"
    );
    let answers = house.hears(JOE, Via::Uplink, NONE, &subscribe).await;
    assert_eq!(kinds(&answers), ["subscribed", "subscribe"]);
    let nick = answers[1].child("nick", ns::NICK).map(Element::text);
    assert_eq!(nick.as_deref(), Some("Test Set-top Box"));
    let joe = house.receiver.accounts().get(JOE).unwrap();
    assert_eq!((joe.state, joe.via), (ContactState::Allowed, Via::Uplink));
    assert_eq!(joe.name.as_deref(), Some("Joe"));
    let again = house.hears("eve@example.net", Via::Uplink, NONE, &subscribe).await;
    assert_eq!(kinds(&again), ["chat", "unsubscribed"]);
    assert!(body(&again).unwrap().contains("has been used"), "{again:?}");
}

#[tokio::test]
async fn who_leaves_or_declines_is_left_alone() {
    let house = House::new().await;
    house.invite().await;
    house.sends(JOE, ASKED, "unsubscribed").await;
    assert_eq!(house.state(), Some(ContactState::Refused));
    assert_eq!(house.says(JOE, NONE, "hello").await.as_deref(), Some(STRANGER));
    assert!(house.receiver.invite(&Actor::console(), JOE, Via::Federation).await.is_err());
}

#[tokio::test]
async fn an_invitation_that_comes_back_is_told_to_the_household_with_the_reason() {
    let house = House::new().await;
    house.invite().await;
    let bounce = "<presence type='error'><error type='cancel'><remote-server-not-found \
                  xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>";
    assert!(house.hears(JOE, Via::Federation, ASKED, bounce).await.is_empty());
    let notices = house.notices.list();
    assert!(notices[0].starts_with("joe@example.org could not be asked: there is no such server"));
}

#[tokio::test]
async fn an_account_never_passes_for_the_console_or_a_device() {
    let house = House::new().await;
    house.invite().await;
    house.sends(JOE, ASKED, "subscribed").await;
    house.receiver.accounts().came(JOE, Via::Federation, Some("the receiver")).await.unwrap();
    let speaker = speaker(&house.receiver.accounts().get(JOE).unwrap());
    assert_eq!(speaker.actor.who, Who::Contact(JOE.to_owned()));
    assert_eq!((speaker.actor.name.as_str(), speaker.key.as_str()), (JOE, JOE));
    assert!(!speaker.actor.is_console() && speaker.actor.device().is_none());
}

#[tokio::test]
async fn whoever_looks_sees_the_friendly_name() {
    let house = House::new().await;
    let get = "<iq type='get' id='a'><vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/></iq>";
    let answers = house.hears(JOE, Via::Uplink, BOTH, get).await;
    let card = answers[0].child("vcard", ns::VCARD4).unwrap();
    let name = card.child("fn", ns::VCARD4).and_then(|name| name.child("text", ns::VCARD4));
    assert_eq!(name.map(Element::text).as_deref(), Some("Test Set-top Box"));
    assert_eq!(answers[0].attr("id"), Some("a"));
}
