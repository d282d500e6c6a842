//! The `[pairing]` table.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

/// How pairing is done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Digits of a passcode: 6 to 8, or 4 and 5 with `legacy_short_codes`.
    pub digits: u8,
    /// How long pairing stays open: 3 to 15 minutes.
    pub window: SignedDuration,
    /// Allows passcodes of 4 or 5 digits, for devices that can take no more.
    pub legacy_short_codes: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { digits: 8, window: SignedDuration::from_mins(5), legacy_short_codes: false }
    }
}

/// A value out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Too few or too many digits.
    #[error(
        "pairing.digits is {0}: use 6 to 8 (4 or 5 only with pairing.legacy_short_codes = true)"
    )]
    Digits(u8),
    /// Too short or too long.
    #[error("pairing.window is {0:#}: use 3m to 15m")]
    Window(SignedDuration),
}

impl Config {
    /// Shortest window.
    pub const SHORTEST: Duration = Duration::from_secs(3 * 60);
    /// Longest window.
    pub const LONGEST: Duration = Duration::from_secs(15 * 60);

    /// Says what is out of range.
    ///
    /// # Errors
    /// [`ConfigError`], with the key's full path.
    pub fn check(&self) -> Result<(), ConfigError> {
        let least = if self.legacy_short_codes { 4 } else { 6 };
        if !(least..=8).contains(&self.digits) {
            return Err(ConfigError::Digits(self.digits));
        }
        let window = Duration::try_from(self.window).unwrap_or_default();
        if !(Self::SHORTEST..=Self::LONGEST).contains(&window) {
            return Err(ConfigError::Window(self.window));
        }
        Ok(())
    }

    /// Returns how long to stay open when `asked` for, within the bounds.
    #[must_use]
    pub fn open_for(&self, asked: Option<Duration>) -> Duration {
        let usual = Duration::try_from(self.window).unwrap_or_default();
        asked.unwrap_or(usual).clamp(Self::SHORTEST, Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_checked() {
        assert_eq!(toml::from_str::<Config>("").unwrap().check(), Ok(()));
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        assert_eq!(read("digits = 6\nwindow = '15m'").check(), Ok(()));
        assert_eq!(read("digits = 4").check(), Err(ConfigError::Digits(4)));
        assert_eq!(read("digits = 4\nlegacy_short_codes = true").check(), Ok(()));
        assert!(read("window = '1m'").check().is_err());
        assert!(toml::from_str::<Config>("digit = 6").is_err());
    }

    #[test]
    fn r1_the_window_is_open_for_3_to_15_minutes_and_5_by_default() {
        let open_for = |minutes: Option<u64>| {
            let asked = minutes.map(|minutes| Duration::from_secs(60 * minutes));
            Config::default().open_for(asked).as_secs() / 60
        };
        assert_eq!([None, Some(1), Some(7), Some(60)].map(open_for), [5, 3, 7, 15]);
    }
}
