//! The configuration file: TOML, everything optional, one table per crate, unknown keys refused.

mod archive;
mod check;
mod duration;
mod load;
mod root;

pub(crate) use duration::parse as parse_duration;
pub(crate) use load::{Loaded, load};
pub(crate) use root::Config;
