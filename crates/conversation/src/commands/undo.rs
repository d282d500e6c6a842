//! Taking back what was done last; an open question is dropped instead.

use televisor_model::Timer;
use televisor_receiver::{Command, Error, permission};

use super::cancel::describe;
use super::turn::{Outcome, Turn};
use crate::answer::Reply;
use crate::memory::Effect;

/// Answers it.
pub(super) async fn answer(turn: &mut Turn<'_>) -> Outcome {
    if turn.state.take_question(turn.at()).is_some() {
        return Ok(Reply::line("All right, forgotten: nothing was done."));
    }
    let done = turn.state.done(turn.at()).to_vec();
    if done.is_empty() {
        return Ok(Reply::line("There is nothing to undo."));
    }
    permission::check(turn.actor, Command::Record)?;
    let lines = take_back(turn, &done).await;
    let mut lines = lines.into_iter();
    let head = lines.next().unwrap_or_else(|| "Undone.".to_owned());
    Ok(Reply::list(head, lines.collect()))
}

/// Takes back effects, the last first; says what became of each.
pub(crate) async fn take_back(turn: &mut Turn<'_>, effects: &[Effect]) -> Vec<String> {
    let mut lines = Vec::new();
    for effect in effects.iter().rev() {
        let line = match reverse(turn, effect).await {
            Ok(line) => line,
            Err(error) => super::refusal::words(&error, turn.actor).head,
        };
        lines.push(line);
    }
    lines
}

/// Finishes a correction: when something else was set now, takes back the timers `old` that the
/// message before had made.
pub(super) async fn replace(
    turn: &mut Turn<'_>,
    old: &[Effect],
    reply: Reply,
) -> Result<Reply, Error> {
    let set_anew = turn.effects.iter().any(|effect| matches!(effect, Effect::Made(_)));
    if old.is_empty() || !set_anew {
        return Ok(reply);
    }
    for effect in old {
        reverse(turn, effect).await?;
    }
    Ok(reply.with_tail("The other one is cancelled."))
}

async fn reverse(turn: &mut Turn<'_>, effect: &Effect) -> Result<String, Error> {
    match effect {
        Effect::Made(id) => {
            let timer = turn.receiver.cancel_timer(turn.actor, *id).await?;
            turn.effects.push(Effect::Cancelled(*id));
            Ok(format!("Undone: {} will not be recorded.", describe(turn, &timer)))
        }
        Effect::Cancelled(id) => {
            let timer: Timer = turn.receiver.restore_timer(turn.actor, *id).await?;
            turn.effects.push(Effect::Made(*id));
            Ok(format!("Undone: will record {} after all.", describe(turn, &timer)))
        }
        Effect::Padded(id, old) => {
            let held = turn.receiver.timers().into_iter().find(|timer| timer.id == *id);
            let timer = turn.receiver.set_padding(turn.actor, *id, *old).await?;
            turn.effects.extend(held.map(|held| Effect::Padded(*id, held.padding)));
            Ok(format!("Undone: {} has its former extra time again.", describe(turn, &timer)))
        }
        Effect::Invited(jid) => {
            turn.receiver.revoke(turn.actor, jid).await?;
            Ok(format!("Undone: the invitation of {jid} is taken back."))
        }
        Effect::Final(what) => Ok(format!("{what} cannot be undone.")),
    }
}
