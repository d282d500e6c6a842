//! XEP-0050: Ad-Hoc Commands, for sessions of the household: the server's own, at the bare domain, and
//! residents', at theirs.
//!
//! | module | holds |
//! | --- | --- |
//! | `frame` | the feature: listing commands, and carrying them out |
//! | `sessions` | commands that are being carried out, bounded, and those that were |
//! | `list` | which commands there are at which address |
//! | `administration` | XEP-0133: what owners may do to accounts |
//! | `push_test` | whether one's phones can be woken |

mod administration;
pub(crate) mod frame;
mod list;
mod push_test;
mod sessions;

use crate::feature::Spec;

/// The lines of the compliance document that have no iq namespace of their own.
pub(crate) const SPECS: [Spec; 5] = [
    Spec::xep(
        "XEP-0004",
        "Data Forms",
        "2.13.2",
        "asking, telling, tables; submissions are checked",
    ),
    Spec::xep("XEP-0068", "Field Standardization for Data Forms", "1.3.0", ""),
    Spec::xep(
        "XEP-0122",
        "Data Forms Validation",
        "1.0.2",
        "all methods, the datatypes of section 8.3",
    ),
    Spec::xep(
        "XEP-0221",
        "Data Forms Media Element",
        "1.0",
        "written and read; no command needs one yet",
    ),
    administration::SPEC,
];
