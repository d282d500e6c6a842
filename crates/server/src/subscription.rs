//! RFC 6121 appendix A: the nine subscription states and what becomes of them, exhaustively.
//!
//! Pure: `roster_change.rs` keeps the state, `delivery/subscribe.rs` routes the stanzas.

/// How a user's account stands to one contact (appendix A.1). "Out" and "in" are requests that are
/// waiting for the contact, and for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subscription {
    /// Neither sees the other's presence.
    None,
    /// The user has asked.
    NoneOut,
    /// The contact has asked.
    NoneIn,
    /// Both have asked.
    NoneOutIn,
    /// The user sees the contact.
    To,
    /// The user sees the contact, who has asked.
    ToIn,
    /// The contact sees the user.
    From,
    /// The contact sees the user, who has asked.
    FromOut,
    /// Each sees the other.
    Both,
}

/// The four presence types that manage subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// Asks for a subscription.
    Subscribe,
    /// Ends one's own subscription.
    Unsubscribe,
    /// Grants the other's request.
    Subscribed,
    /// Denies the other's request, or cancels the other's subscription.
    Unsubscribed,
}

/// What becomes of a subscription stanza, and of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The state afterwards.
    pub(crate) state: Subscription,
    /// Whether the stanza goes on: outbound to the contact, inbound to the user.
    pub(crate) pass: bool,
    /// Whether the user's server answers an inbound request with `subscribed` by itself.
    pub(crate) accept: bool,
}

impl Outcome {
    const fn pass(state: Subscription) -> Self {
        Self { state, pass: true, accept: false }
    }

    const fn drop(state: Subscription) -> Self {
        Self { state, pass: false, accept: false }
    }

    const fn accept(state: Subscription) -> Self {
        Self { state, pass: false, accept: true }
    }
}

impl Act {
    /// Returns the presence type on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

impl Subscription {
    /// All nine, in the order of appendix A.1.
    pub(crate) const ALL: [Self; 9] = [
        Self::None,
        Self::NoneOut,
        Self::NoneIn,
        Self::NoneOutIn,
        Self::To,
        Self::ToIn,
        Self::From,
        Self::FromOut,
        Self::Both,
    ];

