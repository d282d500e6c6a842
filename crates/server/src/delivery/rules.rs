//! RFC 6121 section 8.5: what the server does with a stanza for one of its accounts, as one pure
//! decision over closed sets. Table 1 of section 8.5.4 is tested below row by row.

use televisor_xmpp::error::Condition;
use televisor_xmpp::stanza::{IqType, Kind, MessageType, PresenceType};

/// How the stanza is addressed, and whether that session is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressed {
    /// To the bare JID.
    Bare,
    /// To a full JID, whose resource is connected.
    Connected,
    /// To a full JID, whose resource is not connected.
    Gone,
}

/// What the account's available resources take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resources {
    /// There is no such account.
    NoAccount,
    /// None is available.
    None,
    /// All that are available have a negative priority.
    Negative,
    /// At least one takes messages to the bare JID.
    Willing,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// To the resource it is addressed to.
    Exactly,
    /// To every available resource with a priority of zero or more.
    Willing,
    /// To every available resource.
    Available,
    /// Kept until the account is available again.
    Store,
    /// The server answers, or acts, on behalf of the account.
    Handle,
    /// Dropped without a word.
    Ignore,
    /// Answered with this error.
    Refuse(Condition),
}

impl Resources {
    /// Sums up the priorities of an account's available resources.
    pub(crate) fn of(priorities: impl IntoIterator<Item = i8>) -> Self {
        priorities.into_iter().fold(Self::None, |so_far, priority| match so_far {
            Self::Willing => Self::Willing,
            Self::NoAccount | Self::None | Self::Negative if priority >= 0 => Self::Willing,
            Self::NoAccount | Self::None | Self::Negative => Self::Negative,
        })
    }
}

/// Decides on one stanza.
pub(crate) const fn decide(kind: Kind, addressed: Addressed, resources: Resources) -> Decision {
    match kind {
        Kind::Message(kind) => message(kind, addressed, resources),
        Kind::Presence(kind) => presence(kind, addressed, resources),
        Kind::Iq(kind) => iq(kind, addressed, resources),
    }
}

const REFUSE: Decision = Decision::Refuse(Condition::ServiceUnavailable);

#[expect(clippy::match_same_arms, reason = "one arm for each paragraph of section 8.5")]
const fn message(kind: MessageType, addressed: Addressed, resources: Resources) -> Decision {
    use MessageType::{Chat, Error, Groupchat, Headline, Normal};
    match (resources, addressed, kind) {
        // 8.5.1, 8.5.2: an error is never answered, nor kept.
        (Resources::NoAccount, _, Error) | (_, Addressed::Bare | Addressed::Gone, Error) => {
            Decision::Ignore
        }
        // 8.5.1: no such account.
        (Resources::NoAccount, _, Normal | Chat | Groupchat | Headline) => REFUSE,
        // 8.5.3.1: the resource is there.
        (_, Addressed::Connected, Normal | Chat | Groupchat | Headline | Error) => {
            Decision::Exactly
        }
        // 8.5.3.2.1: the resource is gone; only a chat may go on to another.
        (_, Addressed::Gone, Normal | Groupchat) => REFUSE,
        // 8.5.2: groupchat is never for a bare JID.
        (_, Addressed::Bare, Groupchat) => REFUSE,
        // 8.5.2.1.1
        (Resources::Willing, Addressed::Bare, Normal | Headline)
        | (Resources::Willing, Addressed::Bare | Addressed::Gone, Chat) => Decision::Willing,
        // 8.5.2.2.1, and 8.5.2.1.1 where all are negative.
        (Resources::None | Resources::Negative, Addressed::Bare, Normal)
        | (Resources::None | Resources::Negative, Addressed::Bare | Addressed::Gone, Chat) => {
            Decision::Store
        }
        (_, Addressed::Gone, Headline)
        | (Resources::None | Resources::Negative, Addressed::Bare, Headline) => Decision::Ignore,
    }
}

#[expect(clippy::match_same_arms, reason = "one arm for each paragraph of section 8.5")]
const fn presence(kind: PresenceType, addressed: Addressed, resources: Resources) -> Decision {
    use PresenceType::{
        Available, Error, Probe, Subscribe, Subscribed, Unavailable, Unsubscribe, Unsubscribed,
    };
    match (resources, addressed, kind) {
        // 8.5.1
        (Resources::NoAccount, _, _) => Decision::Ignore,
        // Section 3: the account's server acts, whatever resource was named.
        (_, _, Subscribe | Subscribed | Unsubscribe | Unsubscribed | Probe) => Decision::Handle,
        (_, Addressed::Connected, Available | Unavailable | Error) => Decision::Exactly,
        (Resources::Willing | Resources::Negative, Addressed::Bare, Available | Unavailable) => {
            Decision::Available
        }
        (Resources::None, Addressed::Bare, Available | Unavailable)
        | (_, Addressed::Gone, Available | Unavailable)
        | (_, Addressed::Bare | Addressed::Gone, Error) => Decision::Ignore,
    }
}

