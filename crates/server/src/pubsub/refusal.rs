//! XEP-0060: why a request is refused, each case with the condition and the `pubsub#errors` child
//! that the document gives it.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::ns;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is not one (section 5 to 8, wherever XML does not fit).
    BadRequest,
    /// Whoever asks may not do that.
    Forbidden,
    /// There is no such node, or no such item to retract.
    NotFound,
    /// A node of that name is there already (section 8.1.1).
    NodeExists,
    /// The form has a value that no node can have (section 8.2.5.2).
    NotAcceptable,
    /// The access model is none of those there are (section 8.1.2).
    AccessModel,
    /// No node is named (sections 7.2.3.3 and 8.2.3.3).
    NodeRequired,
    /// No item is named (section 7.2.3.4), or none is published where there must be one.
    ItemRequired,
    /// The item has no payload, and the node's have one (section 7.1.3.6).
    PayloadRequired,
    /// An item is published to a node that only notifies (section 7.1.3.6).
    ItemForbidden,
    /// More than one payload, or one of another namespace than the node's (section 7.1.3.5).
    InvalidPayload,
    /// The payload is larger than the node, or the service, takes (section 7.1.3.4).
    PayloadTooBig,
    /// More than one item is published at once.
    ItemsExceeded,
    /// The account has as many nodes as there may be.
    NodesExceeded,
    /// The account keeps as much as it may.
    Full,
    /// The node is not as the publisher wants it (section 7.1.5).
    Precondition,
    /// Publishing options that are no form of theirs.
    InvalidOptions,
    /// The node keeps no items (sections 6.5.9.4, 7.2.3.5 and 8.5.3.3).
    NotPersistent,
    /// The node takes no subscriptions (section 6.1.3.10).
    NoSubscriptions,
    /// Nobody is named who is to be subscribed.
    JidRequired,
    /// Somebody else is to be subscribed (section 6.1.3.1).
    InvalidJid,
    /// The node is for those who see the owner's presence (section 6.1.3.2).
    PresenceRequired,
    /// The node is for groups of the owner's roster (section 6.1.3.3).
    NotInGroup,
    /// The node is for those on its list (section 6.1.3.4).
    Closed,
    /// The owner has not decided yet (section 6.1.3.7).
    Pending,
    /// There are too many subscriptions already (section 6.1.3.9).
    TooManySubscriptions,
    /// Items are for subscribers (section 6.5.9.3).
    SubscribersOnly,
    /// Whoever is to be unsubscribed is not subscribed (section 6.2.3.2).
    NotSubscribed,
    /// Subscriptions have no options here (section 6.3.1).
    NoOptions,
    /// Items are only found by their ids, a number or a page (XEP-0059 section 2.7).
    NoSuchPage,
}

impl Refusal {
    /// Returns the condition, and the element that says more.
    const fn parts(self) -> (Condition, Option<&'static str>) {
        use Condition as C;
        match self {
            Self::BadRequest => (C::BadRequest, None),
            Self::Forbidden => (C::Forbidden, None),
            Self::NotFound | Self::NoSuchPage => (C::ItemNotFound, None),
            Self::NodeExists => (C::Conflict, None),
            Self::NotAcceptable => (C::NotAcceptable, None),
            Self::AccessModel => (C::NotAcceptable, Some("unsupported-access-model")),
            Self::NodeRequired => (C::BadRequest, Some("nodeid-required")),
            Self::ItemRequired => (C::BadRequest, Some("item-required")),
            Self::PayloadRequired => (C::BadRequest, Some("payload-required")),
            Self::ItemForbidden => (C::BadRequest, Some("item-forbidden")),
            Self::InvalidPayload => (C::BadRequest, Some("invalid-payload")),
            Self::PayloadTooBig => (C::NotAcceptable, Some("payload-too-big")),
            Self::ItemsExceeded => (C::BadRequest, Some("max-items-exceeded")),
            Self::NodesExceeded => (C::ResourceConstraint, Some("max-nodes-exceeded")),
            Self::Full => (C::ResourceConstraint, None),
            Self::Precondition => (C::Conflict, Some("precondition-not-met")),
            Self::InvalidOptions => (C::BadRequest, Some("invalid-options")),
            Self::NotPersistent => (C::FeatureNotImplemented, Some("persistent-items")),
            Self::NoSubscriptions => (C::FeatureNotImplemented, Some("subscribe")),
            Self::NoOptions => (C::FeatureNotImplemented, Some("subscription-options")),
            Self::JidRequired => (C::BadRequest, Some("jid-required")),
            Self::InvalidJid => (C::BadRequest, Some("invalid-jid")),
            Self::PresenceRequired => (C::NotAuthorized, Some("presence-subscription-required")),
            Self::NotInGroup => (C::NotAuthorized, Some("not-in-roster-group")),
            Self::Closed => (C::NotAllowed, Some("closed-node")),
            Self::Pending => (C::NotAuthorized, Some("pending-subscription")),
            Self::TooManySubscriptions => (C::PolicyViolation, Some("too-many-subscriptions")),
            Self::SubscribersOnly => (C::NotAuthorized, Some("not-subscribed")),
            Self::NotSubscribed => (C::UnexpectedRequest, Some("not-subscribed")),
        }
    }
}

impl From<Refusal> for StanzaError {
    fn from(refusal: Refusal) -> Self {
        let (condition, more) = refusal.parts();
        let mut error = Self::new(condition);
        // The kinds that the document's examples have, where they are not the usual ones.
        if refusal == Refusal::NotSubscribed {
            error = error.with_kind(ErrorKind::Cancel);
        } else if refusal == Refusal::TooManySubscriptions {
            error = error.with_kind(ErrorKind::Wait);
        }
        let Some(more) = more else { return error };
        let missing = condition == Condition::FeatureNotImplemented;
        error.with_application(if missing {
            Element::builder("unsupported", ns::PUBSUB_ERRORS).attr("feature", more).build()
        } else {
            Element::new(more, ns::PUBSUB_ERRORS)
        })
    }
}
