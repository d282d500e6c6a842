//! The one instance name and the one host name, and how both are numbered after a conflict.
//!
//! RFC 6762 section 9 and RFC 6763 section 4.1.1, appendix D: `Test Set-top Box` becomes
//! `Test Set-top Box (2)`, and its host `test-set-top-box` becomes `test-set-top-box-2`, always
//! with the same number, so that people see one name for one receiver.

/// The longest DNS label, in bytes (RFC 1035 section 2.3.4).
const LABEL_BYTES: usize = 63;

/// Who is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The friendly name, any UTF-8.
    pub name: String,
    /// The host label made from it: letters, digits and hyphens.
    pub host_label: String,
}

/// The names in use, the same for every service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The instance name.
    pub instance: String,
    /// The host label, without `.local`.
    pub host: String,
    /// Whether every service has been announced under these names; until then they may change.
    pub announced: bool,
}

impl Names {
    /// Returns the host name with its domain: `test-set-top-box.local`.
    #[must_use]
    pub fn host_name(&self) -> String {
        format!("{}.local", self.host)
    }
}

impl Identity {
    /// Returns the names for the `number`th attempt, from 1 on.
    pub(crate) fn numbered(&self, number: u32) -> Names {
        let (instance_suffix, host_suffix) = match number {
            0 | 1 => (String::new(), String::new()),
            _ => (format!(" ({number})"), format!("-{number}")),
        };
        let name = if self.name.trim().is_empty() { "Televisor" } else { self.name.trim() };
        let host = if self.host_label.is_empty() { "televisor" } else { &self.host_label };
        Names {
            instance: format!(
                "{}{instance_suffix}",
                cut(name, LABEL_BYTES - instance_suffix.len())
            ),
            host: format!(
                "{}{host_suffix}",
                cut(host, LABEL_BYTES - host_suffix.len()).trim_end_matches('-')
            ),
            announced: false,
        }
    }
}

/// Cuts `text` to at most `bytes` bytes, between characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str, host: &str) -> Identity {
        Identity { name: name.to_owned(), host_label: host.to_owned() }
    }

    #[test]
    fn both_names_carry_the_same_number() {
        let names = identity("Test Set-top Box", "test-set-top-box").numbered(2);
        assert_eq!(names.instance, "Test Set-top Box (2)");
        assert_eq!(names.host_name(), "test-set-top-box-2.local");
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_keeps_its_number() {
        let names = identity(&"é".repeat(60), &"a".repeat(63)).numbered(12);
        assert!(names.instance.len() <= 63 && names.instance.ends_with("é (12)"));
        assert_eq!(names.host.len(), 63);
        assert!(names.host.ends_with("a-12"));
    }
}
