//! Help, greetings, thanks, secrets, and what was not understood.

use super::turn::Turn;
use crate::answer::Reply;
use crate::words::{Word, spoken};

/// Helps, in general or about one thing.
pub(super) fn help(topic: &[Word]) -> Reply {
    let about = topic.first().map_or("", |word| word.key.as_str());
    match about {
        "record" | "recording" | "taping" => Reply::list(
            "Recording, by name, number or time:",
            [
                "record newsnight (the next one), record newsnight on friday",
                "record 2 (from the last list), record it tomorrow instead",
                "record bbc one tomorrow 9pm to 10pm, record channel 4 at 10 for 2 hours",
                "let it run over 30 mins, cancel newsnight, undo",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
        "search" | "find" | "finding" | "searching" => Reply::list(
            "Finding programmes:",
            [
                "when is newsnight on, find paddington",
                "anything with olivia colman",
                "any films tonight",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
        "pair" | "pairing" | "devices" | "device" => Reply::list(
            "Devices:",
            [
                "pair a device (owners): the code shows on the television",
                "who's connected",
                "forget dan's phone",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
        "invite" | "inviting" | "accounts" | "account" | "away" | "outside" => Reply::list(
            "Talking to me from outside, with your own chat account:",
            [
                "invite joe@example.org: I ask them, and you once they have accepted",
                "allow joe, allow joe as guest, refuse joe, revoke joe@example.org",
                "invite link: lets in whoever opens it, once, within ten minutes",
                "accounts, am I reachable",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
        _ => Reply::list(
            "Talk to me about what is on and what to record, such as:",
            [
                "what's on, what's on bbc two, what's on tonight, when is newsnight on",
                "record newsnight, record bbc one 9 to 10, cancel newsnight, undo",
                "what's coming up, what are you recording, recordings, how much space is left",
                "status, who's connected, pair a device, invite joe@example.org, am I reachable",
                "HELP RECORDING and HELP INVITE tell more.",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
    }
}

/// Greets.
pub(super) fn hello(turn: &Turn<'_>) -> Reply {
    let name = turn.receiver.identity().name();
    Reply::line(format!("Hello, this is {name}. Try: what's on, or: record newsnight tonight."))
}

/// Is glad.
pub(super) fn thanks() -> Reply {
    Reply::line("You're welcome.")
}

/// Never takes a secret, whatever it was.
pub(super) fn secret() -> Reply {
    Reply::line(
        "Codes and passwords do not belong in chat, and I never ask for one here: type the code that \
         the television shows into the new device. I have not used what you sent.",
    )
}

/// Says that it did not understand, with three examples.
pub(super) fn unknown(said: &[Word]) -> Reply {
    let quoted = match said {
        [] => "that ".to_owned(),
        said => format!("\"{}\" ", crate::answer::shorten(&spoken(said), 40)),
    };
    Reply::line(format!(
        "Sorry, {quoted}is beyond me. Try: what's on tonight, record newsnight, or help."
    ))
}
