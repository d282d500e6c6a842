//! Instance names, `user@machine` (XEP-0174 section 3).

use std::fmt;

/// The name a peer is announced under: any text, of the form `user@machine` by custom. Compared as
/// DNS compares: without the case of ASCII letters.
#[derive(Debug, Clone)]
pub struct PeerName(String);

impl PeerName {
    /// Takes an instance name as it was announced.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for PeerName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for PeerName {}

impl std::hash::Hash for PeerName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            byte.to_ascii_lowercase().hash(state);
        }
    }
}

impl Ord for PeerName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |name: &Self| name.0.to_ascii_lowercase();
        lower(self).cmp(&lower(other))
    }
}

impl PartialOrd for PeerName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The longest DNS label, in bytes (RFC 1035 section 2.3.4).
const LABEL_BYTES: usize = 63;
/// The longest machine name we use: the user, a number and a port have to fit beside it.
const MACHINE_BYTES: usize = 40;
/// The highest number tried after collisions.
const NUMBER_LIMIT: u32 = 99;

/// The names we want and the numbers they carry after collisions: `juliet-1@pronto` where another
/// application on this machine is `juliet@pronto`, `juliet@pronto-1` where another machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming {
    user: String,
    machine: String,
    user_number: u32,
    machine_number: u32,
}

/// The names to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// The instance name.
    pub(crate) instance: PeerName,
    /// The host label of the SRV record. It carries our port, so that it is ours alone on this
    /// machine, and our goodbye takes down nobody else's address records.
    pub(crate) host: String,
}

impl Naming {
    /// Makes names of what the embedder wants, as far as DNS can carry them.
    pub(crate) fn new(user: &str, machine: &str) -> Self {
        Self {
            user: clean_user(user),
            machine: clean_machine(machine),
            user_number: 0,
            machine_number: 0,
        }
    }

    /// The names, with their numbers, for a listener on `port`.
    pub(crate) fn names(&self, port: u16) -> Names {
        let machine = numbered(&self.machine, self.machine_number);
        let suffix = match self.user_number {
            0 => format!("@{machine}"),
            number => format!("-{number}@{machine}"),
        };
        let user = cut(&self.user, LABEL_BYTES.saturating_sub(suffix.len()));
        Names {
            instance: PeerName::new(format!("{user}{suffix}")),
            host: format!("{machine}-{port}"),
        }
    }

    /// Another application on this machine has the name. Says whether there is a number left.
    pub(crate) fn next_user(&mut self) -> bool {
        self.user_number += 1;
        self.user_number <= NUMBER_LIMIT
    }

    /// Another machine has the name. Says whether there is a number left.
    pub(crate) fn next_machine(&mut self) -> bool {
        self.machine_number += 1;
        self.machine_number <= NUMBER_LIMIT
    }

    /// Begins again without numbers.
    pub(crate) fn reset(&mut self) {
        (self.user_number, self.machine_number) = (0, 0);
    }
}

fn numbered(name: &str, number: u32) -> String {
    match number {
        0 => name.to_owned(),
        number => format!("{name}-{number}"),
    }
}

/// Dots and backslashes go, for the sake of the responder; `@` divides user and machine.
fn clean_user(user: &str) -> String {
    let text: String = user
        .chars()
        .map(|c| match c {
            '.' | '\\' => ' ',
            '@' => '-',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "device".to_owned() } else { text }
}

/// A host label: XEP-0174 section 12 allows US-ASCII alone, and DNS only letters, digits, hyphens.
/// In lower case, since the responder compares names of its own with their case.
fn clean_machine(machine: &str) -> String {
    let label = machine.split('.').next().unwrap_or_default();
    let label: String = label
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let label = cut(label.trim_matches('-'), MACHINE_BYTES).trim_matches('-');
    if label.is_empty() { "device".to_owned() } else { label.to_owned() }
}

/// Cuts `text` to at most `bytes` bytes, between characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_user_and_machine_and_the_host_is_ours_alone() {
        let names = Naming::new("juliet", "Pronto.local").names(5562);
        assert_eq!(names.instance.as_str(), "juliet@pronto");
        assert_eq!(names.host, "pronto-5562");
    }

    #[test]
    fn the_number_goes_to_the_part_that_collided() {
        let mut naming = Naming::new("juliet", "pronto");
        assert!(naming.next_user());
        assert_eq!(naming.names(1).instance.as_str(), "juliet-1@pronto");
        assert!(naming.next_machine() && naming.next_machine());
        assert_eq!(naming.names(1).instance.as_str(), "juliet-1@pronto-2");
        assert_eq!(naming.names(1).host, "pronto-2-1");
        naming.reset();
        assert_eq!(naming.names(1).instance.as_str(), "juliet@pronto");
    }

    #[test]
    fn numbers_come_to_an_end() {
        let mut naming = Naming::new("juliet", "pronto");
        assert_eq!((0..200).filter(|_| naming.next_user()).count(), 99);
    }

    #[test]
    fn whatever_is_wanted_dns_can_carry() {
        for user in ["", "...", "é@è", "Mr. Bean\\'s TV", &"ü".repeat(90), "a\u{1}b", "\n"] {
            for machine in ["", "-", "wohnzimmer fernseher", "日本", &"m".repeat(90)] {
                let names =
                    Naming { user_number: 99, machine_number: 99, ..Naming::new(user, machine) }
                        .names(65535);
                let (user, host) = names.instance.as_str().rsplit_once('@').unwrap();
                assert!(names.instance.as_str().len() <= 63 && names.host.len() <= 63);
                assert!(!user.is_empty() && !user.contains(['.', '\\', '@']));
                assert!(host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
            }
        }
        assert_eq!(Naming::new("Mr. Bean's TV", "x").names(1).instance.as_str(), "Mr Bean's TV@x");
    }

    #[test]
    fn names_are_compared_as_dns_compares() {
        assert_eq!(PeerName::new("Juliet@Pronto"), PeerName::new("juliet@pronto"));
        assert_ne!(PeerName::new("É@x"), PeerName::new("é@x"));
    }
}
