//! People's own accounts elsewhere, rule by rule, through the facade alone.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

use std::path::Path;

use jiff::{SignedDuration, Zoned};
use televisor_clock::Clock;
use televisor_guide::Guide;
use televisor_model::{Actor, Change, Contact, ContactState, DeviceId, Role, Tier, Via, Who};
use televisor_receiver::{Config, ContactError, Error, PARTS, Parts, Receiver};
use televisor_store::Database;
use televisor_tuner::Tuner;
use tempfile::TempDir;
use uuid::Uuid;

struct House {
    receiver: Receiver,
    clock: Clock,
    folder: TempDir,
}

impl House {
    async fn new() -> Self {
        let now: Zoned = "2026-11-25T22:30[Europe/London]".parse().unwrap();
        let clock = Clock::manual(&now);
        let folder = tempfile::tempdir().unwrap();
        let receiver = open(folder.path(), &clock).await;
        Self { receiver, clock, folder }
    }

    async fn restart(self) -> Self {
        self.receiver.shutdown().await;
        drop(self.receiver);
        let receiver = open(self.folder.path(), &self.clock).await;
        Self { receiver, clock: self.clock, folder: self.folder }
    }

    fn wait(&self, hours: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_hours(hours));
    }

    async fn invite(&self, jid: &str) -> Result<Contact, Error> {
        self.receiver.invite(&member(), jid, Via::Federation).await
    }

    async fn accept(&self, jid: &str) -> Option<Contact> {
        self.receiver.accounts().accepted(jid, Via::Federation).await.unwrap()
    }

    async fn refuse(&self, jid: &str) -> Option<Contact> {
        self.receiver.accounts().refused(jid).await.unwrap()
    }

    fn state(&self, jid: &str) -> Option<ContactState> {
        self.receiver.accounts().get(jid).map(|contact| contact.state)
    }
}

async fn open(folder: &Path, clock: &Clock) -> Receiver {
    let guide_config = televisor_guide::Config::default();
    Receiver::open(Parts {
        config: Config::default(),
        data_dir: folder.to_owned(),
        db: Database::open(&folder.join("household.db"), &PARTS).unwrap(),
        guide: Guide::open(&folder.join("guide.db"), guide_config, clock.clone()).await.unwrap(),
        tuner: Tuner::open(televisor_tuner::Config::default()).await,
        clock: clock.clone(),
    })
    .await
    .unwrap()
}

fn device(role: Role, tier: Tier) -> Actor {
    let who = Who::Device(DeviceId(Uuid::from_u128(7)));
    Actor { who, name: "Mum's tablet".to_owned(), role, tier }
}

fn member() -> Actor {
    device(Role::Member, Tier::Full)
}

fn contact(jid: &str, role: Role) -> Actor {
    Actor { who: Who::Contact(jid.to_owned()), name: jid.to_owned(), role, tier: Tier::Full }
}

fn rule(result: Result<Contact, Error>) -> ContactError {
    match result {
        Err(Error::Contact(rule)) => rule,
        other => panic!("no rule of contacts: {other:?}"),
    }
}

#[tokio::test]
async fn only_a_member_with_its_own_key_invites() {
    let house = House::new().await;
    for actor in [device(Role::Guest, Tier::Full), device(Role::Owner, Tier::Basic)] {
        let refused = house.receiver.invite(&actor, "joe@example.org", Via::Federation).await;
        assert!(matches!(refused, Err(Error::NotAllowed { .. })), "{refused:?}");
        assert!(matches!(house.receiver.invitation(&actor), Err(Error::NotAllowed { .. })));
    }
    let joe = house.invite("Joe@Example.org/phone").await.unwrap();
    assert_eq!((joe.jid.as_str(), joe.state), ("joe@example.org", ContactState::Invited));
    assert_eq!((joe.role, joe.invited_by.as_str()), (Role::Member, "Mum's tablet"));
}

#[tokio::test]
async fn an_accepted_invitation_still_needs_one_allow() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    let early = house.receiver.allow(&member(), "joe@example.org", None).await;
    assert_eq!(rule(early), ContactError::NotAccepted("joe@example.org".to_owned()));
    assert_eq!(house.accept("joe@example.org").await.unwrap().state, ContactState::Accepted);
    assert!(house.accept("joe@example.org").await.is_none(), "once");
    let joe = house.receiver.allow(&member(), "joe@example.org", None).await.unwrap();
    assert_eq!((joe.state, joe.role), (ContactState::Allowed, Role::Member));
    let again = house.receiver.allow(&member(), "joe@example.org", None).await.unwrap();
    assert_eq!(again, joe);
}

#[tokio::test]
async fn nobody_who_was_not_asked_can_accept_or_be_let_in() {
    let house = House::new().await;
    assert!(house.accept("eve@example.org").await.is_none());
    assert!(house.refuse("eve@example.org").await.is_none());
    let allowed = house.receiver.allow(&Actor::console(), "eve@example.org", None).await;
    assert!(matches!(rule(allowed), ContactError::Unknown(_)));
    assert!(house.receiver.contacts().is_empty());
}

