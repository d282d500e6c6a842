//! How long messages are archived, and how large the archive may grow, as text.

use std::time::Duration;

use serde::Deserialize;
use televisor_server::ArchiveConfig;

/// Seconds of the units that a retention is given in.
const UNITS: [(&str, u64); 4] =
    [("h", 3600), ("d", 86_400), ("w", 7 * 86_400), ("y", 365 * 86_400)];

/// Bytes of the units that a size is given in.
const SIZES: [(&str, u64); 3] = [("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

/// How long messages are kept; `None`: they are not archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Retention(pub(crate) Option<Duration>);

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Size(pub(crate) u64);

impl Default for Retention {
    fn default() -> Self {
        Self(ArchiveConfig::default().retention)
    }
}

impl Default for Size {
    fn default() -> Self {
        Self(ArchiveConfig::default().bytes)
    }
}

impl TryFrom<String> for Retention {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self(None));
        }
        let seconds = number(&text, &UNITS).filter(|seconds| *seconds > 0);
        let wrong = || format!("`{text}` is neither a time such as \"365d\" or \"2y\" nor \"off\"");
        seconds.map(|seconds| Self(Some(Duration::from_secs(seconds)))).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = number(&text, &SIZES).filter(|bytes| *bytes > 0);
        bytes
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a size such as \"500MiB\" or \"1GiB\""))
    }
}

/// Reads a whole number with one of these units.
fn number(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    units.iter().find_map(|(unit, factor)| {
        let number: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        number.checked_mul(*factor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention(text: &str) -> Result<Retention, String> {
        Retention::try_from(text.to_owned())
    }

    #[test]
    fn a_retention_has_a_unit_or_is_off() {
        assert_eq!(retention("365d"), Ok(Retention::default()));
        assert_eq!(retention("1y"), Ok(Retention::default()));
        assert_eq!(retention("off"), Ok(Retention(None)));
        assert!(retention("365").is_err() && retention("0d").is_err() && retention("-1d").is_err());
    }

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!(Size::try_from("1GiB".to_owned()), Ok(Size::default()));
        assert_eq!(Size::try_from("1024 MiB".to_owned()), Ok(Size::default()));
        assert!(Size::try_from("1000".to_owned()).is_err());
        assert!(Size::try_from("99999999999999999999GiB".to_owned()).is_err());
    }
}
