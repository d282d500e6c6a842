//! Opening the pairing window. The code shows on the screen and nowhere else.

use televisor_receiver::{Command, permission};

use super::turn::{Outcome, Turn};
use crate::answer::Reply;

/// Answers it.
pub(super) async fn answer(turn: &mut Turn<'_>) -> Outcome {
    permission::check(turn.actor, Command::Pair)?;
    let name = turn.receiver.identity().name();
    Ok(match turn.controls.open_pairing().await {
        Ok(()) => Reply::line(format!(
            "Pairing is open for a few minutes. On the new device choose \"{name}\", then type the code \
             that the television shows. Never send the code by chat."
        )),
        Err(why) => Reply::line(format!("Pairing could not be opened: {why}.")),
    })
}
