//! The SDK for secondary devices: find a receiver, pair with it, log in, talk.
//!
//! ```no_run
//! use televisor_client::{Options, ProfileStore, Session};
//! # async fn example() -> Result<(), televisor_client::Error> {
//! let store = ProfileStore::new("/home/joe/.config/televisor/receivers");
//! let profile = store.find(Some("Test Set-top Box"))?;
//! let session = Session::connect(profile, Options::keeping(store)).await?;
//! println!("{}", session.say("what is on?").await?);
//! session.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`mod@find`] | receivers on this network, and which of them this device is paired with |
//! | [`mod@pair`] | pairing, ending with a profile on disk |
//! | [`identity`] | the certificate that this device shows on the link |
//! | [`pins`] | whose certificate is whose, as the receivers have told |
//! | [`profile`] | what a device keeps of each pairing |
//! | [`session`] | a login that lasts: reconnection, chat, requests, roster |
//! | [`nearby`] | who is on this link, and talking to them without any receiver |
//! | [`answers`] | what a device answers to others |
//! | [`roster`] | the household, as the server's roster tells it |
//! | [`vcard`] | keeping the server-held vCard in step |
//! | [`facts`] | what the device knows locally |
//! | [`error`] | what can go wrong |

pub mod answers;
mod connect;
pub mod error;
pub mod facts;
pub mod find;
mod household;
pub mod identity;
mod login;
pub mod nearby;
pub mod pair;
mod pin;
pub mod pins;
pub mod profile;
pub mod roster;
mod sasl;
pub mod session;
mod stream;
pub mod vcard;

pub use answers::{Answers, Asked, Responder};
pub use connect::{Connect, Connecting, Io};
pub use error::Error;
pub use facts::{Facts, Picture};
pub use find::{Sighting, find};
pub use identity::Identity;
pub use nearby::{Arrival, Delivery, Nearby, NearbyOptions, To, Way};
pub use pair::{Answer, Pairing, pair, pair_at};
pub use pins::HouseholdPins;
pub use profile::{Profile, ProfileStore, Secret};
pub use roster::{Roster, RosterItem};
pub use session::{Incoming, Message, Options, Session, State};
pub use televisor_serverless::{
    Availability, Change, Credentials, Me, Owner, Peer, PeerName, Pins, Presence,
};
