//! What somebody wants, once it has been read.

use jiff::SignedDuration;
use televisor_model::{ChannelId, Role};

use crate::time::When;
use crate::words::Word;

/// One thing that somebody wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Intent {
    /// What is, or will be, shown.
    WhatsOn(Ask),
    /// Showings of something.
    Search(Ask),
    /// The next page of the last answer.
    More,
    /// Things to be recorded.
    Record(Vec<Wish>),
    /// A timer to be taken back.
    Cancel(Wish),
    /// Takes back what was done last.
    Undo,
    /// The answer to a question.
    Yes,
    /// The answer to a question.
    No,
    /// An item of a list (`u32::MAX` is the last).
    Pick(u32),
    /// `the 9 o'clock one`.
    PickTime(When),
    /// `no, the other one`, `no I meant bbc two`.
    Instead(Option<Wish>),
    /// More time around the last timer.
    Pad { before: Option<SignedDuration>, after: Option<SignedDuration> },
    /// What is being recorded now.
    Running,
    /// The next timers.
    Timers,
    /// What has been recorded.
    Recordings(Option<Ask>),
    /// Whether something was recorded.
    DidYouGet(Ask),
    /// How much room is left.
    Space,
    /// What can be said.
    Help(Vec<Word>),
    /// A greeting.
    Hello,
    /// Thanks.
    Thanks,
    /// How the receiver is.
    Status,
    /// Opens the pairing window.
    Pair,
    /// Who is paired, and connected.
    Devices,
    /// Un-pairs one.
    Forget(Vec<Word>),
    /// Asks somebody's own account elsewhere in.
    Invite(Account),
    /// Makes a link that lets in whoever opens it.
    InviteLink,
    /// Lets an account in, or gives it another role.
    Allow(Account, Option<Role>),
    /// Ends an account's access, or says no to it.
    Revoke(Account),
    /// Which accounts there are.
    Accounts,
    /// Whether the receiver can be reached from outside.
    Reachable,
    /// Something that the receiver does not do yet.
    NotYet(Missing),
    /// What looks like a secret.
    Secret,
    /// A time that is none.
    BadTime(String),
    /// Nothing that is known.
    Unknown(Vec<Word>),
}

/// A question about the guide.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ask {
    /// The title, person or kind asked about.
    pub(crate) subject: Vec<Word>,
    /// When.
    pub(crate) when: Option<When>,
    /// Where.
    pub(crate) channel: Option<ChannelId>,
    /// Films only.
    pub(crate) films: bool,
    /// What comes after what is on.
    pub(crate) next: bool,
    /// How the time was read, where that must be said.
    pub(crate) note: Option<String>,
}

/// Something to be recorded or cancelled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    /// What it is called.
    pub(crate) what: What,
    /// Where and when, as far as it was said.
    pub(crate) ask: Ask,
    /// In place of the last thing done.
    pub(crate) instead: bool,
}

/// Somebody's own account, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its address, as typed.
    pub(crate) address: Option<String>,
    /// What else it was called.
    pub(crate) name: Vec<Word>,
}

/// How a thing was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// By its number in the last list.
    Item(u32),
    /// `this`: what was last shown or is on now.
    This,
    /// `it`: the last thing spoken of.
    It,
    /// By its title, or by channel and time alone.
    Named,
}

/// What the receiver does not do yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Series.
    Series,
    /// Conflicts.
    Conflicts,
    /// Messages when something happens.
    Notifications,
    /// Playing, pausing, changing channel.
    Playback,
    /// Deleting recordings.
    Deleting,
}
