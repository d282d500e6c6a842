//! MPEG transport streams (ISO/IEC 13818-1).
//!
//! | module | holds |
//! | --- | --- |
//! | [`packet`] | a view of one packet: PID, continuity, PCR, PES clocks, and changing them |
//! | [`align`] | finding packet borders in a stream of bytes |
//! | [`discontinuity`] | packets that mark a gap |
//! | [`pace`] | when a packet is due, from the PCR |
//! | [`restamp`] | an endless, seamless loop of one clip |
//! | [`psi`] | PAT, PMT and SDT: PCR PID and service names |

pub mod align;
pub mod discontinuity;
pub mod pace;
pub mod packet;
pub mod psi;
pub mod restamp;

pub use align::Aligner;
pub use discontinuity::{Watcher, discontinuity_packet};
pub use pace::Pacer;
pub use packet::{PACKET_LEN, Packet, PacketMut, Pid};
pub use psi::{Service, Tables};
pub use restamp::{ClipError, Restamper};
