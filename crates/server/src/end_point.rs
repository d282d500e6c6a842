//! RFC 5929 section 4: `tls-server-end-point`, the hash of the certificate that a server shows.
//!
//! The hash is the one of the certificate's own signature, SHA-256 where that is weaker. A
//! certificate whose signature has no single hash (Ed25519, RSASSA-PSS) has no such binding.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// DER's tags for the two things that are looked into.
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// Object identifiers of signature algorithms, less the last byte: RSA PKCS #1 (RFC 8017).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// ECDSA with one of SHA-2 (RFC 5758).
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
/// ECDSA with SHA-1 (RFC 3279).
const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];

/// Returns the channel's data for a certificate (DER), if there is such a thing for it.
pub(crate) fn hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, outer, _) = value(certificate)?;
    let (_, _, rest) = value(outer)?;
    let (SEQUENCE, algorithm, _) = value(rest)? else { return None };
    let (OBJECT_IDENTIFIER, identifier, _) = value(algorithm)? else { return None };
    let (last, family) = identifier.split_last()?;
    match (family, last) {
        // MD5 and SHA-1 are replaced by SHA-256 (section 4.1).
        (RSA, 4 | 5 | 11) | (ECDSA, 2) | (ECDSA_SHA1, 1) => {
            Some(Sha256::digest(certificate).to_vec())
        }
        (RSA, 12) | (ECDSA, 3) => Some(Sha384::digest(certificate).to_vec()),
        (RSA, 13) | (ECDSA, 4) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// Reads one value of DER: its tag, its contents, and what follows it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (length, rest) = rest.split_at_checked(long - 0x80).filter(|(l, _)| l.len() < 5)?;
            (length.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
        }
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((*tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_hash_is_the_one_of_the_signature() {
        let with_256 = made(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(hash(&with_256), Some(Sha256::digest(&with_256).to_vec()));
        let with_384 = made(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(hash(&with_384), Some(Sha384::digest(&with_384).to_vec()));
    }

    #[test]
    fn a_signature_without_a_hash_has_no_binding() {
        assert_eq!(hash(&made(&rcgen::PKCS_ED25519)), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_binding() {
        let certificate = made(&rcgen::PKCS_ECDSA_P256_SHA256);
        for end in 0..certificate.len() {
            assert_eq!(hash(&certificate[..end]), None);
        }
        assert_eq!(hash(&[0x30, 0x85, 1, 1, 1, 1, 1, 0]), None);
    }
}
