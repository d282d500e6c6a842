//! `<episode-num>` in its several systems.

use televisor_model::Episode;

/// Reads `xmltv_ns`: `season . episode/of . part/of`, counted from zero; any of them may be missing.
#[must_use]
pub fn xmltv_ns(text: &str) -> Option<Episode> {
    let mut parts = text.split('.').map(|part| {
        let number = part.split('/').next().unwrap_or_default().trim();
        number.parse::<u32>().ok().and_then(|n| n.checked_add(1))
    });
    let season = parts.next().flatten();
    known(Episode { season, number: parts.next().flatten() })
}

/// Reads what stands on the screen: `S02E05`, `s2 ep5`, `2x05`, `Episode 5`, `5`.
#[must_use]
pub fn onscreen(text: &str) -> Option<Episode> {
    let mut season = None;
    let mut number = None;
    let mut word = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if !c.is_ascii_digit() {
            if c.is_alphabetic() {
                word.extend(c.to_lowercase());
            }
            continue;
        }
        let mut digits = String::from(c);
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let value = digits.parse::<u32>().ok();
        match word.as_str() {
            "s" | "season" | "series" => season = season.or(value),
            "x" if season.is_none() => (season, number) = (number, value),
            _ => number = number.or(value),
        }
        word.clear();
    }
    known(Episode { season, number })
}

/// Returns the series' part of a `dd_progid`, such as `EP01234567.0012`; films have none.
#[must_use]
pub fn series_of(progid: &str) -> Option<String> {
    let progid = progid.trim();
    let of_series = progid.starts_with("EP") || progid.starts_with("SH");
    let series = progid.split('.').next().filter(|s| of_series && s.len() > 2)?;
    // An episode and its series differ only in these two letters.
    series.get(2..).map(|number| format!("SH{number}"))
}

fn known(episode: Episode) -> Option<Episode> {
    (episode != Episode::default()).then_some(episode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episode(season: Option<u32>, number: Option<u32>) -> Option<Episode> {
        Some(Episode { season, number })
    }

    #[test]
    fn numbers_counted_from_zero_become_numbers_counted_from_one() {
        assert_eq!(xmltv_ns("1 . 4/10 . 0/1"), episode(Some(2), Some(5)));
        assert_eq!(xmltv_ns("10.7.0"), episode(Some(11), Some(8)));
        assert_eq!(xmltv_ns(".4."), episode(None, Some(5)));
        assert_eq!(xmltv_ns(" . . "), None);
        assert_eq!(xmltv_ns("4294967295.."), None);
    }

    #[test]
    fn numbers_on_the_screen_are_read_in_many_spellings() {
        for (text, season, number) in [
            ("S02E05", Some(2), Some(5)),
            ("s2 ep5", Some(2), Some(5)),
            ("2x05", Some(2), Some(5)),
            ("Season 3", Some(3), None),
            ("Episode 5", None, Some(5)),
            ("5", None, Some(5)),
        ] {
            assert_eq!(onscreen(text), episode(season, number), "{text}");
        }
        assert_eq!(onscreen("Pilot"), None);
    }

    #[test]
    fn a_series_is_named_alike_by_itself_and_by_its_episodes() {
        assert_eq!(series_of("EP01234567.0012").as_deref(), Some("SH01234567"));
        assert_eq!(series_of("SH01234567"), series_of("EP01234567.0012"));
        assert_eq!(series_of("MV00000001.0000"), None);
    }
}
