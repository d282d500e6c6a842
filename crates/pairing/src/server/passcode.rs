//! The code on the screen: digits from the operating system's generator, trivial ones left out.

use std::fmt;

use crate::random::{self, NoRandomness};

/// A passcode. It does not show in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Passcode(String);

impl Passcode {
    /// Draws one of `digits` digits. Leading zeros are digits like any other.
    ///
    /// # Errors
    /// [`NoRandomness`] if there is none.
    pub fn draw(digits: u8) -> Result<Self, NoRandomness> {
        let digits = usize::from(digits.clamp(4, 8));
        loop {
            let mut text = String::with_capacity(digits);
            while text.len() < digits {
                // 250 is a multiple of ten: every digit is equally likely.
                let fair = random::bytes::<16>()?.into_iter().filter(|byte| *byte < 250);
                let fair = fair.filter_map(|byte| char::from_digit(u32::from(byte % 10), 10));
                text.extend(fair.take(digits - text.len()));
            }
            if !is_trivial(&text) {
                return Ok(Self(text));
            }
        }
    }

    /// Returns the digits, for the screen.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passcode(…)")
    }
}

/// Writes a code as people read it aloud: `1234 5678`, `123 456`.
#[must_use]
pub fn spaced(code: &str) -> String {
    let half = code.len().div_ceil(2);
    match code.split_at_checked(half) {
        Some((one, two)) if code.len() >= 6 => format!("{one} {two}"),
        _ => code.to_owned(),
    }
}

/// Runs (`34567890`), repeats (`12341234`), and fewer than three different digits.
fn is_trivial(code: &str) -> bool {
    let digits = code.as_bytes();
    let steps = |step: u8| {
        digits.iter().zip(digits.iter().skip(1)).all(|(a, b)| (a - b'0' + step) % 10 == b - b'0')
    };
    let repeats =
        |period: usize| digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b);
    let different = (b'0'..=b'9').filter(|digit| digits.contains(digit)).count();
    different < 3 || steps(1) || steps(9) || (1..=digits.len() / 2).any(repeats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_digits_asked_for_and_leading_zeros() {
        let codes: Vec<_> = (0..400).map(|_| Passcode::draw(8).unwrap()).collect();
        assert!(codes.iter().all(|code| code.expose().len() == 8));
        assert!(codes.iter().all(|c| c.expose().bytes().all(|b| b.is_ascii_digit())));
        assert!(codes.iter().any(|code| code.expose().starts_with('0')));
        assert!(!codes.iter().any(|code| is_trivial(code.expose())));
        assert_eq!(Passcode::draw(6).unwrap().expose().len(), 6);
    }

    #[test]
    fn what_anybody_would_guess_is_trivial() {
        for code in
            ["00000000", "12345678", "98765432", "78901234", "12341234", "12121212", "11112222"]
        {
            assert!(is_trivial(code), "{code}");
        }
        assert!(!is_trivial("40718293"));
    }

    #[test]
    fn a_code_is_shown_in_two_halves() {
        assert_eq!(spaced("12345678"), "1234 5678");
        assert_eq!(spaced("1234567"), "1234 567");
        assert_eq!(spaced("123456"), "123 456");
        assert_eq!(spaced("1234"), "1234");
    }
}
