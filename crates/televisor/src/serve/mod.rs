//! `televisor serve`: the receiver, wired.
//!
//! | module | holds |
//! | --- | --- |
//! | [`mod@run`] | from the command line to `ready`, and down again on a signal |
//! | [`assembly`] | which part is given to which |
//! | [`chat`] | the parts that talk, put together |
//! | [`accounts`] | paired devices as the XMPP server's accounts |
//! | [`ledger`] | paired devices as pairing keeps them |
//! | [`talk`] | chat in, answers out, for whoever is talking |
//! | [`away`] | the ways to the world, and people's own accounts there |
//! | [`nearby`] | the receiver among its neighbours, without any server |
//! | [`resident`] | the receiver's own address: chat in, answers out |
//! | [`presence`] | what the receiver is doing, and its vCard |
//! | [`commands`] | the same verbs as commands with forms |
//! | [`controls`] | what can be switched from a chat |
//! | [`answers`] | the control socket's answers |
//! | [`backup`] | a copy of what is kept, while it is in use |
//! | [`certificates`] | the TLS identity, in the XMPP server's words |
//! | [`names`] | the receiver's names and aliases, as the link has left them |
//! | [`screen`] | the receiver's display: terminal, page, command |
//! | [`placard`] | the invitation on the screen |
//! | [`web`] | the web port, and what is served there |
//! | [`voice`] | speaking without being asked: to devices, accounts, and on the screen |
//! | [`notices`] | telling the household what happened without being asked |
//! | [`files`] | files that people upload |
//! | [`household`] | whose certificate is whose |
//! | [`lock`] | one receiver per data folder |

mod accounts;
mod answers;
mod assembly;
mod away;
mod backup;
mod certificates;
mod chat;
mod commands;
mod controls;
mod files;
mod household;
mod ledger;
mod lock;
mod names;
mod nearby;
mod notices;
mod placard;
mod presence;
mod resident;
mod run;
mod screen;
mod talk;
mod voice;
mod web;

pub(crate) use away::link::blocks;
pub(crate) use away::report::ExternalJson;
pub(crate) use run::run;
