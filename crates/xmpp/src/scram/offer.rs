//! XEP-0474: what the server offered, hashed into its first message, so that both ends notice when
//! somebody in between took something out of the offer.

use super::hash::Hash;
use super::message::encode;

/// Between the names of one list: not allowed in XML, so in no name.
const NEXT: &str = "\u{1e}";
/// Between the two lists.
const LIST: &str = "\u{1f}";

/// The mechanisms and types of channel binding that a server offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// The mechanisms, of that profile of SASL that is used.
    pub mechanisms: Vec<String>,
    /// The types of channel binding (XEP-0440); empty if the server named none.
    pub bindings: Vec<String>,
}

impl Offer {
    /// Returns the value of the attribute `h` (section 5.1).
    pub(super) fn digest(&self, hash: Hash) -> String {
        let mut text = sorted(&self.mechanisms);
        if !self.bindings.is_empty() {
            text.push_str(LIST);
            text.push_str(&sorted(&self.bindings));
        }
        encode(&hash.digest(text.as_bytes()))
    }
}

/// In the order of the octets (RFC 4790 section 9.3), which is that of Rust's strings.
fn sorted(names: &[String]) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.join(NEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_document_comes_out_to_the_letter() {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        let offer = Offer {
            mechanisms: names(["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"]),
            bindings: names(["tls-server-end-point", "tls-exporter"]),
        };
        assert_eq!(offer.digest(Hash::Sha1), "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
    }
}
