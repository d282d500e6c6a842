//! One feature, one file, named as its specification names it. The list is in `registry.rs`.

pub(crate) mod archive;
pub(crate) mod archive_preferences;
pub(crate) mod bind;
pub(crate) mod blocking;
pub(crate) mod caps;
pub(crate) mod carbons;
pub(crate) mod certificates;
pub(crate) mod client_access;
pub(crate) mod commands;
pub(crate) mod contact_addresses;
pub(crate) mod disco_info;
pub(crate) mod disco_items;
pub(crate) mod http_upload;
pub(crate) mod last_activity;
pub(crate) mod ping;
pub(crate) mod private;
pub(crate) mod pubsub;
pub(crate) mod pubsub_owner;
pub(crate) mod push;
pub(crate) mod roster;
pub(crate) mod time;
pub(crate) mod vcard;
pub(crate) mod vcard4;
pub(crate) mod version;
