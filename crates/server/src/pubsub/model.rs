//! The state machine of `node.rs` against a model that knows nothing of it: a list of what is there,
//! and the sentences of XEP-0060 one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;

use super::config::{AccessModel, Config, Most, PublishModel};
use super::node::{Affiliation, Draft, Node, Payload, Subscribed};
use super::refusal::Refusal;
use super::standing::{Standing, Who};

/// The owner, a contact in the group, a contact in none, and somebody else.
const PEOPLE: [&str; 4] =
    ["ann@house.example", "bob@house.example", "cat@house.example", "dan@away.example"];
const GROUP: &str = "Friends";

/// What somebody does.
#[derive(Debug, Clone)]
enum Deed {
    Publish { who: usize, id: u8 },
    Retract { who: usize, id: u8 },
    Purge { who: usize },
    Subscribe { who: usize, whom: usize },
    Unsubscribe { who: usize, whom: usize },
    Affiliate { who: usize, whom: usize, to: Option<Affiliation> },
    Decide { who: usize, whom: usize, yes: bool },
    Configure { who: usize, access: AccessModel, publish: PublishModel, most: u32, persist: bool },
    Read { who: usize },
}

fn deed() -> impl Strategy<Value = Deed> {
    let who = || 0..PEOPLE.len();
    let affiliation =
        prop_oneof![Just(None), proptest::sample::select(Affiliation::ALL).prop_map(Some),];
    let config = (
        who(),
        proptest::sample::select(AccessModel::ALL),
        proptest::sample::select(PublishModel::ALL),
        1..4_u32,
        any::<bool>(),
    );
    prop_oneof![
        4 => (who(), 0..6_u8).prop_map(|(who, id)| Deed::Publish { who, id }),
        2 => (who(), 0..6_u8).prop_map(|(who, id)| Deed::Retract { who, id }),
        1 => who().prop_map(|who| Deed::Purge { who }),
        3 => (who(), who()).prop_map(|(who, whom)| Deed::Subscribe { who, whom }),
        2 => (who(), who()).prop_map(|(who, whom)| Deed::Unsubscribe { who, whom }),
        2 => (who(), who(), affiliation)
            .prop_map(|(who, whom, to)| Deed::Affiliate { who, whom, to }),
        1 => (who(), who(), any::<bool>())
            .prop_map(|(who, whom, yes)| Deed::Decide { who, whom, yes }),
        2 => config.prop_map(|(who, access, publish, most, persist)| {
            Deed::Configure { who, access, publish, most, persist }
        }),
        2 => who().prop_map(|who| Deed::Read { who }),
    ]
}

fn who(index: usize) -> Who {
    let standing = match index {
        0 => Standing::Owner,
        1 => Standing::Contact { groups: vec![GROUP.to_owned()] },
        2 => Standing::Contact { groups: Vec::new() },
        _ => Standing::Other,
    };
    Who::new(&format!("{}/r", PEOPLE[index]), standing)
}

/// The model: plain sets and a list.
struct Model {
    access: AccessModel,
    publish: PublishModel,
    most: usize,
    persist: bool,
    /// Id and publisher, the latest last.
    items: Vec<(u8, usize)>,
    subscribed: BTreeSet<usize>,
    pending: BTreeSet<usize>,
    affiliations: BTreeMap<usize, Affiliation>,
}

impl Model {
    fn new() -> Self {
        Self {
            access: AccessModel::Presence,
            publish: PublishModel::Publishers,
            most: 1,
            persist: true,
            items: Vec::new(),
            subscribed: BTreeSet::new(),
            pending: BTreeSet::new(),
            affiliations: BTreeMap::new(),
        }
    }