    /// Returns the name it is stored under.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NoneOut => "none+out",
            Self::NoneIn => "none+in",
            Self::NoneOutIn => "none+out+in",
            Self::To => "to",
            Self::ToIn => "to+in",
            Self::From => "from",
            Self::FromOut => "from+out",
            Self::Both => "both",
        }
    }

    /// Finds the state stored under `name`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Returns the roster item's `subscription` attribute (section 2.1.2.5).
    #[must_use]
    pub const fn subscription(self) -> &'static str {
        match self {
            Self::None | Self::NoneOut | Self::NoneIn | Self::NoneOutIn => "none",
            Self::To | Self::ToIn => "to",
            Self::From | Self::FromOut => "from",
            Self::Both => "both",
        }
    }

    /// Whether the roster item says `ask='subscribe'` (section 2.1.2.2).
    #[must_use]
    pub const fn is_asking(self) -> bool {
        match self {
            Self::NoneOut | Self::NoneOutIn | Self::FromOut => true,
            Self::None | Self::NoneIn | Self::To | Self::ToIn | Self::From | Self::Both => false,
        }
    }

    /// Whether a request of the contact is waiting for the user.
    #[must_use]
    pub const fn is_asked(self) -> bool {
        match self {
            Self::NoneIn | Self::NoneOutIn | Self::ToIn => true,
            Self::None | Self::NoneOut | Self::To | Self::From | Self::FromOut | Self::Both => {
                false
            }
        }
    }

    /// Whether the user sees the contact's presence.
    #[must_use]
    pub const fn sees(self) -> bool {
        match self {
            Self::To | Self::ToIn | Self::Both => true,
            Self::None
            | Self::NoneOut
            | Self::NoneIn
            | Self::NoneOutIn
            | Self::From
            | Self::FromOut => false,
        }
    }

    /// Whether the contact sees the user's presence.
    #[must_use]
    pub const fn is_seen(self) -> bool {
        match self {
            Self::From | Self::FromOut | Self::Both => true,
            Self::None | Self::NoneOut | Self::NoneIn | Self::NoneOutIn | Self::To | Self::ToIn => {
                false
            }
        }
    }

    /// The user sends `act` to the contact (appendix A.2).
    pub(crate) const fn outbound(self, act: Act) -> Outcome {
        match act {
            Act::Subscribe => Outcome::pass(match self {
                Self::None | Self::NoneOut => Self::NoneOut,
                Self::NoneIn | Self::NoneOutIn => Self::NoneOutIn,
                Self::From | Self::FromOut => Self::FromOut,
                Self::To => Self::To,
                Self::ToIn => Self::ToIn,
                Self::Both => Self::Both,
            }),
            Act::Unsubscribe => Outcome::pass(self.without_ours()),
            Act::Subscribed => match self {
                Self::NoneIn => Outcome::pass(Self::From),
                Self::NoneOutIn => Outcome::pass(Self::FromOut),
                Self::ToIn => Outcome::pass(Self::Both),
                Self::None | Self::NoneOut | Self::To | Self::From | Self::FromOut | Self::Both => {
                    Outcome::drop(self)
                }
            },
            Act::Unsubscribed => self.theirs_ended(),
        }
    }

    /// Whether the user's `subscribed` is noted until the contact asks: it has not asked, and does not
    /// see the user yet (section 3.4.2).
    pub(crate) const fn may_be_approved(self) -> bool {
        match self {
            Self::None | Self::NoneOut | Self::To => true,
            Self::NoneIn
            | Self::NoneOutIn
            | Self::ToIn
            | Self::From
            | Self::FromOut
            | Self::Both => false,
        }
    }

    /// The contact asks, and was approved beforehand (section 3.4.2): the server says yes by itself.
    pub(crate) const fn inbound_approved(self) -> Outcome {
        let asked = self.inbound(Act::Subscribe).state;
        Outcome::accept(asked.outbound(Act::Subscribed).state)
    }

    /// The contact sends `act` to the user (appendix A.3).
    pub(crate) const fn inbound(self, act: Act) -> Outcome {
        match act {
            Act::Subscribe => match self {
                Self::None => Outcome::pass(Self::NoneIn),
                Self::NoneOut => Outcome::pass(Self::NoneOutIn),
                Self::To => Outcome::pass(Self::ToIn),
                Self::NoneIn | Self::NoneOutIn | Self::ToIn => Outcome::drop(self),
                // Section 3.1.3: the contact has it already, so the server says so.
                Self::From | Self::FromOut | Self::Both => Outcome::accept(self),
            },
            Act::Unsubscribe => self.theirs_ended(),
            Act::Subscribed => match self {
                Self::NoneOut => Outcome::pass(Self::To),
                Self::NoneOutIn => Outcome::pass(Self::ToIn),
                Self::FromOut => Outcome::pass(Self::Both),
                Self::None | Self::NoneIn | Self::To | Self::ToIn | Self::From | Self::Both => {
                    Outcome::drop(self)
                }
            },
            Act::Unsubscribed => match self {
                Self::None | Self::NoneIn | Self::From => Outcome::drop(self),
                Self::NoneOut
                | Self::NoneOutIn
                | Self::To
                | Self::ToIn
                | Self::FromOut
                | Self::Both => Outcome::pass(self.without_ours()),
            },
        }
    }

    /// Without what the user has or asks of the contact.
    const fn without_ours(self) -> Self {
        match self {
            Self::None | Self::NoneOut | Self::To => Self::None,
            Self::NoneIn | Self::NoneOutIn | Self::ToIn => Self::NoneIn,
            Self::From | Self::FromOut | Self::Both => Self::From,
        }
    }

    /// What the contact has or asks of the user ends.
    const fn theirs_ended(self) -> Outcome {
        match self {
            Self::None | Self::NoneOut | Self::To => Outcome::drop(self),
            Self::NoneIn | Self::From => Outcome::pass(Self::None),
            Self::NoneOutIn | Self::FromOut => Outcome::pass(Self::NoneOut),
            Self::ToIn | Self::Both => Outcome::pass(Self::To),
        }
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::Subscription::*;
    use super::*;

    /// Checks one table: what follows on each state, and whether the stanza goes on.
    fn check(step: impl Fn(Subscription) -> Outcome, table: [(Subscription, bool); 9]) {
        for (state, (next, pass)) in Subscription::ALL.into_iter().zip(table) {
            let outcome = step(state);
            assert_eq!((outcome.state, outcome.pass), (next, pass), "{state:?}");
        }
    }

    #[test]
    fn a_2_1_outbound_subscribe() {
        let next = [NoneOut, NoneOut, NoneOutIn, NoneOutIn, To, ToIn, FromOut, FromOut, Both];
        check(|s| s.outbound(Act::Subscribe), next.map(|s| (s, true)));
    }

    #[test]
    fn a_2_2_outbound_unsubscribe() {
        let next = [None, None, NoneIn, NoneIn, None, NoneIn, From, From, From];
        check(|s| s.outbound(Act::Unsubscribe), next.map(|s| (s, true)));
    }

    #[test]
    fn a_2_3_outbound_subscribed() {
        let no = |s| (s, false);
        let table = [
            no(None),
            no(NoneOut),
            (From, true),
            (FromOut, true),
            no(To),
            (Both, true),
            no(From),
            no(FromOut),
            no(Both),
        ];
        check(|s| s.outbound(Act::Subscribed), table);
    }

    /// The table of A.2.4 and of A.3.2.
    const THEIRS_END: [(Subscription, bool); 9] = [
        (None, false),
        (NoneOut, false),
        (None, true),
        (NoneOut, true),
        (To, false),
        (To, true),
        (None, true),
        (NoneOut, true),
        (To, true),
    ];

    #[test]
    fn section_3_4_approval_is_noted_where_a_2_3_drops_it_and_nothing_is_granted_yet() {
        for state in Subscription::ALL {
            let dropped = !state.outbound(Act::Subscribed).pass;
            assert_eq!(state.may_be_approved(), dropped && !state.is_seen(), "{state:?}");
        }
    }

    #[test]
    fn section_3_4_a_request_that_was_approved_is_granted_at_once() {
        let granted = [From, FromOut, From, FromOut, Both, Both, From, FromOut, Both];
        for (state, next) in Subscription::ALL.into_iter().zip(granted) {
            let outcome = state.inbound_approved();
            assert_eq!((outcome.state, outcome.pass, outcome.accept), (next, false, true));
        }
    }

    #[test]
    fn a_2_4_outbound_unsubscribed() {
        check(|s| s.outbound(Act::Unsubscribed), THEIRS_END);
    }

    #[test]
    fn a_3_1_inbound_subscribe() {
        let table = [
            (NoneIn, true),
            (NoneOutIn, true),
            (NoneIn, false),
            (NoneOutIn, false),
            (ToIn, true),
            (ToIn, false),
            (From, false),
            (FromOut, false),
            (Both, false),
        ];
        check(|s| s.inbound(Act::Subscribe), table);
        for state in Subscription::ALL {
            assert_eq!(state.inbound(Act::Subscribe).accept, state.is_seen(), "{state:?}");
        }
    }

    #[test]
    fn a_3_2_inbound_unsubscribe() {
        check(|s| s.inbound(Act::Unsubscribe), THEIRS_END);
    }

    #[test]
    fn a_3_3_inbound_subscribed() {
        let no = |s| (s, false);
        let table = [
            no(None),
            (To, true),
            no(NoneIn),
            (ToIn, true),
            no(To),
            no(ToIn),
            no(From),
            (Both, true),
            no(Both),
        ];
        check(|s| s.inbound(Act::Subscribed), table);
    }

    #[test]
    fn a_3_4_inbound_unsubscribed() {
        let table = [
            (None, false),
            (None, true),
            (NoneIn, false),
            (NoneIn, true),
            (None, true),
            (NoneIn, true),
            (From, false),
            (From, true),
            (From, true),
        ];
        check(|s| s.inbound(Act::Unsubscribed), table);
    }

    #[test]
    fn every_state_is_stored_under_its_own_name() {
        for state in Subscription::ALL {
            assert_eq!(Subscription::parse(state.as_str()), Some(state));
        }
    }
}