#[tokio::test]
async fn three_wait_at_most_and_taking_one_back_makes_room() {
    let house = House::new().await;
    for name in ["a", "b", "c"] {
        house.invite(&format!("{name}@example.org")).await.unwrap();
    }
    let fourth = rule(house.invite("d@example.org").await);
    assert!(matches!(&fourth, ContactError::TooManyWaiting(waiting) if waiting.len() == 3));
    assert!(fourth.to_string().contains("a@example.org, b@example.org, c@example.org"));
    let twice = rule(house.invite("a@example.org").await);
    assert_eq!(twice, ContactError::AlreadyInvited("a@example.org".to_owned()));
    house.receiver.revoke(&member(), "b@example.org").await.unwrap();
    house.invite("d@example.org").await.unwrap();
}

#[tokio::test]
async fn ten_a_day_even_if_they_are_taken_back_and_across_a_restart() {
    let house = House::new().await;
    for n in 0..10 {
        house.invite("joe@example.org").await.unwrap();
        house.receiver.revoke(&member(), "joe@example.org").await.unwrap();
        if n == 4 {
            house.wait(1);
        }
    }
    let house = house.restart().await;
    assert!(matches!(rule(house.invite("joe@example.org").await), ContactError::TooManyToday(_)));
    house.wait(23);
    house.invite("joe@example.org").await.unwrap();
}

#[tokio::test]
async fn thirty_days_of_silence_follow_a_no_whatever_the_household_does() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    house.refuse("joe@example.org").await.unwrap();
    assert!(matches!(rule(house.invite("joe@example.org").await), ContactError::Refused { .. }));
    house.receiver.revoke(&member(), "joe@example.org").await.unwrap();
    let house = house.restart().await;
    assert!(house.receiver.contacts().is_empty());
    house.wait(30 * 24 - 1);
    assert!(matches!(rule(house.invite("joe@example.org").await), ContactError::Refused { .. }));
    house.wait(1);
    house.invite("joe@example.org").await.unwrap();
}

#[tokio::test]
async fn leaving_is_a_no_and_a_change_of_mind_is_asked_of_the_household_again() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    house.receiver.allow(&Actor::console(), "joe@example.org", Some(Role::Owner)).await.unwrap();
    house.refuse("joe@example.org").await.unwrap();
    assert_eq!(house.state("joe@example.org"), Some(ContactState::Refused));
    let back = house.accept("joe@example.org").await.unwrap();
    assert_eq!((back.state, back.role), (ContactState::Accepted, Role::Member));
}

#[tokio::test]
async fn an_account_that_goes_to_and_fro_is_not_asked_about_for_ever() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    let asked = async {
        let mut asked = 0;
        for _ in 0..100 {
            asked += usize::from(house.accept("joe@example.org").await.is_some());
            house.refuse("joe@example.org").await;
        }
        asked
    };
    assert_eq!(asked.await, 3);
    house.wait(30 * 24);
    assert!(house.accept("joe@example.org").await.is_none(), "it is forgotten by then");
    house.invite("joe@example.org").await.unwrap();
    assert!(house.accept("joe@example.org").await.is_some());
}

#[tokio::test]
async fn whoever_comes_by_the_uplink_all_of_a_sudden_is_asked_about_unless_it_brings_a_token() {
    let house = House::new().await;
    let accounts = house.receiver.accounts();
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    house.receiver.allow(&member(), "joe@example.org", None).await.unwrap();
    accounts.came("joe@example.org", Via::Component, None).await.unwrap();
    assert_eq!(house.state("joe@example.org"), Some(ContactState::Allowed), "its own server");
    accounts.came("joe@example.org", Via::Uplink, None).await.unwrap();
    assert_eq!(house.state("joe@example.org"), Some(ContactState::Accepted));
    house.receiver.allow(&member(), "joe@example.org", None).await.unwrap();
    accounts.came("joe@example.org", Via::Federation, None).await.unwrap();
    let token = house.receiver.invitation(&Actor::console()).unwrap().token;
    let joe = accounts.redeem(&token, "joe@example.org", Via::Uplink).await.unwrap();
    assert_eq!((joe.state, joe.via), (ContactState::Allowed, Via::Uplink));
}

#[tokio::test]
async fn tokens_end_with_whoever_may_have_made_them() {
    let house = House::new().await;
    let accounts = house.receiver.accounts();
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    house.receiver.allow(&member(), "joe@example.org", None).await.unwrap();
    let joe = contact("joe@example.org", Role::Member);
    let kept_back = house.receiver.invitation(&joe).unwrap().token;
    let owner = Actor::console();
    house.receiver.allow(&owner, "joe@example.org", Some(Role::Guest)).await.unwrap();
    assert!(!accounts.is_live(&kept_back), "a guest invites nobody");
    let other = house.receiver.invitation(&joe).unwrap().token;
    house.receiver.revoke(&owner, "joe@example.org").await.unwrap();
    let back = accounts.redeem(&other, "joe@example.org", Via::Federation).await;
    assert_eq!(rule(back), ContactError::DeadToken);
}

