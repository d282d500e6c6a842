//! How much one account may keep. A household's clients need a few dozen nodes, one of them with an
//! item for each conversation; avatars are the large items.

/// Nodes of one account.
pub(crate) const NODES: usize = 256;

/// Items of one node: an item for each conversation and each room fits.
pub(crate) const ITEMS: usize = 1000;

/// Bytes of one item: a picture of 128 KiB in base64.
pub(crate) const ITEM_BYTES: usize = 192 * 1024;

/// Bytes of all items of one account.
pub(crate) const ACCOUNT_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of the name of a node or item, and of each text in a configuration.
pub(crate) const TEXT: usize = 1023;

/// Explicit subscriptions to one node.
pub(crate) const SUBSCRIPTIONS: usize = 256;

/// Affiliations with one node.
pub(crate) const AFFILIATIONS: usize = 256;
