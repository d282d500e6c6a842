//! The wait before an acknowledgement: what it counts is on disk first, and it counts nothing that came
//! meanwhile.

use std::fmt;
use std::task::{Context as Waiting, Poll, ready};

use crate::accounts::BoxFuture;
use crate::context::Context;

/// What one stream has been asked to acknowledge.
#[derive(Default)]
pub(crate) struct Acknowledging {
    wait: Option<(u32, BoxFuture<'static, ()>)>,
    /// It was asked again since.
    again: bool,
}

impl Acknowledging {
    /// Takes a question, where so many stanzas were handled; returns how many to acknowledge at once.
    pub(crate) fn ask(&mut self, context: &Context, handled: u32) -> Option<u32> {
        if self.wait.is_some() {
            // Whoever asks all the time is answered nevertheless.
            self.again = true;
            return None;
        }
        self.wait = context.durable().map(|wait| (handled, wait));
        if self.wait.is_none() { Some(handled) } else { None }
    }

    /// Whether it waits.
    pub(crate) const fn waits(&self) -> bool {
        self.wait.is_some()
    }

    /// Waits for the disk; returns how many stanzas to acknowledge, of those `handled` by now.
    pub(crate) fn poll(
        &mut self,
        context: &Context,
        handled: u32,
        cx: &mut Waiting<'_>,
    ) -> Poll<u32> {
        let Some((counted, wait)) = &mut self.wait else { return Poll::Pending };
        ready!(wait.as_mut().poll(cx));
        let counted = *counted;
        self.wait = None;
        let again = std::mem::take(&mut self.again);
        let newer = again.then(|| self.ask(context, handled)).flatten();
        Poll::Ready(newer.unwrap_or(counted))
    }
}

impl fmt::Debug for Acknowledging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.wait.as_ref().map(|(counted, _)| counted);
        f.debug_struct("Acknowledging").field("wait", &counted).finish_non_exhaustive()
    }
}
