//! What is done with a stanza from outside: answered here, given to the receiver, or passed over.

use televisor_clock::Clock;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::time::Time;
use televisor_xmpp::{
    Condition, Element, IqType, Kind, MessageType, PresenceType, Stanza, StanzaError, ns,
};

use crate::about::About;
use crate::account::Account;
use crate::roster::Contacts;

/// XEP-0045 section 7.8 and XEP-0249: presence, invitations and the like from rooms.
const ROOM: [(&str, &str); 3] = [
    ("x", "http://jabber.org/protocol/muc#user"),
    ("x", "http://jabber.org/protocol/muc"),
    ("x", "jabber:x:conference"),
];
/// Copies of what was said elsewhere, and news nobody here asked for.
const COPIES: [(&str, &str); 4] = [
    ("sent", ns::CARBONS),
    ("received", ns::CARBONS),
    ("result", ns::MAM),
    ("event", ns::PUBSUB_EVENT),
];

/// What is done with a stanza.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The receiver shall have it.
    Deliver(Stanza),
    /// This is sent back.
    Answer(Stanza),
    /// Nothing.
    Pass,
}

/// Who answers in the account's name.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) account: Account,
    pub(crate) about: About,
    pub(crate) clock: Clock,
    pub(crate) contacts: Contacts,
}

impl Desk {
    /// Decides about a stanza that is no answer to a question of ours.
    pub(crate) fn judge(&self, stanza: Stanza) -> Verdict {
        match stanza.kind() {
            Kind::Message(kind) => self.message(kind, stanza),
            Kind::Presence(kind) => self.presence(kind, stanza),
            Kind::Iq(IqType::Get | IqType::Set) => self.request(stanza),
            // To a question of the receiver's.
            Kind::Iq(IqType::Result | IqType::Error) => Verdict::Deliver(stanza),
        }
    }

    fn message(&self, kind: MessageType, stanza: Stanza) -> Verdict {
        let ours = match kind {
            MessageType::Chat | MessageType::Normal => true,
            MessageType::Error => return Verdict::Deliver(stanza),
            MessageType::Groupchat | MessageType::Headline => false,
        };
        let copied = has_any(&stanza, &COPIES) || has_any(&stanza, &ROOM);
        // The server's greetings and the account's own notes are not said to the receiver.
        if ours && !copied && !self.account.is_home(stanza.from()) {
            Verdict::Deliver(stanza)
        } else {
            Verdict::Pass
        }
    }

    fn presence(&self, kind: PresenceType, stanza: Stanza) -> Verdict {
        let ours = match kind {
            PresenceType::Available
            | PresenceType::Unavailable
            | PresenceType::Subscribe
            | PresenceType::Subscribed
            | PresenceType::Unsubscribe
            | PresenceType::Unsubscribed
            | PresenceType::Error => true,
            // The server answers these for its accounts.
            PresenceType::Probe => false,
        };
        if ours && !has_any(&stanza, &ROOM) && !self.account.is_home(stanza.from()) {
            Verdict::Deliver(stanza)
        } else {
            Verdict::Pass
        }
    }

    fn request(&self, stanza: Stanza) -> Verdict {
        let Some(payload) = stanza.payload() else { return refuse(&stanza) };
        let is_set = stanza.kind() == Kind::Iq(IqType::Set);
        if payload.is("query", ns::ROSTER) && is_set && self.account.is_own(stanza.from()) {
            self.contacts.push(payload);
            return Verdict::Answer(stanza.result(None));
        }
        // RFC 6121 section 8.5.3: who may not see our presence gets the answer an absent one gives.
        let known = stanza.from().is_none_or(|from| self.contacts.know(from));
        if !known && !self.account.is_home(stanza.from()) {
            return refuse(&stanza);
        }
        match self.fact(payload) {
            Some(fact) if !is_set => Verdict::Answer(stanza.result(fact)),
            None if self.is_elsewhere(payload) => Verdict::Deliver(stanza),
            Some(_) | None => refuse(&stanza),
        }
    }

    /// What is answered here; the answer may be empty.
    fn fact(&self, payload: &Element) -> Option<Option<Element>> {
        match (payload.name(), payload.namespace()) {
            ("ping", ns::PING) => Some(None),
            ("query", ns::DISCO_INFO) if self.about.is_us(payload.attr("node")) => {
                let mut info = self.about.info();
                info.node = payload.attr("node").map(str::to_owned);
                Some(Some(info.to_element()))
            }
            ("query", ns::VERSION) => Some(Some(self.about.software())),
            ("time", ns::TIME) => {
                let now = self.clock.zoned();
                Some(Some(Time { utc: now.timestamp(), offset: now.offset() }.to_element()))
            }
            ("vCard", ns::VCARD_TEMP) => Some(Some(self.about.vcard.clone())),
            _ => None,
        }
    }

    fn is_elsewhere(&self, payload: &Element) -> bool {
        self.about.answers.iter().any(|namespace| namespace == payload.namespace())
    }
}

fn has_any(stanza: &Stanza, wanted: &[(&str, &str)]) -> bool {
    wanted.iter().any(|(name, namespace)| stanza.child(name, namespace).is_some())
}

