//! The nine states against four facts: who sees whom, and who has asked. RFC 6121 section 3 in plain
//! sentences, and two servers that tell each other.

use proptest::prelude::*;

use super::{Act, Subscription};

/// How one side stands, as the sentences of section 3 have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Side {
    sees: bool,
    is_seen: bool,
    asks: bool,
    is_asked: bool,
}

/// What becomes of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Goes,
    Stops,
    Accepted,
}

impl Side {
    /// The user sends.
    fn sends(&mut self, act: Act) -> Fate {
        match act {
            // Section 3.1.2: it always goes; who sees the contact already has nothing to ask.
            Act::Subscribe => {
                self.asks = !self.sees;
                Fate::Goes
            }
            // Section 3.3.2: it always goes.
            Act::Unsubscribe => {
                (self.sees, self.asks) = (false, false);
                Fate::Goes
            }
            // Section 3.1.5: only an answer to a question.
            Act::Subscribed if self.is_asked => {
                (self.is_seen, self.is_asked) = (true, false);
                Fate::Goes
            }
            // Section 3.2.2: only if there is something to deny or cancel.
            Act::Unsubscribed if self.is_asked || self.is_seen => {
                (self.is_seen, self.is_asked) = (false, false);
                Fate::Goes
            }
            Act::Subscribed | Act::Unsubscribed => Fate::Stops,
        }
    }

    /// The contact has sent.
    fn hears(&mut self, act: Act) -> Fate {
        match act {
            // Section 3.1.3: what has been granted is granted again by the server.
            Act::Subscribe if self.is_seen => Fate::Accepted,
            Act::Subscribe if self.is_asked => Fate::Stops,
            Act::Subscribe => {
                self.is_asked = true;
                Fate::Goes
            }
            // Section 3.1.6: only if that was asked for.
            Act::Subscribed if self.asks => {
                (self.sees, self.asks) = (true, false);
                Fate::Goes
            }
            // Section 3.2.3.
            Act::Unsubscribed if self.sees || self.asks => {
                (self.sees, self.asks) = (false, false);
                Fate::Goes
            }
            // Section 3.3.3.
            Act::Unsubscribe if self.is_seen || self.is_asked => {
                (self.is_seen, self.is_asked) = (false, false);
                Fate::Goes
            }
            Act::Subscribed | Act::Unsubscribed | Act::Unsubscribe => Fate::Stops,
        }
    }

    fn of(state: Subscription) -> Self {
        Self {
            sees: state.sees(),
            is_seen: state.is_seen(),
            asks: state.is_asking(),
            is_asked: state.is_asked(),
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let all = [Act::Subscribe, Act::Subscribed, Act::Unsubscribe, Act::Unsubscribed];
    proptest::sample::select(all.to_vec())
}

/// One user with its server: says and hears. Returns what goes to the other.
fn say(state: &mut Subscription, act: Act) -> Vec<Act> {
    let outcome = state.outbound(act);
    *state = outcome.state;
    if outcome.pass { vec![act] } else { Vec::new() }
}

fn hear(state: &mut Subscription, act: Act) -> Vec<Act> {
    let outcome = state.inbound(act);
    *state = outcome.state;
    if outcome.accept { vec![Act::Subscribed] } else { Vec::new() }
}

proptest! {
    #[test]
    fn nine_states_are_four_facts(
        acts in proptest::collection::vec((any::<bool>(), act()), 1..40)
    ) {
        let (mut state, mut side) = (Subscription::None, Side::default());
        for (sends, act) in acts {
            let (outcome, fate) = if sends {
                (state.outbound(act), side.sends(act))
            } else {
                (state.inbound(act), side.hears(act))
            };
            state = outcome.state;
            prop_assert_eq!(Side::of(state), side, "{:?}", act);
            let expected = (fate == Fate::Goes, fate == Fate::Accepted);
            prop_assert_eq!((outcome.pass, outcome.accept), expected, "{:?}", act);
        }
    }

    #[test]
    fn two_servers_that_hear_each_other_agree(
        acts in proptest::collection::vec((any::<bool>(), act()), 1..40)
    ) {
        let (mut ann, mut bob) = (Subscription::None, Subscription::None);
        for (by_ann, act) in acts {
            let (one, other) = if by_ann { (&mut ann, &mut bob) } else { (&mut bob, &mut ann) };
            for said in say(one, act) {
                for answer in hear(other, said) {
                    hear(one, answer);
                }
            }
            let (a, b) = (Side::of(ann), Side::of(bob));
            prop_assert_eq!((a.sees, a.asks), (b.is_seen, b.is_asked));
            prop_assert_eq!((b.sees, b.asks), (a.is_seen, a.is_asked));
        }
    }
}