const fn iq(kind: IqType, addressed: Addressed, resources: Resources) -> Decision {
    use IqType::{Error, Get, Result, Set};
    match (resources, addressed, kind) {
        (Resources::NoAccount, _, Get | Set) | (_, Addressed::Gone, Get | Set) => REFUSE,
        (Resources::NoAccount, _, Result | Error)
        | (_, Addressed::Bare | Addressed::Gone, Result | Error) => Decision::Ignore,
        (_, Addressed::Connected, Get | Set | Result | Error) => Decision::Exactly,
        (_, Addressed::Bare, Get | Set) => Decision::Handle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Decision::{Available, Exactly, Handle, Ignore, Store, Willing};

    /// Normal, chat, groupchat, headline, error.
    fn messages(addressed: Addressed, resources: Resources) -> [Decision; 5] {
        std::array::from_fn(|i| decide(Kind::Message(MessageType::ALL[i]), addressed, resources))
    }

    #[test]
    fn section_8_5_1_there_is_no_such_account() {
        for to in [Addressed::Bare, Addressed::Gone] {
            let found = messages(to, Resources::NoAccount);
            assert_eq!(found, [REFUSE, REFUSE, REFUSE, REFUSE, Ignore]);
            for &kind in PresenceType::ALL {
                assert_eq!(decide(Kind::Presence(kind), to, Resources::NoAccount), Ignore);
            }
            let iq = |kind| decide(Kind::Iq(kind), to, Resources::NoAccount);
            assert_eq!(
                IqType::ALL.iter().map(|k| iq(*k)).collect::<Vec<_>>(),
                [REFUSE, REFUSE, Ignore, Ignore]
            );
        }
    }

    #[test]
    fn section_8_5_2_1_to_the_bare_jid_with_a_willing_resource() {
        let found = messages(Addressed::Bare, Resources::Willing);
        assert_eq!(found, [Willing, Willing, REFUSE, Willing, Ignore]);
    }

    #[test]
    fn section_8_5_2_2_to_the_bare_jid_with_none_or_only_negative_ones() {
        for resources in [Resources::None, Resources::Negative] {
            let found = messages(Addressed::Bare, resources);
            assert_eq!(found, [Store, Store, REFUSE, Ignore, Ignore]);
        }
    }

    #[test]
    fn section_8_5_3_1_to_a_resource_that_is_there() {
        for resources in [Resources::None, Resources::Negative, Resources::Willing] {
            assert_eq!(messages(Addressed::Connected, resources), [Exactly; 5]);
            for &kind in IqType::ALL {
                assert_eq!(decide(Kind::Iq(kind), Addressed::Connected, resources), Exactly);
            }
        }
    }

    #[test]
    fn section_8_5_3_2_to_a_resource_that_is_gone() {
        let willing = messages(Addressed::Gone, Resources::Willing);
        assert_eq!(willing, [REFUSE, Willing, REFUSE, Ignore, Ignore]);
        let none = messages(Addressed::Gone, Resources::None);
        assert_eq!(none, [REFUSE, Store, REFUSE, Ignore, Ignore]);
        assert_eq!(decide(Kind::Iq(IqType::Get), Addressed::Gone, Resources::Willing), REFUSE);
    }

    #[test]
    fn presence_to_the_bare_jid_reaches_every_available_resource() {
        for kind in [PresenceType::Available, PresenceType::Unavailable] {
            let to = |resources| decide(Kind::Presence(kind), Addressed::Bare, resources);
            assert_eq!(to(Resources::Willing), Available);
            assert_eq!(to(Resources::Negative), Available);
            assert_eq!(to(Resources::None), Ignore);
        }
    }

    #[test]
    fn subscriptions_and_requests_to_the_bare_jid_are_for_the_server() {
        for kind in [PresenceType::Subscribe, PresenceType::Unsubscribed, PresenceType::Probe] {
            assert_eq!(decide(Kind::Presence(kind), Addressed::Bare, Resources::None), Handle);
        }
        assert_eq!(decide(Kind::Iq(IqType::Set), Addressed::Bare, Resources::None), Handle);
    }

    #[test]
    fn one_willing_resource_is_enough() {
        assert_eq!(Resources::of([]), Resources::None);
        assert_eq!(Resources::of([-1, -128]), Resources::Negative);
        assert_eq!(Resources::of([-1, 0, -5]), Resources::Willing);
    }
}
