//! What people can write to the receiver, as commands with forms (XEP-0050), for whoever would rather
//! choose than type. They do and answer the same.
//!
//! | module | holds |
//! | --- | --- |
//! | [`table`] | every verb: its form, and the sentence or the deed that comes of it |
//! | [`verb`] | a verb as a command: who may, and its steps |
//! | [`forms`] | what is asked |
//! | [`lists`] | what is told as a table |

mod forms;
mod lists;
mod table;
mod verb;

pub(super) use verb::{House, commands};
