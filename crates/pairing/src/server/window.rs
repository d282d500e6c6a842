//! When pairing is open, who is pending, and what is on the screen. Pure: time is an argument.
//!
//! A pending device has a *slot* with its current UUID and code. After a wrong code the same slot
//! gets a successor, the fresh UUID that the draft's "continue at step 4" sends the device to; the
//! old one goes when the successor's code is shown, or at its third wrong code.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use televisor_model::DeviceId;
use tokio::time::Instant;

use super::device_name::DeviceName;
use super::passcode::Passcode;
use crate::digest::Ha1s;

/// Most devices pending at once.
const PENDING: usize = 3;
/// How long an unclaimed UUID, and a code on the screen, live.
const LIFE: Duration = Duration::from_secs(120);
/// Wrong codes that burn a UUID.
const BURN: u32 = 3;
/// Wrong codes, of all devices, that close the window.
const WRONG: u32 = 10;
/// How long after its pairing a device may trade its code for a secret.
const TRADE: Duration = Duration::from_secs(600);
/// How long a source waits after each wrong code.
const BACK_OFF: [u64; 5] = [0, 1, 2, 4, 8];

/// Why the window is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedBy {
    /// Nobody has opened it yet.
    Start,
    /// The receiver's own side.
    Hand,
    /// Its time was up.
    Time,
    /// A device has been paired.
    Success,
    /// Ten wrong codes.
    WrongCodes,
}

/// A UUID and its code.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The UUID.
    pub id: DeviceId,
    /// Its code.
    pub code: Passcode,
    /// What Digest needs of the code.
    pub ha1s: Ha1s,
}

/// What is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The device's UUID.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: DeviceName,
    /// The code.
    pub code: Passcode,
    /// When it goes.
    pub until: Instant,
}

/// Why a device cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The window is closed.
    Closed,
    /// Three are pending: come back after this long.
    Full(Duration),
}

/// Whether a source may try a code now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Now,
    /// After this long.
    After(Duration),
}

#[derive(Debug)]
struct Live {
    attempt: Attempt,
    until: Instant,
    shown: Option<u64>,
    wrong: u32,
}

#[derive(Debug)]
struct Slot {
    name: DeviceName,
    current: Live,
    next: Option<Live>,
    claiming: bool,
}

/// The window's state.
#[derive(Debug)]
pub struct Window {
    open_until: Option<Instant>,
    closed_by: ClosedBy,
    slots: Vec<Slot>,
    wrong: u32,
    sources: HashMap<IpAddr, (u32, Instant)>,
    shows: u64,
    recent: Vec<(DeviceId, Instant)>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            open_until: None,
            closed_by: ClosedBy::Start,
            slots: Vec::new(),
            wrong: 0,
            sources: HashMap::new(),
            shows: 0,
            recent: Vec::new(),
        }
    }
}

impl Window {
    /// Opens it, from the receiver's own side. What is pending stays; what was wrong is forgiven.
    pub fn open(&mut self, now: Instant, length: Duration) {
        self.tick(now);
        self.open_until = Some(now + length);
        self.wrong = 0;
        self.sources.clear();
    }

    /// Closes it; whatever is pending is lost.
    pub fn close(&mut self, why: ClosedBy) {
        if self.open_until.take().is_some() {
            self.closed_by = why;
        }
        self.slots.clear();
    }

    /// Drops what has run out.
    pub fn tick(&mut self, now: Instant) {
        if self.open_until.is_some_and(|until| until <= now) {
            self.close(ClosedBy::Time);
        }
        self.slots.retain_mut(|slot| {
            slot.next.take_if(|next| next.until <= now);
            if slot.claiming || slot.current.until > now {
                return true;
            }
            match slot.next.take() {
                Some(next) => slot.current = next,
                None => return false,
            }
            true
        });
    }

