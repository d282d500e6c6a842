//! When to renew a certificate, and when to try again after a failure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use crate::certificate::Facts;

/// The first pause after a failure that the authority has not counted, and after one that it has:
/// public authorities allow five of those an hour.
const SOON: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(15 * 60);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// The shortest pause, whatever else is said.
const SHORTEST: Duration = Duration::from_secs(1);

/// Returns when two thirds of the lifetime are over.
pub(super) fn two_thirds(facts: &Facts) -> Timestamp {
    let lifetime = facts.not_after.duration_since(facts.not_before);
    facts.not_before.saturating_add(lifetime / 3 * 2).unwrap_or(facts.not_before)
}

/// Returns a moment of the window that the authority suggests (RFC 9773, section 4.2): the same
/// for one certificate each time, and for many spread evenly.
pub(super) fn in_window(
    start: Timestamp,
    end: Timestamp,
    certificate: &CertificateDer<'_>,
) -> Timestamp {
    let digest = Sha256::digest(certificate);
    let part = i64::from(digest.first().copied().unwrap_or_default());
    let width = end.duration_since(start).as_millis().max(0);
    let width = i64::try_from(width).unwrap_or(i64::MAX / 256);
    let offset = SignedDuration::from_millis(width / 256 * part);
    start.saturating_add(offset).unwrap_or(start)
}

/// Returns the pause after the `failures`th failure in a row. `left` is how long the certificate
/// in use is still good, if there is one: the nearer its end, the more often one tries.
pub(super) fn retry_after(failures: u32, counted: bool, left: Option<SignedDuration>) -> Duration {
    let first = if counted { LATER } else { SOON };
    let pause = first.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    let left = left.and_then(|left| Duration::try_from(left).ok()).filter(|left| !left.is_zero());
    pause.min(left.map_or(LONGEST, |left| left / 4)).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_certificate_of_ninety_days_is_renewed_after_sixty() {
        let facts = Facts {
            not_before: at("2026-11-01T00:00Z"),
            not_after: at("2027-01-30T00:00Z"),
            issuer: String::new(),
            names: Vec::new(),
        };
        assert_eq!(two_thirds(&facts), at("2026-12-31T00:00Z"));
    }

    #[test]
    fn the_moment_within_the_window_is_always_the_same_one() {
        let (start, end) = (at("2026-12-01T00:00Z"), at("2026-12-03T00:00Z"));
        let one = CertificateDer::from(vec![1]);
        let moment = in_window(start, end, &one);
        assert!(start <= moment && moment < end);
        assert_eq!(moment, in_window(start, end, &one));
        assert_ne!(moment, in_window(start, end, &CertificateDer::from(vec![2])));
        assert_eq!(in_window(end, start, &one), end);
    }

    #[test]
    fn failures_that_the_authority_counts_are_repeated_seldom() {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        assert_eq!(retry_after(0, true, None), minutes(15));
        assert_eq!(retry_after(1, true, None), minutes(30));
        assert_eq!(retry_after(60, true, None), LONGEST);
        assert_eq!(retry_after(0, false, None), SOON);
        assert_eq!(retry_after(2, false, None), minutes(2));
    }

    #[test]
    fn the_nearer_the_end_the_more_often_one_tries() {
        let left = |seconds| Some(SignedDuration::from_secs(seconds));
        assert_eq!(retry_after(9, true, left(20)), Duration::from_secs(5));
        assert_eq!(retry_after(9, true, left(-20)), LONGEST);
        assert_eq!(retry_after(0, false, left(1)), SHORTEST);
    }
}