#[tokio::test]
async fn a_token_lets_in_one_account_once_for_ten_minutes() {
    let house = House::new().await;
    let (accounts, by) = (house.receiver.accounts(), Actor::console());
    let first = house.receiver.invitation(&by).unwrap();
    assert!(first.token.len() >= 22, "at least 128 bits");
    assert!(!format!("{first:?}").contains(&first.token), "never logged");
    let joe = accounts.redeem(&first.token, "joe@example.org", Via::Component).await.unwrap();
    assert_eq!(
        (joe.state, joe.role, joe.via),
        (ContactState::Allowed, Role::Member, Via::Component)
    );
    assert!(!accounts.is_live(&first.token));
    let second_use = accounts.redeem(&first.token, "eve@example.org", Via::Federation).await;
    assert_eq!(rule(second_use), ContactError::DeadToken);
    let second = house.receiver.invitation(&by).unwrap();
    house.clock.set(house.clock.now() + SignedDuration::from_mins(10));
    assert!(!accounts.is_live(&second.token));
    let late = accounts.redeem(&second.token, "eve@example.org", Via::Federation).await;
    assert_eq!(rule(late), ContactError::DeadToken);
    assert_eq!(house.state("eve@example.org"), None);
}

#[tokio::test]
async fn a_token_does_not_change_the_role_of_somebody_who_is_in() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    house.receiver.allow(&member(), "joe@example.org", Some(Role::Guest)).await.unwrap();
    let token = house.receiver.invitation(&Actor::console()).unwrap().token;
    let joe = house.receiver.accounts().redeem(&token, "joe@example.org", Via::Federation).await;
    assert_eq!(joe.unwrap().role, Role::Guest);
}

#[tokio::test]
async fn only_an_owner_makes_owners_and_changes_roles() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    let refused = house.receiver.allow(&member(), "joe@example.org", Some(Role::Owner)).await;
    assert!(matches!(refused, Err(Error::NotAllowed { role: Role::Owner, .. })));
    house.receiver.allow(&member(), "joe@example.org", Some(Role::Guest)).await.unwrap();
    let refused = house.receiver.allow(&member(), "joe@example.org", Some(Role::Member)).await;
    assert!(matches!(refused, Err(Error::NotAllowed { role: Role::Owner, .. })));
    let owner = device(Role::Owner, Tier::Full);
    let joe = house.receiver.allow(&owner, "joe@example.org", Some(Role::Owner)).await.unwrap();
    assert_eq!(joe.role, Role::Owner);
}

#[tokio::test]
async fn revocation_takes_an_owner_or_the_account_itself_and_is_told() {
    let house = House::new().await;
    for jid in ["joe@example.org", "ann@example.org"] {
        house.invite(jid).await.unwrap();
        house.accept(jid).await.unwrap();
        house.receiver.allow(&member(), jid, None).await.unwrap();
    }
    let joe = contact("joe@example.org", Role::Member);
    for actor in [&member(), &joe] {
        let refused = house.receiver.revoke(actor, "ann@example.org").await;
        assert!(matches!(refused, Err(Error::NotAllowed { role: Role::Owner, .. })));
    }
    let mut changes = house.receiver.changes();
    house.receiver.revoke(&joe, "joe@example.org").await.unwrap();
    while !matches!(changes.recv().await.unwrap(), Change::ContactGone(c) if c.jid == joe.name) {}
    house.receiver.revoke(&Actor::console(), "ann@example.org").await.unwrap();
    assert!(house.restart().await.receiver.contacts().is_empty());
}

#[tokio::test]
async fn an_account_is_never_taken_for_the_receiver_itself() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    house
        .receiver
        .accounts()
        .came("joe@example.org", Via::Federation, Some("the receiver"))
        .await
        .unwrap();
    let joe = contact("joe@example.org", Role::Owner);
    assert!(!joe.is_console() && joe.device().is_none());
    let nobody = DeviceId(Uuid::from_u128(1));
    let forget = house.receiver.forget(&contact("joe@example.org", Role::Member), nobody).await;
    assert!(matches!(forget, Err(Error::NotAllowed { .. })), "{forget:?}");
}

#[tokio::test]
async fn accounts_survive_a_restart_as_they_were() {
    let house = House::new().await;
    house.invite("joe@example.org").await.unwrap();
    house.accept("joe@example.org").await.unwrap();
    let accounts = house.receiver.accounts();
    accounts.came("joe@example.org", Via::Uplink, Some("Joe\u{202E}")).await.unwrap();
    accounts.came("joe@example.org", Via::Uplink, None).await.unwrap();
    let before = house.receiver.contacts();
    assert_eq!((before[0].name.as_deref(), before[0].via), (Some("Joe"), Via::Uplink));
    assert_eq!(house.restart().await.receiver.contacts(), before);
}