    /// Returns when [`Window::tick`] next has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let slots = self.slots.iter().filter(|slot| !slot.claiming);
        let lives = slots.flat_map(|s| std::iter::once(&s.current).chain(&s.next));
        lives.map(|live| live.until).chain(self.open_until).min()
    }

    /// Returns until when it is open.
    #[must_use]
    pub fn open_until(&self) -> Option<Instant> {
        self.open_until
    }

    /// Returns why it is closed, if it is.
    #[must_use]
    pub fn closed_by(&self) -> Option<ClosedBy> {
        self.open_until.is_none().then_some(self.closed_by)
    }

    /// Takes in a new device (step 6 of the draft).
    ///
    /// # Errors
    /// [`Refused`] if the window is closed or full.
    pub fn begin(
        &mut self,
        now: Instant,
        name: DeviceName,
        attempt: Attempt,
    ) -> Result<(), Refused> {
        self.tick(now);
        if self.open_until.is_none() {
            return Err(Refused::Closed);
        }
        if self.slots.len() >= PENDING {
            let first = self.slots.iter().map(|slot| slot.current.until).min().unwrap_or(now);
            return Err(Refused::Full(first.saturating_duration_since(now)));
        }
        self.slots.push(Slot {
            name,
            current: Live::new(attempt, now),
            next: None,
            claiming: false,
        });
        Ok(())
    }

    /// Puts a device's code on the screen (step 9); says whether there is such a device.
    pub fn show(&mut self, now: Instant, id: DeviceId) -> bool {
        self.tick(now);
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.has(id)) else { return false };
        if slot.current.attempt.id != id
            && let Some(next) = slot.next.take()
        {
            slot.current = next;
        }
        if slot.current.shown.is_none() {
            slot.current.until = now + LIFE;
        }
        self.shows += 1;
        slot.current.shown = Some(self.shows);
        true
    }

    /// Returns what is on the screen: of the codes shown, the latest.
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        let open_until = self.open_until?;
        let slot = self.slots.iter().filter(|s| s.current.shown.is_some());
        let slot = slot.max_by_key(|slot| slot.current.shown)?;
        Some(Shown {
            id: slot.current.attempt.id,
            name: slot.name.clone(),
            code: slot.current.attempt.code.clone(),
            until: slot.current.until.min(open_until),
        })
    }

    /// Returns what a pending device's answer is checked against. A code that was never on the
    /// screen cannot be answered.
    #[must_use]
    pub fn ha1s(&self, id: DeviceId) -> Option<Ha1s> {
        let slot = self.slots.iter().find(|slot| slot.current.attempt.id == id)?;
        slot.current.shown.is_some().then(|| slot.current.attempt.ha1s.clone())
    }

    /// Says whether a device is pending.
    #[must_use]
    pub fn is_pending(&self, id: DeviceId) -> bool {
        self.slots.iter().any(|slot| slot.has(id))
    }

    /// Says whether `source` may try a code now.
    #[must_use]
    pub fn turn(&self, now: Instant, source: IpAddr) -> Turn {
        match self.sources.get(&source) {
            Some((_, at)) if *at > now => Turn::After(at.saturating_duration_since(now)),
            _ => Turn::Now,
        }
    }

    /// Counts a wrong code from `source` and returns the UUID to go on with: `fresh`, unless there
    /// is one that was not used yet. `None` if that closed the window.
    pub fn wrong(
        &mut self,
        now: Instant,
        id: DeviceId,
        source: IpAddr,
        fresh: Attempt,
    ) -> Option<DeviceId> {
        let (count, at) = self.sources.entry(source).or_insert((0, now));
        let step = usize::try_from(*count).unwrap_or(usize::MAX).min(BACK_OFF.len() - 1);
        *at = now + Duration::from_secs(BACK_OFF.get(step).copied().unwrap_or(8));
        *count += 1;
        self.wrong += 1;
        if self.wrong >= WRONG {
            self.close(ClosedBy::WrongCodes);
            return None;
        }
        let slot = self.slots.iter_mut().find(|slot| slot.current.attempt.id == id)?;
        slot.current.wrong += 1;
        let next = slot.next.get_or_insert_with(|| Live::new(fresh, now));
        let onward = next.attempt.id;
        if slot.current.wrong >= BURN
            && let Some(next) = slot.next.take()
        {
            slot.current = next;
        }
        Some(onward)
    }

    /// Takes a device whose code was right, so that nobody else can while it is being kept.
    /// `None` if it is being kept already.
    pub fn claim(&mut self, id: DeviceId) -> Option<(DeviceName, Passcode)> {
        let slot = self.slots.iter_mut().find(|slot| slot.current.attempt.id == id)?;
        if std::mem::replace(&mut slot.claiming, true) {
            return None;
        }
        Some((slot.name.clone(), slot.current.attempt.code.clone()))
    }

    /// Ends a claim: the window closes if the device was kept, and else it may try again.
    pub fn settle(&mut self, now: Instant, id: DeviceId, kept: bool) {
        if kept {
            self.recent.retain(|(_, until)| *until > now);
            self.recent.push((id, now + TRADE));
            return self.close(ClosedBy::Success);
        }
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.current.attempt.id == id) {
            slot.claiming = false;
        }
    }

    /// Says whether a device was paired so lately that its code may be traded for a secret.
    #[must_use]
    pub fn may_trade(&self, now: Instant, id: DeviceId) -> bool {
        self.recent.iter().any(|(recent, until)| *recent == id && *until > now)
    }
}

impl Live {
    fn new(attempt: Attempt, now: Instant) -> Self {
        Self { attempt, until: now + LIFE, shown: None, wrong: 0 }
    }
}

impl Slot {
    fn has(&self, id: DeviceId) -> bool {
        self.current.attempt.id == id || self.next.as_ref().is_some_and(|n| n.attempt.id == id)
    }
}

#[cfg(test)]
mod tests;
