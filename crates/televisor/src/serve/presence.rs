//! What the receiver is doing, as presence, and who it is, as a vCard (XEP-0054, XEP-0153).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use televisor_model::{Recording, RecordingState};
use televisor_receiver::Receiver;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

const AVATAR: &[u8] = include_bytes!("avatar.png");

/// Returns the presence with a status such as `Recording Newsnight`.
pub(super) fn presence(receiver: &Receiver) -> Element {
    Element::builder("presence", ns::CLIENT).field("status", status(receiver)).build()
}

/// Returns what the receiver is doing, in a sentence.
pub(super) fn status(receiver: &Receiver) -> String {
    let recordings = receiver.recordings();
    let running: Vec<&Recording> = recordings.iter().filter(|r| is_running(r)).collect();
    match running.as_slice() {
        [] => "Ready. Ask me what's on.".to_owned(),
        [one] => format!("Recording {} on {}", one.programme.title, one.channel_name),
        more => format!("Recording {} programmes", more.len()),
    }
}

/// Returns whether a recording is still being written, or would be if it could.
pub(super) fn is_running(recording: &Recording) -> bool {
    matches!(recording.state, RecordingState::Writing | RecordingState::Waiting(_))
}

/// Returns the receiver's vCard: its friendly name, and a picture of a television.
pub(super) fn vcard(receiver: &Receiver) -> Element {
    let photo = Element::builder("PHOTO", ns::VCARD_TEMP)
        .field("TYPE", "image/png")
        .field("BINVAL", STANDARD.encode(AVATAR))
        .build();
    Element::builder("vCard", ns::VCARD_TEMP)
        .field("FN", receiver.identity().name())
        .field("DESC", "A television receiver you can talk to. Say: help")
        .child(photo)
        .build()
}