    /// The table of section 4.1 and the list of section 4.5.
    fn reads(&self, who: usize) -> Result<(), Refusal> {
        use Affiliation as A;
        match self.affiliations.get(&who) {
            _ if who == 0 => Ok(()),
            Some(A::Publisher | A::Member) => Ok(()),
            Some(A::PublishOnly | A::Outcast) => Err(Refusal::Forbidden),
            None => match self.access {
                AccessModel::Open => Ok(()),
                AccessModel::Presence if who < 3 => Ok(()),
                AccessModel::Presence => Err(Refusal::PresenceRequired),
                AccessModel::Roster if who == 1 => Ok(()),
                AccessModel::Roster => Err(Refusal::NotInGroup),
                AccessModel::Whitelist => Err(Refusal::Closed),
                AccessModel::Authorize if self.subscribed.contains(&who) => Ok(()),
                AccessModel::Authorize => Err(Refusal::SubscribersOnly),
            },
        }
    }

    fn publishes(&self, who: usize) -> bool {
        use Affiliation as A;
        match self.affiliations.get(&who) {
            _ if who == 0 => true,
            Some(A::Publisher | A::PublishOnly) => true,
            Some(A::Outcast) => false,
            Some(A::Member) | None => match self.publish {
                PublishModel::Publishers => false,
                PublishModel::Subscribers => self.subscribed.contains(&who),
                PublishModel::Open => self.reads(who).is_ok(),
            },
        }
    }

