//! The one place where the wall clock is read.
//!
//! Code that needs the time is given a [`Clock`]; tests give it one that they set themselves.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// A source of the current time, cheap to clone.
#[derive(Clone)]
pub struct Clock {
    source: Source,
    zone: TimeZone,
}

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// Reads the system's clock, in the system's time zone.
    #[must_use]
    pub fn system() -> Self {
        Self { source: Source::System, zone: TimeZone::system() }
    }

    /// Stands still at `now` until [`Clock::set`] moves it. For tests.
    #[must_use]
    pub fn manual(now: &Zoned) -> Self {
        Self {
            source: Source::Manual(Arc::new(Mutex::new(now.timestamp()))),
            zone: now.time_zone().clone(),
        }
    }

    /// Returns the current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.source {
            #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
            Source::System => Timestamp::now(),
            Source::Manual(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Returns the current instant in the household's time zone.
    #[must_use]
    pub fn zoned(&self) -> Zoned {
        self.now().to_zoned(self.zone.clone())
    }

    /// Returns the household's time zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Moves a manual clock, and all its clones, to `now`. The system's clock ignores it.
    pub fn set(&self, now: Timestamp) {
        if let Source::Manual(at) = &self.source {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_it_is_set() {
        let start: Zoned = "2026-11-25T14:00[Europe/London]".parse().unwrap();
        let clock = Clock::manual(&start);
        let other = clock.clone();
        assert_eq!(clock.zoned(), start);
        other.set(start.timestamp() + jiff::SignedDuration::from_secs(60));
        assert_eq!(clock.now().as_second() - start.timestamp().as_second(), 60);
    }
}
