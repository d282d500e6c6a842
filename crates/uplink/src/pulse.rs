//! Whether the other side is still there: a connection can be dead for hours before TCP says so.

use std::time::Duration;

use tokio::time::Instant;

/// After this much silence the server is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
/// How long it has to answer, that or a request for acknowledgement.
const PATIENCE: Duration = Duration::from_secs(10);

/// What has been heard, and what is waited for.
#[derive(Debug)]
pub(crate) struct Pulse {
    heard: Instant,
    /// When the server was asked something that it has not answered.
    asked: Option<Instant>,
}

/// What to think of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// There is nothing to do.
    Alive,
    /// The server should be asked.
    Quiet,
    /// The server was asked and has not said anything.
    Dead,
}

impl Pulse {
    /// Begins with a connection on which something was just heard.
    pub(crate) fn new() -> Self {
        Self { heard: Instant::now(), asked: None }
    }

    /// Something came.
    pub(crate) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// The server was asked.
    pub(crate) fn asked(&mut self) {
        self.asked = Some(Instant::now());
    }

    /// The server has answered.
    pub(crate) fn answered(&mut self) {
        self.asked = None;
    }

    /// Says whether an answer is waited for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// How long nothing has come.
    pub(crate) fn silence(&self) -> Duration {
        self.heard.elapsed()
    }

    /// When to look again, if nothing comes.
    pub(crate) fn due(&self) -> Instant {
        match self.asked {
            // Other stanzas may be in front of the answer.
            Some(asked) => asked.max(self.heard) + PATIENCE,
            None => self.heard + QUIET,
        }
    }

    /// Looks at the connection now.
    pub(crate) fn look(&self) -> Finding {
        match self.asked {
            _ if Instant::now() < self.due() => Finding::Alive,
            Some(_) => Finding::Dead,
            None => Finding::Quiet,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep_until;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_quiet_server_is_asked_and_a_silent_one_is_dead() {
        let mut pulse = Pulse::new();
        sleep_until(pulse.due()).await;
        assert_eq!((pulse.look(), pulse.silence()), (Finding::Quiet, QUIET));
        pulse.asked();
        assert_eq!(pulse.look(), Finding::Alive);
        sleep_until(pulse.due()).await;
        assert_eq!((pulse.look(), pulse.silence()), (Finding::Dead, QUIET + PATIENCE));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_speaks_is_alive_even_before_the_answer() {
        let mut pulse = Pulse::new();
        pulse.asked();
        for _ in 0..10 {
            tokio::time::sleep(PATIENCE / 2).await;
            pulse.heard();
            assert_eq!(pulse.look(), Finding::Alive);
        }
        assert!(pulse.is_asked());
        pulse.answered();
        sleep_until(pulse.due()).await;
        assert_eq!(pulse.look(), Finding::Quiet);
    }
}