    fn owns(who: usize) -> Result<(), Refusal> {
        if who == 0 { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    fn trim(&mut self) {
        let most = if self.persist { self.most } else { 0 };
        while self.items.len() > most {
            self.items.remove(0);
        }
    }

    fn publish(&mut self, who: usize, id: u8) -> Result<(), Refusal> {
        let of_another = self.items.iter().any(|item| item.0 == id && item.1 != who);
        if !self.publishes(who) || (of_another && who != 0) {
            return Err(Refusal::Forbidden);
        }
        self.items.retain(|item| item.0 != id);
        self.items.push((id, who));
        self.trim();
        Ok(())
    }

    fn retract(&mut self, who: usize, id: u8) -> Result<(), Refusal> {
        if !self.persist {
            return Err(Refusal::NotPersistent);
        }
        if !self.publishes(who) {
            return Err(Refusal::Forbidden);
        }
        let item = self.items.iter().find(|item| item.0 == id).ok_or(Refusal::NotFound)?;
        if item.1 != who && who != 0 {
            return Err(Refusal::Forbidden);
        }
        self.items.retain(|item| item.0 != id);
        Ok(())
    }

    fn subscribe(&mut self, who: usize, whom: usize) -> Result<(), Refusal> {
        if who != whom {
            return Err(Refusal::InvalidJid);
        }
        match self.reads(who) {
            Ok(()) => {
                self.pending.remove(&who);
                self.subscribed.insert(who);
                Ok(())
            }
            Err(Refusal::SubscribersOnly) if self.pending.contains(&who) => Err(Refusal::Pending),
            Err(Refusal::SubscribersOnly) => {
                self.pending.insert(who);
                Ok(())
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn unsubscribe(&mut self, who: usize, whom: usize) -> Result<(), Refusal> {
        if who != whom && who != 0 {
            return Err(Refusal::Forbidden);
        }
        let was = self.subscribed.remove(&whom) | self.pending.remove(&whom);
        if was { Ok(()) } else { Err(Refusal::NotSubscribed) }
    }

    fn affiliate(
        &mut self,
        who: usize,
        whom: usize,
        to: Option<Affiliation>,
    ) -> Result<(), Refusal> {
        Self::owns(who)?;
        if whom == 0 {
            return Err(Refusal::NotAcceptable);
        }
        match to {
            None => self.affiliations.remove(&whom),
            Some(to) => self.affiliations.insert(whom, to),
        };
        if to == Some(Affiliation::Outcast) {
            self.subscribed.remove(&whom);
            self.pending.remove(&whom);
        }
        Ok(())
    }

    fn decide(&mut self, who: usize, whom: usize, yes: bool) -> Result<(), Refusal> {
        Self::owns(who)?;
        self.pending.remove(&whom);
        if yes {
            self.subscribed.insert(whom);
        } else {
            self.subscribed.remove(&whom);
        }
        Ok(())
    }
}

/// Does the same to both; returns what each says.
fn perform(node: &mut Node, model: &mut Model, deed: &Deed) -> [Result<(), Refusal>; 2] {
    match *deed {
        Deed::Publish { who: index, id } => {
            let payload = Payload { namespace: "urn:n".to_owned(), text: "<n/>".to_owned() };
            let draft = Draft { item: true, id: Some(id.to_string()), payload: Some(payload) };
            let now = Timestamp::default();
            let published = node.publish(&who(index), draft, "new".to_owned(), now);
            [published.map(|_| ()), model.publish(index, id)]
        }
        Deed::Retract { who: index, id } => {
            [node.retract(&who(index), &[id.to_string()]), model.retract(index, id)]
        }
        Deed::Purge { who: index } => {
            let persistent = if model.persist { Ok(()) } else { Err(Refusal::NotPersistent) };
            let expected = Model::owns(index).and(persistent);
            if expected.is_ok() {
                model.items.clear();
            }
            [node.purge(&who(index)), expected]
        }
        Deed::Subscribe { who: index, whom } => {
            let subscribed = node.subscribe(&who(index), PEOPLE[whom]);
            [subscribed.map(|_| ()), model.subscribe(index, whom)]
        }
        Deed::Unsubscribe { who: index, whom } => {
            [node.unsubscribe(&who(index), PEOPLE[whom]), model.unsubscribe(index, whom)]
        }
        Deed::Affiliate { who: index, whom, to } => {
            let done = node.set_affiliation(&who(index), PEOPLE[whom], to);
            [done, model.affiliate(index, whom, to)]
        }
        Deed::Decide { who: index, whom, yes } => {
            let to = yes.then_some(Subscribed::Yes);
            let done = node.set_subscription(&who(index), PEOPLE[whom], to);
            [done, model.decide(index, whom, yes)]
        }
        Deed::Configure { who: index, access, publish, most, persist } => {
            let config = Config {
                access_model: access,
                publish_model: publish,
                max_items: Most::Number(most),
                persist_items: persist,
                groups: vec![GROUP.to_owned()],
                ..Config::default()
            };
            let expected = Model::owns(index);
            if expected.is_ok() {
                (model.access, model.publish) = (access, publish);
                (model.most, model.persist) = (most as usize, persist);
                model.trim();
            }
            [node.configure(&who(index), config), expected]
        }
        Deed::Read { who: index } => [node.may_read(&who(index)), model.reads(index)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_node_does_what_the_document_says(deeds in proptest::collection::vec(deed(), 1..60)) {
        let mut node = Node::new(Config::default());
        let mut model = Model::new();
        for deed in deeds {
            let before = node.clone();
            let [done, expected] = perform(&mut node, &mut model, &deed);
            prop_assert_eq!(done, expected, "{:?}", deed);
            if done.is_err() {
                prop_assert_eq!(&node, &before, "a refusal changed something: {:?}", deed);
            }
            let items: Vec<String> = node.items.iter().map(|item| item.id.clone()).collect();
            let wanted: Vec<String> = model.items.iter().map(|item| item.0.to_string()).collect();
            prop_assert_eq!(items, wanted, "{:?}", deed);
            let state = |wanted| -> BTreeSet<&str> {
                let jids = node.subscriptions.iter().filter(|(_, state)| **state == wanted);
                jids.map(|(jid, _)| jid.as_str()).collect()
            };
            let names = |set: &BTreeSet<usize>| -> BTreeSet<&str> {
                set.iter().map(|index| PEOPLE[*index]).collect()
            };
            prop_assert_eq!(state(Subscribed::Yes), names(&model.subscribed), "{:?}", deed);
            prop_assert_eq!(state(Subscribed::Pending), names(&model.pending), "{:?}", deed);
        }
    }

    #[test]
    fn whoever_is_told_may_also_read(
        access in proptest::sample::select(AccessModel::ALL),
        affiliation in proptest::option::of(proptest::sample::select(Affiliation::ALL)),
        index in 0..PEOPLE.len(),
    ) {
        let config = Config {
            access_model: access,
            groups: vec![GROUP.to_owned()],
            ..Config::default()
        };
        let who = who(index);
        if who.is_told(affiliation, &config) {
            prop_assert!(who.admitted(affiliation, &config, false).is_ok());
        }
    }
}
