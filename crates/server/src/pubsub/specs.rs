//! The documents about particular nodes, and about ways to use nodes.

use crate::feature::Spec;

/// One line each, for the compliance document.
pub(crate) const PUBLISHED: [Spec; 9] = [
    Spec::xep("XEP-0048", "Bookmarks", "1.2", "as a node, and in private storage; see XEP-0402"),
    Spec::xep("XEP-0059", "Result Set Management", "1.0", "of the items of a node"),
    Spec::xep("XEP-0084", "User Avatar", "1.1.4", "accounts', and residents'"),
    Spec::xep("XEP-0172", "User Nickname", "1.1", "as a node; passed on in messages and presence"),
    Spec::xep("XEP-0222", "Persistent Storage of Public Data", "1.0", "by publishing options"),
    Spec::xep("XEP-0223", "Persistent Storage of Private Data", "1.1.1", "by publishing options"),
    Spec::xep(
        "XEP-0398",
        "User Avatar to vCard-Based Avatars Conversion",
        "1.0.0",
        "both ways, for avatars that all contacts may see",
    ),
    Spec::xep(
        "XEP-0402",
        "PEP Native Bookmarks",
        "1.2.0",
        "private by default; both older places are kept the same",
    ),
    Spec::xep("XEP-0490", "Message Displayed Synchronization", "1.0.1", "with server assistance"),
];
