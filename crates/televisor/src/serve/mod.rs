//! `televisor serve`: the receiver, wired.
//!
//! | module | holds |
//! | --- | --- |
//! | [`mod@run`] | from the command line to `ready`, and down again on a signal |
//! | [`assembly`] | which part is given to which |
//! | [`accounts`] | paired devices as the XMPP server's accounts |
//! | [`ledger`] | paired devices as pairing keeps them |
//! | [`resident`] | the receiver's own address: chat in, answers out |
//! | [`presence`] | what the receiver is doing, and its vCard |
//! | [`controls`] | what can be switched from a chat |
//! | [`answers`] | the control socket's answers |
//! | [`certificates`] | the TLS identity, in the XMPP server's words |
//! | [`names`] | the receiver's names and aliases, as the link has left them |
//! | [`screen`] | the receiver's display: terminal, page, command |
//! | [`notices`] | telling the household what happened without being asked |
//! | [`lock`] | one receiver per data folder |

mod accounts;
mod answers;
mod assembly;
mod certificates;
mod controls;
mod ledger;
mod lock;
mod names;
mod notices;
mod presence;
mod resident;
mod run;
mod screen;

pub(crate) use run::run;
