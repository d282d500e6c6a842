//! Un-pairing a device: asks, then does it.

use televisor_model::{Device, DeviceId};
use televisor_receiver::{Command, permission};

use super::accounts;
use super::showings::names;
use super::turn::{Outcome, Turn};
use crate::answer::Reply;
use crate::memory::{Effect, Item, Question};
use crate::words::{Word, number, spoken};

/// Answers it.
pub(super) fn answer(turn: &mut Turn<'_>, name: &[Word]) -> Outcome {
    permission::check(turn.actor, Command::ForgetSelf)?;
    let devices = turn.receiver.devices();
    let contact = turn.actor.contact().map(str::to_owned);
    let own = matches!(name, [me] if matches!(me.key.as_str(), "me" | "myself"))
        || spoken(name).eq_ignore_ascii_case("this device");
    if own && let Some(jid) = contact {
        return Ok(accounts::ask_to_leave(turn, jid));
    }
    let found: Vec<Device> = if own {
        devices.into_iter().filter(|device| Some(device.id) == turn.actor.device()).collect()
    } else if let [only] = name
        && let Some(Item::Device(id)) =
            number(&only.key).and_then(|n| turn.state.item(n, turn.at()))
    {
        devices.into_iter().filter(|device| device.id == id).collect()
    } else {
        best(devices, name)
    };
    match found.as_slice() {
        [only] => {
            if turn.actor.device() != Some(only.id) {
                permission::check(turn.actor, Command::Forget)?;
            }
            Ok(ask(turn, only.id))
        }
        [] => Ok(Reply::line(if name.is_empty() {
            "Forget which device? DEVICES lists them.".to_owned()
        } else {
            format!("No device is called \"{}\". DEVICES lists them.", spoken(name))
        })),
        many => {
            permission::check(turn.actor, Command::Forget)?;
            turn.state.list(many.iter().map(|device| Item::Device(device.id)).collect(), turn.at());
            turn.state.ask(Question::Forget, turn.at());
            let lines = many.iter().enumerate().map(|(n, d)| format!("{} \"{}\"", n + 1, d.name));
            Ok(Reply::list("Which one? Reply with a number:", lines.collect()))
        }
    }
}

fn best(devices: Vec<Device>, name: &[Word]) -> Vec<Device> {
    let scored: Vec<(f64, Device)> =
        devices.into_iter().map(|device| (names(name, &device.name), device)).collect();
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    let near = |score: f64| best >= 0.62 && score > best - 0.05;
    scored.into_iter().filter(|(score, _)| near(*score)).map(|(_, device)| device).collect()
}

/// Asks whether to un-pair this one.
pub(super) fn ask(turn: &mut Turn<'_>, id: DeviceId) -> Reply {
    let devices = turn.receiver.devices();
    let Some(device) = devices.iter().find(|device| device.id == id) else {
        return Reply::line("That device is not paired any more.");
    };
    turn.state.ask(Question::ForgetThis(id), turn.at());
    Reply::line(format!(
        "Un-pair \"{}\"? It is disconnected at once and must be paired anew. Reply YES or NO.",
        device.name
    ))
}

/// Un-pairs it.
pub(super) async fn forget_now(turn: &mut Turn<'_>, id: DeviceId) -> Outcome {
    let device = turn.receiver.forget(turn.actor, id).await?;
    turn.effects.push(Effect::Final("Un-pairing"));
    Ok(Reply::line(format!("\"{}\" is un-paired. PAIR A DEVICE lets it in again.", device.name)))
}
