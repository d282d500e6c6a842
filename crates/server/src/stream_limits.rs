//! XEP-0478: the limits that are really kept, said in the features before and after authentication.
//!
//! Left out: saying them to other servers.

use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::features;

use crate::config::Limits;

/// Returns what a stream may be before anybody is authenticated. Silence is counted together with
/// everything else that takes time then.
pub(crate) fn before(limits: &Limits) -> Element {
    features::limits(limits.bytes_before, whole(limits.negotiation))
}

/// Returns what a session may be.
pub(crate) fn after(limits: &Limits) -> Element {
    features::limits(limits.bytes_after, whole(limits.idle))
}

/// Less than a second cannot be said, and none would mean at once.
fn whole(time: Duration) -> Duration {
    time.max(Duration::from_secs(1))
}
