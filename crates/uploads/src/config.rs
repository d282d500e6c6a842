//! The `[uploads]` table.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};

/// How much is kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether members of the household may upload files at all.
    pub enabled: bool,
    /// The most bytes of one file.
    pub max_file_size: Size,
    /// The most bytes of one account.
    pub quota: Size,
    /// The most bytes of all.
    pub total: Size,
    /// How long a file is kept.
    pub keep: SignedDuration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            max_file_size: Size(64 << 20),
            quota: Size(1 << 30),
            total: Size(4 << 30),
            keep: SignedDuration::from_hours(30 * 24),
        }
    }
}

impl Config {
    /// Checks that the values go together.
    ///
    /// # Errors
    /// The key, and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        if self.keep < SignedDuration::from_mins(1) {
            return Err("uploads.keep: must be a minute at least".to_owned());
        }
        if self.max_file_size.0 == 0 || self.max_file_size > self.quota || self.quota > self.total {
            return Err(
                "uploads.max_file_size: one file must fit into `quota`, and that into `total`"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// A number of bytes, written as people do: `64MiB`, `500kB`, `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

impl Size {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
            .unwrap_or((text, 1));
        number.trim().parse::<u64>().ok()?.checked_mul(unit).map(Self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a size such as \"64MiB\""))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_people_write_them() {
        assert_eq!(Size::parse("64MiB"), Some(Size(64 << 20)));
        assert_eq!(Size::parse("1 GB"), Some(Size(1_000_000_000)));
        assert_eq!(Size::parse("17"), Some(Size(17)));
        assert!(Size::parse("many").is_none() && Size::parse("99999999999TiB").is_none());
    }

    #[test]
    fn the_default_goes_together_and_nonsense_does_not() {
        assert_eq!(Config::default().check(), Ok(()));
        let small = Config { total: Size(1), ..Config::default() };
        assert!(small.check().is_err());
    }
}
