//! Whether the other end is still there (RFC 6120 section 4.6): one timer for all that a session waits
//! for on its connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::line::Line;
use crate::config::Limits;

/// The timer, and what was asked.
#[derive(Debug)]
pub(super) struct Pulse {
    timer: Pin<Box<Sleep>>,
    /// When the peer was asked whether it is there.
    asked: Option<Instant>,
    /// How often it was.
    times: u32,
}

/// What silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// The peer is to be asked whether it is there, for the nth time.
    Ask(u32),
    /// It was asked and has not answered.
    Dead,
    /// It does not read what it is sent.
    Deaf,
}

impl Pulse {
    pub(super) fn new(limits: &Limits) -> Self {
        let timer = Box::pin(sleep_until(Instant::now() + limits.idle));
        Self { timer, asked: None, times: 0 }
    }

    /// Waits until something has not happened for too long.
    pub(super) fn poll(
        &mut self,
        line: &Line,
        limits: &Limits,
        cx: &mut Context<'_>,
    ) -> Poll<Silence> {
        let deadline = self.deadline(line, limits);
        if deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
        }
        // The timer is not moved with each sign of life, only when it runs out.
        while self.timer.as_mut().poll(cx).is_ready() {
            let deadline = self.deadline(line, limits);
            if deadline <= Instant::now() {
                let silence = self.silence(line, limits);
                let next = self.deadline(line, limits);
                self.timer.as_mut().reset(next);
                return Poll::Ready(silence);
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    fn is_asked(&self, line: &Line) -> Option<Instant> {
        self.asked.filter(|asked| *asked > line.heard())
    }

    fn deadline(&self, line: &Line, limits: &Limits) -> Instant {
        let heard = match self.is_asked(line) {
            Some(asked) => asked + limits.patience,
            None => line.heard() + limits.idle,
        };
        line.stuck().map_or(heard, |stuck| heard.min(stuck + limits.patience))
    }

    fn silence(&mut self, line: &Line, limits: &Limits) -> Silence {
        let now = Instant::now();
        if line.stuck().is_some_and(|stuck| stuck + limits.patience <= now) {
            return Silence::Deaf;
        }
        if self.is_asked(line).is_some() {
            return Silence::Dead;
        }
        self.asked = Some(now);
        self.times = self.times.wrapping_add(1);
        Silence::Ask(self.times)
    }
}
