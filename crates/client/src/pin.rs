//! TLS with exactly one certificate: the one whose SHA-256 the receiver told when pairing.
//!
//! No name, date or issuer is looked at: the receiver's certificate is its own, and the pin came in
//! an answer that only a receiver knowing the passcode could give.

use std::sync::Arc;

use rustls::ClientConfig;
use televisor_pairing::client::pin::Pin;

/// Makes a TLS configuration that accepts only the certificate with this SHA-256 (hexadecimal;
/// colons and case do not matter). `None` if it is no SHA-256.
pub(crate) fn config(sha256: &str) -> Option<Arc<ClientConfig>> {
    let pin = Pin::new(Some(&parse(sha256)?));
    pin.client_config().ok().map(Arc::new)
}

/// Returns the 64 digits alone.
fn parse(hex: &str) -> Option<String> {
    let digits: String = hex.chars().filter(|c| *c != ':').collect();
    let fits = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_64_hexadecimal_digits() {
        assert_eq!(parse(&"0f".repeat(32)), Some("0f".repeat(32)));
        assert_eq!(parse(&"0F:".repeat(32)), Some("0f".repeat(32)));
        assert_eq!(parse(&"0f".repeat(31)), None);
        assert_eq!(parse("not hexadecimal"), None);
    }
}
