//! Where the tasks of this crate write what they know, and where the one [`State`] is made of it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::state::{CertificateState, DnsState, External, State};
use crate::{Config, Obstacle};

/// Each task writes its own part; every change makes a new state. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    public_name: Option<String>,
    parts: Mutex<Parts>,
    external: watch::Sender<Option<External>>,
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct Parts {
    external: Option<External>,
    door: Vec<Obstacle>,
    dns: Option<DnsState>,
    certificate: Option<CertificateState>,
}

impl Board {
    pub(crate) fn new(config: &Config) -> Self {
        let board = Self {
            shared: Arc::new(Shared {
                public_name: config.public_name.clone(),
                parts: Mutex::default(),
                external: watch::Sender::new(None),
                state: watch::Sender::default(),
            }),
        };
        board.write(|_| ());
        board
    }

    /// The door: what is open, and what is in the way.
    pub(crate) fn door(&self, external: Option<External>, obstacles: Vec<Obstacle>) {
        self.write(|parts| {
            parts.external.clone_from(&external);
            parts.door = obstacles;
        });
        self.shared.external.send_if_modified(|old| {
            let changed = *old != external;
            *old = external;
            changed
        });
    }

    /// The records of the public name. `None`: not ours to manage.
    pub(crate) fn dns(&self, dns: Option<DnsState>) {
        self.write(|parts| parts.dns = dns);
    }

    /// The public certificate. `None`: none is to be had.
    pub(crate) fn certificate(&self, certificate: Option<CertificateState>) {
        self.write(|parts| parts.certificate = certificate);
    }

    /// The door alone, for those who follow its address.
    pub(crate) fn external(&self) -> watch::Receiver<Option<External>> {
        self.shared.external.subscribe()
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    fn write(&self, change: impl FnOnce(&mut Parts)) {
        let mut parts = self.shared.parts.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut parts);
        let state = parts.state(self.shared.public_name.as_deref());
        // Under the lock, so that states come out in the order of the changes.
        self.shared.state.send_if_modified(|old| {
            let changed = *old != state;
            *old = state;
            changed
        });
    }
}

impl Parts {
    fn state(&self, configured: Option<&str>) -> State {
        let mut obstacles = self.door.clone();
        obstacles.extend(self.dns.as_ref().and_then(|dns| {
            Some(Obstacle::Dns { name: dns.name.clone(), why: dns.error.clone()? })
        }));
        obstacles.extend(self.certificate.as_ref().and_then(|certificate| {
            let why = certificate.error.clone()?;
            Some(Obstacle::Certificate { name: certificate.name.clone(), why })
        }));
        State {
            external: self.external.clone(),
            obstacles,
            public_name: self.public_name(configured),
            dns: self.dns.clone(),
            certificate: self.certificate.clone(),
        }
    }

    /// A configured name is ours unless its records are known to be wrong and never were right, or
    /// while there is a certificate for it; it then stays ours through a failure, for contacts know the receiver by it. Where no door
    /// is open it is used as well: nobody can reach the address either, and streams that we open
    /// are known by the certificate.
    fn public_name(&self, configured: Option<&str>) -> Option<String> {
        let ours = self.dns.as_ref().is_none_or(|dns| dns.since.is_some() || dns.error.is_none())
            || self.certificate.as_ref().is_some_and(|held| held.not_after.is_some());
        match (configured, &self.external) {
            (Some(name), None) => Some(name.to_owned()),
            (Some(name), Some(_)) if ours => Some(name.to_owned()),
            (_, external) => external.as_ref().map(External::literal),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::By;

    fn door(address: &str) -> Option<External> {
        Some(External {
            address: address.parse().unwrap(),
            ipv6: None,
            outside: BTreeMap::from([(5222, 5222)]),
            ports: BTreeMap::from([(5222, 5222)]),
            by: By::Pcp,
            since: "2026-11-25T14:00Z".parse().unwrap(),
        })
    }

    fn dns(current: bool) -> Option<DnsState> {
        let error = (!current).then(|| "the server refused".to_owned());
        let since = current.then(|| "2026-11-25T14:00Z".parse().unwrap());
        Some(DnsState { name: "tv.example.net".to_owned(), current, since, error })
    }

    #[test]
    fn without_a_configured_name_the_address_is_the_name() {
        let board = Board::new(&Config::default());
        assert_eq!(board.state().borrow().public_name, None);
        board.door(door("11.22.33.1"), Vec::new());
        assert_eq!(board.state().borrow().public_name.as_deref(), Some("11.22.33.1"));
        board.door(door("2001:db8::1"), Vec::new());
        assert_eq!(board.state().borrow().public_name.as_deref(), Some("[2001:db8::1]"));
    }

    #[test]
    fn a_configured_name_counts_while_its_records_are_right_or_not_ours() {
        let name = Some("tv.example.net".to_owned());
        let board = Board::new(&Config { public_name: name.clone(), ..Config::default() });
        assert_eq!(board.state().borrow().public_name, name);
        board.door(door("11.22.33.1"), Vec::new());
        board.dns(dns(false));
        assert_eq!(board.state().borrow().public_name.as_deref(), Some("11.22.33.1"));
        assert_eq!(board.state().borrow().obstacles.len(), 1);
        board.dns(dns(true));
        assert_eq!(board.state().borrow().public_name, name);
        assert!(board.state().borrow().obstacles.is_empty());
    }

    #[test]
    fn a_name_that_was_ours_stays_ours_through_a_failure() {
        let name = Some("tv.example.net".to_owned());
        let board = Board::new(&Config { public_name: name.clone(), ..Config::default() });
        board.door(door("11.22.33.1"), Vec::new());
        let failed = DnsState { current: false, error: Some("x".to_owned()), ..dns(true).unwrap() };
        board.dns(Some(failed));
        assert_eq!(board.state().borrow().public_name, name);
        board.dns(dns(false));
        assert_eq!(board.state().borrow().public_name.as_deref(), Some("11.22.33.1"));
        board.certificate(Some(CertificateState {
            name: "tv.example.net".to_owned(),
            not_after: Some("2026-12-25T14:00Z".parse().unwrap()),
            issuer: Some("An Authority".to_owned()),
            error: None,
        }));
        assert_eq!(board.state().borrow().public_name, name);
    }

    #[test]
    fn without_a_door_the_configured_name_is_better_than_none() {
        let name = Some("tv.example.net".to_owned());
        let board = Board::new(&Config { public_name: name.clone(), ..Config::default() });
        board.dns(dns(false));
        assert_eq!(board.state().borrow().public_name, name);
    }

    #[test]
    fn a_state_that_is_the_same_wakes_nobody() {
        let board = Board::new(&Config::default());
        board.door(door("11.22.33.1"), Vec::new());
        let mut state = board.state();
        state.mark_unchanged();
        board.door(door("11.22.33.1"), Vec::new());
        assert!(!state.has_changed().unwrap());
    }
}
