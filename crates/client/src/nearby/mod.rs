//! Devices beside each other: who is on this link, and talking to them (XEP-0174), with or without a
//! receiver.
//!
//! ```no_run
//! use televisor_client::{Nearby, NearbyOptions, To};
//! # async fn example() -> Result<(), televisor_client::Error> {
//! let (nearby, mut arrivals) = Nearby::start(NearbyOptions::named("joe", "laptop")).await?;
//! for peer in nearby.peers() {
//!     nearby.say(&To::Peer(peer.name), "hello").await?;
//! }
//! while let Some(arrival) = arrivals.recv().await {
//!     println!("{arrival:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing on the link proves who a peer is but its certificate: [`To::Peer`] speaks to a name,
//! whoever has it, [`To::Device`] only to the device of the household that it names, through the
//! receiver where that is there, over the link where it is not.
//!
//! | module | holds |
//! | --- | --- |
//! | `options` | who to be, and how |
//! | `handle` | what the owner holds: peers, sending, asking |
//! | `route` | by which way something goes |
//! | `arrivals` | what comes in, by whichever way |

mod arrivals;
mod handle;
mod options;
mod route;

pub use arrivals::Arrival;
pub use handle::Nearby;
pub use options::NearbyOptions;
pub use route::{Delivery, To, Way};
