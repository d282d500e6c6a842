//! The `[recordings]` table of the configuration.

use std::path::PathBuf;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use televisor_model::Padding;

/// The longest padding on either side; more is a mistake in the file.
pub(crate) const MOST_PADDING: SignedDuration = SignedDuration::from_hours(3);

/// Where recordings go, and how much is recorded around each programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder for recordings; `recordings` in the data folder unless set.
    pub dir: Option<PathBuf>,
    /// Extra time before the published start, such as `"1m"`; up to three hours.
    pub pad_before: SignedDuration,
    /// Extra time after the published end, such as `"3m"`; up to three hours.
    pub pad_after: SignedDuration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dir: None,
            pad_before: SignedDuration::from_mins(1),
            pad_after: SignedDuration::from_mins(3),
        }
    }
}

impl Config {
    /// Returns what is wrong with the values, with the full path of the key.
    ///
    /// # Errors
    /// A sentence about the first value out of range.
    pub fn check(&self) -> Result<(), String> {
        for (key, value) in [("pad_before", self.pad_before), ("pad_after", self.pad_after)] {
            if value.is_negative() || value > MOST_PADDING {
                return Err(format!("recordings.{key} must be between 0s and 3h"));
            }
        }
        Ok(())
    }

    /// Returns the padding of a timer that says nothing else.
    #[must_use]
    pub fn padding(&self) -> Padding {
        Padding { before: self.pad_before, after: self.pad_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        let config = parse(r#"{"pad_before": "90s", "pad_after": "1h 5m"}"#).unwrap();
        assert_eq!(config.pad_before, SignedDuration::from_secs(90));
        assert_eq!(config.pad_after, SignedDuration::from_mins(65));
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn unknown_keys_and_absurd_paddings_are_refused() {
        assert!(parse(r#"{"pad": "90s"}"#).is_err());
        for text in [r#"{"pad_before": "-1s"}"#, r#"{"pad_after": "4h"}"#] {
            assert!(parse(text).unwrap().check().unwrap_err().starts_with("recordings.pad_"));
        }
    }
}
