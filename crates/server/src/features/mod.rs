//! One feature, one file, named as its specification names it. The list is in `registry.rs`.

pub(crate) mod carbons;
pub(crate) mod certificates;
pub(crate) mod disco_info;
pub(crate) mod disco_items;
pub(crate) mod ping;
pub(crate) mod roster;
pub(crate) mod time;
pub(crate) mod vcard;
pub(crate) mod version;
