//! Durations as text: `30s`, `5m`, `1h 30m`.

use jiff::SignedDuration;

/// Reads a duration that is not negative.
pub(crate) fn parse(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is not a duration such as \"5m\" or \"30s\""))?;
    if duration.is_negative() {
        return Err(format!("`{text}` is negative"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_hours_are_read() {
        assert_eq!(parse("5m"), Ok(SignedDuration::from_secs(300)));
        assert_eq!(parse("1h 30m"), Ok(SignedDuration::from_secs(5400)));
    }

    #[test]
    fn a_bare_number_and_a_negative_one_are_refused() {
        assert!(parse("5").is_err() && parse("-5m").is_err());
    }
}
