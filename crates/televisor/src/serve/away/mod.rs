//! Away from home: the ways to the world, and what becomes of people's own accounts there.
//!
//! | module | holds |
//! | --- | --- |
//! | [`ways`] | federation, component, uplink: sending, and how one stands to whom |
//! | [`people`] | what becomes of what arrives, by whichever way: one code path |
//! | [`strangers`] | saying something seldom, in bounded memory |
//! | [`steward`] | what follows when the household invites, allows or revokes |
//! | [`address`] | under which name the world knows the receiver, and when that may change |
//! | [`uplink`] | the ordinary account that the receiver logs in to |
//! | [`link`] | invitations as links and QR codes |
//! | [`report`] | how that stands, as JSON and in sentences |

pub(super) mod address;
pub(super) mod link;
pub(super) mod people;
pub(super) mod report;
pub(super) mod steward;
pub(super) mod strangers;
pub(super) mod uplink;
pub(super) mod ways;
