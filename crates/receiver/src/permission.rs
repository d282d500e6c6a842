//! Who may do what: one matrix of role, tier and command.
//!
//! Who has not shown who they are may look at what is on now and next. A guest asks; a member also records; an owner also decides who belongs to the household. The
//! basic tier, which is no more than an eight-digit code once shown on a screen, lets nobody else
//! in, throws nobody out, and deletes nothing in bulk.

use televisor_model::{Actor, Role, Tier};

use crate::Error;

/// Everything that an actor may ask to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Look at what is on now and next.
    Look,
    /// Ask what is on, what is set, and how things stand.
    Ask,
    /// Play something on the receiver or fetch a recording.
    Play,
    /// Set a timer, take one back, or change its padding.
    Record,
    /// Delete one recording.
    Delete,
    /// Delete many recordings at once.
    DeleteMany,
    /// Un-pair the device, or end the access of the account, that is asking.
    ForgetSelf,
    /// Open the pairing window.
    Pair,
    /// Un-pair another device, or end another account's access.
    Forget,
    /// Invite somebody's own account elsewhere.
    Invite,
    /// Rename the receiver, change a role, or make an account elsewhere an owner.
    Administer,
}

impl Command {
    /// Every command there is.
    pub const ALL: [Self; 11] = [
        Self::Look,
        Self::Ask,
        Self::Play,
        Self::Record,
        Self::Delete,
        Self::DeleteMany,
        Self::ForgetSelf,
        Self::Pair,
        Self::Forget,
        Self::Invite,
        Self::Administer,
    ];

    /// Returns the least role and tier that may give it.
    #[must_use]
    pub fn needs(self) -> (Role, Tier) {
        match self {
            Self::Look | Self::Ask | Self::ForgetSelf => (Role::Guest, Tier::Basic),
            Self::Play | Self::Record | Self::Delete => (Role::Member, Tier::Basic),
            Self::DeleteMany | Self::Invite => (Role::Member, Tier::Full),
            // An owner's word opens the window (R1); the code then shows on the screen alone.
            Self::Pair => (Role::Owner, Tier::Basic),
            Self::Forget | Self::Administer => (Role::Owner, Tier::Full),
        }
    }

    /// Returns what it is, to be put after "may not".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Look => "ask what is on",
            Self::Ask => "ask questions",
            Self::Play => "play anything",
            Self::Record => "record or cancel anything",
            Self::Delete => "delete a recording",
            Self::DeleteMany => "delete many recordings at once",
            Self::ForgetSelf => "un-pair itself",
            Self::Pair => "pair a device",
            Self::Forget => "un-pair another device or account",
            Self::Invite => "invite anybody",
            Self::Administer => "change roles or the receiver's settings",
        }
    }
}

/// Returns whether somebody of that role and tier may give the command.
#[must_use]
pub fn allows(role: Role, tier: Tier, command: Command) -> bool {
    let (least_role, least_tier) = command.needs();
    role >= least_role && (tier == Tier::Full || least_tier == Tier::Basic)
}

/// Returns whether somebody who has not shown who they are may give the command.
#[must_use]
pub fn is_for_everybody(command: Command) -> bool {
    command == Command::Look
}

/// Lets the actor's command pass or not.
///
/// # Errors
/// [`Error::NotAllowed`] with what would be needed.
pub fn check(actor: &Actor, command: Command) -> Result<(), Error> {
    let belongs = !actor.is_passerby() || is_for_everybody(command);
    if belongs && allows(actor.role, actor.tier, command) {
        return Ok(());
    }
    let (role, tier) = command.needs();
    Err(Error::NotAllowed { command, role, tier })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole matrix, one line per command: who has not shown who they are; then guest, member,
    /// owner, basic then full of each.
    #[test]
    fn the_matrix_is_exactly_this() {
        let table = [
            (Command::Look, "y yy yy yy"),
            (Command::Ask, "n yy yy yy"),
            (Command::Play, "n nn yy yy"),
            (Command::Record, "n nn yy yy"),
            (Command::Delete, "n nn yy yy"),
            (Command::DeleteMany, "n nn ny ny"),
            (Command::ForgetSelf, "n yy yy yy"),
            (Command::Pair, "n nn nn yy"),
            (Command::Forget, "n nn nn ny"),
            (Command::Invite, "n nn ny ny"),
            (Command::Administer, "n nn nn ny"),
        ];
        assert_eq!(table.map(|(command, _)| command), Command::ALL);
        for (command, row) in table {
            let cells = [Role::Guest, Role::Member, Role::Owner].map(|role| {
                [Tier::Basic, Tier::Full]
                    .map(|tier| if allows(role, tier, command) { "y" } else { "n" })
                    .concat()
            });
            let passerby = check(&Actor::passerby("eve@laptop"), command).is_ok();
            let row_of_it = format!("{} {}", if passerby { "y" } else { "n" }, cells.join(" "));
            assert_eq!(row_of_it, row, "{command:?}");
        }
    }

    #[test]
    fn the_console_may_do_everything() {
        for command in Command::ALL {
            assert!(check(&Actor::console(), command).is_ok());
        }
    }

    #[test]
    fn a_role_and_a_tier_make_no_passerby_one_of_the_household() {
        let loud = Actor { role: Role::Owner, tier: Tier::Full, ..Actor::passerby("dan@phone") };
        for command in Command::ALL {
            assert_eq!(check(&loud, command).is_ok(), command == Command::Look, "{command:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_would_be_needed() {
        let guest = Actor { role: Role::Guest, ..Actor::console() };
        let refused = check(&guest, Command::Forget);
        assert!(matches!(
            refused,
            Err(Error::NotAllowed {
                command: Command::Forget,
                role: Role::Owner,
                tier: Tier::Full
            })
        ));
    }
}
