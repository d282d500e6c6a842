//! Who somebody on another server is to the one addressed. Strangers learn nothing: whatever they
//! ask, and of whomever, they get the same answer after the same look-ups.

use televisor_store::Error;
use televisor_xmpp::jid::Jid;

use crate::context::Context;
use crate::delivery::place::Place;
use crate::subscription::Subscription;

/// How the one addressed stands to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// The subscription, if the roster of the one addressed holds the sender's bare address.
    pub(crate) subscription: Option<Subscription>,
    /// Whether the resource addressed has shown itself to the sender by directed presence, as one
    /// does on entering a room.
    pub(crate) shown: bool,
    /// Whether the one addressed wanted to know the sender. A request that nobody granted is the
    /// sender's own doing, and makes no contact of a stranger.
    pub(crate) known: bool,
}

impl Standing {
    /// Finds out; `to` leads to `place`.
    pub(crate) async fn of(
        context: &Context,
        place: &Place,
        from: &Jid,
        to: &Jid,
    ) -> Result<Self, Error> {
        // Also for an account there is not: that is not to be told from the time an answer takes.
        let localpart = match to.localpart() {
            Some(localpart) => localpart,
            None => context.resident_for_domain().map_or("", |resident| resident.localpart()),
        };
        let bare = from.bare().to_string();
        let held = context.memory().standings.of(context.store(), localpart, &bare).await?;
        let shown = to.to_full().is_some_and(|full| {
            let session = context.router().session(&full);
            session.is_some_and(|s| s.directed.iter().any(|shown| bare_of(shown) == bare))
        });
        if *place == Place::Nobody {
            return Ok(Self::default());
        }
        let wanted = held.is_some_and(|held| held.wanted);
        let subscription = held.map(|held| held.state);
        Ok(Self { subscription, shown, known: wanted || shown })
    }

    /// Whether the sender may know that the one addressed is there.
    pub(crate) fn is_seen(&self) -> bool {
        self.shown || self.subscription.is_some_and(Subscription::is_seen)
    }

    /// Whether the one addressed sees the sender's presence by its roster.
    pub(crate) fn is_subscribed(&self) -> bool {
        self.subscription.is_some_and(Subscription::sees)
    }

    /// Whether the one addressed wants to know that the sender is there.
    pub(crate) fn sees(&self) -> bool {
        self.shown || self.subscription.is_some_and(Subscription::sees)
    }
}

/// Returns an address without its resource.
pub(crate) fn bare_of(address: &str) -> &str {
    address.split_once('/').map_or(address, |(bare, _)| bare)
}
