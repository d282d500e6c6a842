//! What is not there yet, said honestly, with what works instead.

use crate::answer::Reply;
use crate::intent::Missing;

/// Answers it.
pub(super) fn answer(missing: Missing) -> Reply {
    Reply::line(match missing {
        Missing::Series => {
            "I cannot follow a series yet; each episode can be recorded: when is taskmaster on, then record 1."
        }
        Missing::Conflicts => {
            "I cannot sort out clashes yet; WHAT'S COMING UP lists what is set, and CANCEL 2 frees one."
        }
        Missing::Notifications => {
            "I cannot send reminders yet; WHAT'S COMING UP and DID YOU GET NEWSNIGHT tell when you ask."
        }
        Missing::Playback => {
            "I cannot work the picture yet, only record it: RECORD BBC ONE NOW, or RECORDINGS for the files."
        }
        Missing::Deleting => {
            "I cannot delete recordings by chat yet; RECORDINGS lists them, and their files are in the recordings folder."
        }
    })
}
