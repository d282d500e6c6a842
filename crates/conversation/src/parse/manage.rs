//! Timers, recordings, space, status, devices, small talk, and what is not there yet.

use super::reading::{Context, Parsed, after, key, read, starts};
use crate::intent::{Intent, Missing};
use crate::words::Word;

/// Whole sayings, and what they mean.
const WHOLE: [(&[&str], Intent); 8] = [
    (
        &[
            "whats coming up",
            "what s coming up",
            "schedule",
            "the schedule",
            "scheduled",
            "timers",
            "upcoming",
            "coming up",
            "whats scheduled",
            "list timers",
            "show timers",
            "what will you record",
            "my timers",
            "what are you going to record",
        ],
        Intent::Timers,
    ),
    (
        &[
            "what are you recording",
            "what are you recording now",
            "whats recording",
            "what is recording",
            "are you recording",
            "recording",
            "recording now",
            "are you recording anything",
        ],
        Intent::Running,
    ),
    (
        &[
            "space",
            "how much space is left",
            "how much space",
            "free space",
            "disk space",
            "disk",
            "how full are you",
            "how much room is left",
            "how much room",
            "space left",
            "how much space do you have",
            "how much space have you got",
        ],
        Intent::Space,
    ),
    (
        &[
            "status",
            "how are you",
            "version",
            "how are you doing",
            "info",
            "are you ok",
            "why did it fail",
            "whats your status",
            "health",
        ],
        Intent::Status,
    ),
    (
        &[
            "pair",
            "pair a device",
            "pair device",
            "add a device",
            "add device",
            "pair a phone",
            "pair a new device",
            "add remote device",
            "pair phone",
            "pair my phone",
            "add a phone",
            "open pairing",
            "pair another device",
        ],
        Intent::Pair,
    ),
    (
        &[
            "devices",
            "whos connected",
            "who is connected",
            "list devices",
            "who is there",
            "whos there",
            "paired devices",
            "whos paired",
            "who is paired",
            "whos online",
            "who is online",
        ],
        Intent::Devices,
    ),
    (
        &[
            "hello",
            "hi",
            "hey",
            "hiya",
            "good morning",
            "good evening",
            "good afternoon",
            "hello there",
            "yo",
            "morning",
            "evening",
            "howdy",
            "hi there",
        ],
        Intent::Hello,
    ),
    (
        &[
            "thanks",
            "thank you",
            "ta",
            "cheers",
            "great",
            "brilliant",
            "lovely",
            "nice",
            "perfect",
            "good",
            "thx",
            "well done",
            "thanks a lot",
            "thank you very much",
            "bye",
            "good night",
            "goodbye",
        ],
        Intent::Thanks,
    ),
];

/// Beginnings of what is not there yet.
const NOT_YET: [(&[&str], Missing); 5] = [
    (&["series", "rules", "my series"], Missing::Series),
    (
        &["any clashes", "clashes", "conflicts", "any conflicts", "use the repeat"],
        Missing::Conflicts,
    ),
    (
        &[
            "remind",
            "tell me when",
            "let me know",
            "notify",
            "quiet",
            "alert",
            "warn me",
            "message me",
        ],
        Missing::Notifications,
    ),
    (
        &[
            "put",
            "watch",
            "play",
            "pause",
            "resume",
            "carry on",
            "skip",
            "restart",
            "rewind",
            "fast forward",
            "stop playing",
            "mute",
            "volume",
            "turn",
            "switch to",
            "channel up",
            "channel down",
            "tune",
            "change channel",
            "go to",
            "louder",
            "quieter",
        ],
        Missing::Playback,
    ),
    (&["delete", "erase", "wipe"], Missing::Deleting),
];

/// Reads them.
pub(super) fn parse(said: &[Word], context: &Context<'_>) -> Parsed {
    let whole = said.iter().map(|word| word.key.as_str()).collect::<Vec<_>>().join(" ");
    for (phrases, intent) in &WHOLE {
        if phrases.contains(&whole.as_str()) {
            return Some(Ok(intent.clone()));
        }
    }
    if matches!(key(said, 0), "help" | "commands")
        || whole == "what can you do"
        || whole == "what can i say"
    {
        return Some(Ok(Intent::Help(said.get(1..).unwrap_or_default().to_vec())));
    }
    if let Some(rest) = after(said, &["forget", "unpair", "un pair", "remove device"]) {
        return Some(Ok(Intent::Forget(rest.to_vec())));
    }
    if let Some(found) = recordings(said, &whole, context) {
        return Some(found);
    }
    if let [only] = said
        && let channel = context.channels.find(said, &(0..0))
        && channel.is_none()
        && only.key == "channels"
    {
        return Some(Ok(Intent::WhatsOn(crate::intent::Ask::default())));
    }
    if starts(said, "channel") && context.channels.find(said, &(0..0)).is_none() {
        return Some(Ok(Intent::NotYet(Missing::Playback)));
    }
    let missing = NOT_YET.iter().find(|(leads, _)| leads.iter().any(|lead| starts(said, lead)));
    missing.map(|(_, missing)| Ok(Intent::NotYet(*missing)))
}

fn recordings(said: &[Word], whole: &str, context: &Context<'_>) -> Parsed {
    if matches!(
        whole,
        "recordings"
            | "what have you got"
            | "what have you recorded"
            | "library"
            | "recorded"
            | "list recordings"
            | "show recordings"
            | "my recordings"
            | "what did you record"
            | "show me the recordings"
            | "whats recorded"
    ) {
        return Some(Ok(Intent::Recordings(None)));
    }
    if let Some(rest) = after(
        said,
        &[
            "did you get",
            "did you record",
            "have you got",
            "have you recorded",
            "did you tape",
            "did it record",
        ],
    ) {
        return Some(read(rest, context, true).map(Intent::DidYouGet));
    }
    let rest = after(
        said,
        &[
            "what did you record",
            "what have you recorded",
            "recordings from",
            "recordings of",
            "recordings",
        ],
    )?;
    Some(read(rest, context, false).map(|ask| Intent::Recordings(Some(ask))))
}