fn refuse(stanza: &Stanza) -> Verdict {
    let error = StanzaError::new(Condition::ServiceUnavailable);
    stanza.error_reply(&error).map_or(Verdict::Pass, Verdict::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::about::sample;

    fn desk() -> Desk {
        let contacts = Contacts::default();
        let roster = "<query xmlns='jabber:iq:roster'><item jid='joe@example.org'/></query>";
        contacts.take(&Element::parse(roster.as_bytes()).unwrap());
        let account = Account::parse("box@example.org").unwrap();
        Desk { account, about: sample(), clock: Clock::system(), contacts }
    }

    fn stanza(text: &str) -> Stanza {
        let text = text.replacen(' ', " xmlns='jabber:client' ", 1);
        Stanza::try_from(Element::parse(text.as_bytes()).unwrap()).unwrap()
    }

    fn ask(from: &str, kind: &str, payload: &str) -> Verdict {
        desk().judge(stanza(&format!("<iq type='{kind}' id='1' {from}>{payload}</iq>")))
    }

    const JOE: &str = "from='joe@example.org/phone'";
    const EVE: &str = "from='eve@example.org/phone'";

    #[test]
    fn contacts_are_told_what_the_receiver_is() {
        for (payload, name) in [
            ("<query xmlns='http://jabber.org/protocol/disco#info'/>", "query"),
            ("<query xmlns='jabber:iq:version'/>", "query"),
            ("<time xmlns='urn:xmpp:time'/>", "time"),
            ("<vCard xmlns='vcard-temp'/>", "vCard"),
        ] {
            let Verdict::Answer(answer) = ask(JOE, "get", payload) else { panic!("{payload}") };
            assert_eq!(answer.kind(), Kind::Iq(IqType::Result), "{payload}");
            assert_eq!(answer.payload().unwrap().name(), name);
        }
        let Verdict::Answer(answer) = ask(JOE, "get", "<ping xmlns='urn:xmpp:ping'/>") else {
            panic!("no answer to a ping")
        };
        assert!(answer.payload().is_none() && !answer.is_error());
    }

    #[test]
    fn strangers_get_the_answer_of_somebody_who_is_not_there() {
        for payload in [
            "<query xmlns='http://jabber.org/protocol/disco#info'/>",
            "<ping xmlns='urn:xmpp:ping'/>",
            "<vCard xmlns='vcard-temp'/>",
            "<command xmlns='http://jabber.org/protocol/commands'/>",
        ] {
            let Verdict::Answer(answer) = ask(EVE, "get", payload) else { panic!("{payload}") };
            assert_eq!(answer.error().unwrap().condition, Condition::ServiceUnavailable);
        }
    }

    #[test]
    fn a_roster_push_counts_from_the_account_itself_only() {
        let push = "<query xmlns='jabber:iq:roster'>\
                    <item jid='eve@example.org' subscription='both'/></query>";
        let desk = desk();
        let eve = "eve@example.org".parse().unwrap();
        for from in [EVE, JOE, "from='example.org'", "from='box@example.org/other'"] {
            let push = stanza(&format!("<iq type='set' id='1' {from}>{push}</iq>"));
            let Verdict::Answer(answer) = desk.judge(push) else { panic!("{from}") };
            assert!(answer.is_error(), "{from}");
            assert!(desk.contacts.standing(&eve).is_none(), "{from}");
        }
        for from in ["", "from='box@example.org'"] {
            let push = stanza(&format!("<iq type='set' id='1' {from}>{push}</iq>"));
            let Verdict::Answer(answer) = desk.judge(push) else { panic!("{from}") };
            assert!(!answer.is_error(), "{from}");
        }
        assert!(desk.contacts.standing(&eve).is_some());
    }

    #[test]
    fn requests_for_the_receiver_go_to_it_and_others_are_refused() {
        let command = "<command xmlns='http://jabber.org/protocol/commands' node='record'/>";
        assert!(matches!(ask(JOE, "set", command), Verdict::Deliver(_)));
        for (kind, payload) in [
            ("get", "<query xmlns='jabber:iq:last'/>"),
            ("set", "<vCard xmlns='vcard-temp'/>"),
            ("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"),
        ] {
            let Verdict::Answer(answer) = ask(JOE, kind, payload) else { panic!("{payload}") };
            assert_eq!(answer.error().unwrap().condition, Condition::ServiceUnavailable);
        }
    }

    #[test]
    fn what_is_said_to_the_receiver_goes_to_it() {
        for text in [
            "<message from='joe@example.org/a' type='chat'><body>now?</body></message>",
            "<message from='joe@example.org/a'><body>now?</body></message>",
            "<message from='eve@example.org/a' type='error'/>",
            "<presence from='eve@example.org' type='subscribe'/>",
            "<presence from='joe@example.org/a'/>",
            "<iq from='joe@example.org/a' type='result' id='theirs'/>",
        ] {
            assert!(matches!(desk().judge(stanza(text)), Verdict::Deliver(_)), "{text}");
        }
    }

    #[test]
    fn rooms_copies_headlines_and_our_own_server_are_passed_over() {
        for text in [
            "<message from='room@muc.example.org/joe' type='groupchat'><body>a</body></message>",
            "<message from='news@example.org' type='headline'><body>a</body></message>",
            "<message from='example.org'><body>Welcome!</body></message>",
            "<message from='box@example.org/other' type='chat'><body>note</body></message>",
            "<message from='box@example.org'><sent xmlns='urn:xmpp:carbons:2'/></message>",
            "<message from='joe@example.org'>\
             <event xmlns='http://jabber.org/protocol/pubsub#event'/></message>",
            "<message from='room@muc.example.org'>\
             <x xmlns='http://jabber.org/protocol/muc#user'/></message>",
            "<presence from='box@example.org/other'/>",
            "<presence from='room@muc.example.org/joe'>\
             <x xmlns='http://jabber.org/protocol/muc#user'/></presence>",
        ] {
            assert!(matches!(desk().judge(stanza(text)), Verdict::Pass), "{text}");
        }
    }
}
