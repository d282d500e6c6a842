//! Which commands there are at which address: the explicit list, and what residents bring.

use std::sync::Arc;

use crate::command::{Command, Requester};
use crate::context::Context;
use crate::feature::Target;
use crate::features::commands::administration;
use crate::features::commands::push_test::TestPush;

/// A command, the server's own or a resident's.
pub(super) enum Listed {
    Own(&'static dyn Command),
    Brought(Arc<dyn Command>),
}

impl Listed {
    pub(super) fn command(&self) -> &dyn Command {
        match self {
            Self::Own(command) => *command,
            Self::Brought(command) => &**command,
        }
    }
}

/// Returns the address that stands for the target in lists, if there are commands at it.
pub(super) fn address(context: &Context, target: &Target) -> Option<String> {
    match target {
        Target::Server => Some(context.domain().to_owned()),
        Target::Resident(localpart) => Some(context.address(localpart)),
        Target::Own | Target::Account(_) => None,
    }
}

/// Returns every command at an address, whoever may carry it out.
pub(super) fn all(context: &Context, target: &Target) -> Vec<Listed> {
    let resident = match target {
        Target::Server => context.resident_for_domain(),
        Target::Resident(localpart) => context.resident(localpart),
        Target::Own | Target::Account(_) => None,
    };
    let brought = resident.into_iter().flat_map(|resident| resident.commands());
    let own: [&'static dyn Command; 1] = [&TestPush];
    let own = own.into_iter().chain(administration::COMMANDS);
    let own = own.filter(|_| *target == Target::Server);
    brought.map(Listed::Brought).chain(own.map(Listed::Own)).collect()
}

/// Returns the commands that somebody may carry out.
pub(super) fn permitted(context: &Context, target: &Target, who: &Requester) -> Vec<Listed> {
    let mut commands = all(context, target);
    commands.retain(|listed| listed.command().may(context, who));
    commands
}

/// Finds a command by its node.
pub(super) fn find(context: &Context, target: &Target, node: &str) -> Option<Listed> {
    all(context, target).into_iter().find(|listed| listed.command().node() == node)
}
