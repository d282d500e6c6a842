//! XMLTV guides (<https://wiki.xmltv.org/index.php/XMLTVFormat>), read as a stream.
//!
//! | module | holds |
//! | --- | --- |
//! | [`reader`] | the reader: one channel or programme at a time, limits |
//! | [`programme`] | one `<programme>` element |
//! | [`episode`] | `<episode-num>` in its several systems |
//! | [`time`] | `20261125223000 +0000` |

pub mod episode;
pub mod programme;
pub mod reader;
pub mod time;

pub use programme::Entry;
pub use reader::{Channel, Error, Item, Reader};
