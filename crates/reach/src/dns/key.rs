//! The TSIG key: its secret comes from a file, in any of the forms in which DNS servers and their
//! tools write it.
//!
//! The secret alone in base64; `hmac-sha256:name:secret`; BIND's `key "name" { algorithm
//! hmac-sha256; secret "..."; };`; Knot's `key:` section. Where the file says the algorithm, it
//! counts; otherwise it is hmac-sha256.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::{Name, TSigner};

use super::Failure;

/// How far the server's clock and ours may be apart, in seconds (RFC 8945, section 10).
const FUDGE: u16 = 300;
/// No file with a key in it is longer.
const LONGEST: u64 = 64 * 1024;

/// One key of a file. It has no `Debug`, so that no log can hold the secret.
struct Key<'a> {
    name: Option<&'a str>,
    algorithm: Option<&'a str>,
    secret: &'a str,
}

/// Reads the key `name` from `file`.
pub(super) fn signer(name: &str, file: &Path) -> Result<TSigner, Failure> {
    let unusable = |why: &str| Failure::Key { file: file.to_path_buf(), why: why.to_owned() };
    let text = read(file).map_err(|error| unusable(&error.to_string()))?;
    let key = find(&text, name).map_err(|why| unusable(&why))?;
    let algorithm = algorithm(key.algorithm).map_err(|why| unusable(&why))?;
    let secret = STANDARD
        .decode(key.secret)
        .map_err(|_| unusable("its secret is not base64"))
        .and_then(|secret| Some(secret).filter(|s| !s.is_empty()).ok_or(unusable("it is empty")))?;
    let name = Name::from_ascii(name).map_err(|_| unusable("tsig_name is not a domain name"))?;
    TSigner::new(secret, algorithm, name.to_lowercase(), FUDGE)
        .map_err(|error| unusable(&error.to_string()))
}

fn read(file: &Path) -> std::io::Result<String> {
    let open = std::fs::File::open(file)?;
    if open.metadata()?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(
            "{} can be read by others on this machine: chmod 600 it, it holds a key",
            file.display()
        );
    }
    let mut text = String::new();
    open.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn algorithm(name: Option<&str>) -> Result<TsigAlgorithm, String> {
    match name.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).as_deref() {
        None | Some("hmac-sha256") => Ok(TsigAlgorithm::HmacSha256),
        Some("hmac-sha384") => Ok(TsigAlgorithm::HmacSha384),
        Some("hmac-sha512") => Ok(TsigAlgorithm::HmacSha512),
        Some(other) => Err(format!(
            "its algorithm {other} is not supported; use hmac-sha256, hmac-sha384 or hmac-sha512"
        )),
    }
}

/// Finds the key of this name; a key without a name is taken for it.
fn find<'a>(text: &'a str, name: &str) -> Result<Key<'a>, String> {
    let keys = keys(text);
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let others: Vec<_> = keys.iter().filter_map(|key| key.name).map(plain).collect();
    keys.into_iter().find(|key| key.name.is_none_or(|own| plain(own) == plain(name))).ok_or_else(
        || match others.as_slice() {
            [] => "it holds no key".to_owned(),
            _ => format!("it holds the key {}, not {name}", others.join(", ")),
        },
    )
}

fn keys(text: &str) -> Vec<Key<'_>> {
    let words: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#') && !line.starts_with("//"))
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "{}\";:'".contains(c)))
        .filter(|word| !word.is_empty() && *word != "-")
        .collect();
    match words.as_slice() {
        [secret] => return vec![Key { name: None, algorithm: None, secret }],
        [algorithm, name, secret] if algorithm.starts_with("hmac-") => {
            return vec![Key { name: Some(name), algorithm: Some(algorithm), secret }];
        }
        _ => {}
    }
    let (mut keys, mut name, mut algorithm) = (Vec::new(), None, None);
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        match word {
            // Knot: `key:`, then `- id: name`.
            "key" => name = words.next_if(|next| *next != "id"),
            "id" => name = words.next(),
            "algorithm" => algorithm = words.next(),
            "secret" => {
                if let Some(secret) = words.next() {
                    keys.push(Key { name: name.take(), algorithm: algorithm.take(), secret });
                }
            }
            _ => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "6Uq0pTnnXmtQPLtFOsjqxXsLQ9vYg2zJ5jC3Qf5tO1E=";

    fn read_key(text: &str) -> Result<TSigner, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, text).unwrap();
        signer("televisor", &file)
    }

    #[test]
    fn a_secret_alone_is_a_key_for_hmac_sha256() {
        let key = read_key(&format!("{SECRET}\n")).unwrap();
        assert_eq!(key.algorithm(), &TsigAlgorithm::HmacSha256);
        assert_eq!(key.key(), STANDARD.decode(SECRET).unwrap());
        assert_eq!(key.signer_name().to_string(), "televisor.");
    }

    #[test]
    fn the_forms_of_bind_and_knot_and_their_tools_are_understood() {
        for text in [
            format!("key \"televisor\" {{\n\talgorithm hmac-sha512;\n\tsecret \"{SECRET}\";\n}};"),
            format!(
                "# hmac-sha512:televisor:x\nkey:\n  - id: televisor.\n    algorithm: hmac-sha512\n    secret: {SECRET}\n"
            ),
            format!("hmac-sha512:televisor:{SECRET}"),
            format!(
                "key other {{ algorithm hmac-md5; secret AAAA; }};\nkey televisor {{ algorithm hmac-sha512; secret {SECRET}; }};"
            ),
        ] {
            let key = read_key(&text).unwrap();
            assert_eq!(key.algorithm(), &TsigAlgorithm::HmacSha512, "{text}");
            assert_eq!(key.key(), STANDARD.decode(SECRET).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said_without_saying_the_key() {
        for (text, why) in [
            (String::new(), "holds no key"),
            ("not*base64".to_owned(), "not base64"),
            (format!("hmac-sha256:other:{SECRET}"), "holds the key other, not televisor"),
            (format!("hmac-md5:televisor:{SECRET}"), "hmac-md5 is not supported"),
        ] {
            let Err(failure) = read_key(&text) else { panic!("{text}") };
            assert!(failure.to_string().contains(why), "{failure}");
            assert!(!failure.to_string().contains(SECRET));
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let Err(failure) = signer("televisor", Path::new("/nowhere/key")) else { panic!() };
        assert!(failure.to_string().contains("/nowhere/key"), "{failure}");
    }
}
