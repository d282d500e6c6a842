//! The published exchanges, and the ones that must not succeed.

use proptest::prelude::*;

use super::client::Binding;
use super::*;

const SHA1: Mechanism = Mechanism { hash: Hash::Sha1, plus: false };
const SHA256: Mechanism = Mechanism { hash: Hash::Sha256, plus: false };
const PLUS: Mechanism = Mechanism { hash: Hash::Sha256, plus: true };

/// A published exchange of user `user` with password `pencil`.
struct Published {
    mechanism: Mechanism,
    client_nonce: &'static str,
    server_nonce: &'static str,
    salt: &'static str,
    messages: [&'static str; 4],
}

const RFC_5802: Published = Published {
    mechanism: SHA1,
    client_nonce: "fyko+d2lbbFgONRv9qkxdawL",
    server_nonce: "3rfcNHYJY1ZVvWVs7j",
    salt: "QSXCR+Q6sek8bf92",
    messages: [
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ],
};

const RFC_7677: Published = Published {
    mechanism: SHA256,
    client_nonce: "rOprNGfwEbeRWgbNEkqO",
    server_nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    messages: [
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ],
};

fn pencil(hash: Hash) -> ScramKeys {
    derive_keys("pencil", b"0123456789abcdef", 4096, hash).unwrap()
}

/// Lets a client and a server talk, and returns what each thinks of it.
fn talk(
    mechanism: Mechanism,
    client_binding: Binding<'_>,
    server_binding: Option<&ChannelBinding>,
    password: &str,
) -> Result<(), ScramError> {
    let (first, client) =
        client::start(mechanism, "joe", password, client_binding, "client-nonce")?;
    let server = server::start(mechanism, server_binding, first.as_bytes())?;
    assert_eq!(server.username(), "joe");
    let (challenge, server) = server.challenge(pencil(mechanism.hash), "server-nonce");
    let (response, client) = client.respond(challenge.as_bytes())?;
    let verdict = server.verify(response.as_bytes())?;
    client.verify(verdict.as_bytes())
}

#[test]
fn the_published_exchanges_come_out_to_the_letter() {
    use base64::Engine as _;
    for published in [RFC_5802, RFC_7677] {
        let salt = base64::engine::general_purpose::STANDARD.decode(published.salt).unwrap();
        let [first, challenge, response, verdict] = published.messages;
        let (said, client) = client::start(
            published.mechanism,
            "user",
            "pencil",
            Binding::Unsupported,
            published.client_nonce,
        )
        .unwrap();
        assert_eq!(said, first);
        let server = server::start(published.mechanism, None, first.as_bytes()).unwrap();
        let keys = derive_keys("pencil", &salt, 4096, published.mechanism.hash).unwrap();
        let (said, server) = server.challenge(keys, published.server_nonce);
        assert_eq!(said, challenge);
        let (said, client) = client.respond(challenge.as_bytes()).unwrap();
        assert_eq!(said, response);
        assert_eq!(server.verify(response.as_bytes()).unwrap(), verdict);
        client.verify(verdict.as_bytes()).unwrap();
    }
}

#[test]
fn a_wrong_password_is_refused() {
    for mechanism in [SHA1, SHA256] {
        let talked = talk(mechanism, Binding::Unsupported, None, "pencils");
        assert_eq!(talked, Err(ScramError::Proof));
    }
}

#[test]
fn an_unknown_user_gets_the_same_salt_every_time_and_never_in() {
    let keys = || unknown_user_keys(b"secret", "ghost", 4096, Hash::Sha256);
    assert_eq!(keys(), keys());
    assert_ne!(keys().salt, unknown_user_keys(b"secret", "ghoul", 4096, Hash::Sha256).salt);
    let (first, client) =
        client::start(SHA256, "ghost", "pencil", Binding::Unsupported, "nonce").unwrap();
    let (challenge, server) =
        server::start(SHA256, None, first.as_bytes()).unwrap().challenge(keys(), "more");
    let (response, _) = client.respond(challenge.as_bytes()).unwrap();
    assert_eq!(server.verify(response.as_bytes()), Err(ScramError::Proof));
}

#[test]
fn the_plus_mechanisms_need_the_same_channel_at_both_ends() {
    let here = ChannelBinding::tls_exporter(vec![1; 32]);
    let there = ChannelBinding::tls_exporter(vec![2; 32]);
    assert_eq!(talk(PLUS, Binding::Bound(&here), Some(&here), "pencil"), Ok(()));
    let intercepted = talk(PLUS, Binding::Bound(&here), Some(&there), "pencil");
    assert_eq!(intercepted, Err(ScramError::BindingMismatch));
}

#[test]
fn the_binding_flag_has_to_fit_mechanism_and_offer() {
    let channel = ChannelBinding::tls_exporter(vec![1; 32]);
    let start = |mechanism, binding, first: &str| {
        server::start(mechanism, binding, format!("{first}n=u,r=x").as_bytes()).map(drop)
    };
    // `n` is a client without channel binding: welcome on any mechanism but -PLUS.
    assert_eq!(start(SHA256, Some(&channel), "n,,"), Ok(()));
    assert_eq!(start(SHA256, None, "n,,"), Ok(()));
    assert_eq!(start(PLUS, Some(&channel), "n,,"), Err(ScramError::UnexpectedBinding));
    // `y` is a client that saw no offer: true without, an attack with one.
    assert_eq!(start(SHA256, None, "y,,"), Ok(()));
    assert_eq!(start(SHA256, Some(&channel), "y,,"), Err(ScramError::Downgrade));
    assert_eq!(start(PLUS, Some(&channel), "y,,"), Err(ScramError::UnexpectedBinding));
    // `p` belongs to -PLUS, with the one type offered.
    assert_eq!(start(PLUS, Some(&channel), "p=tls-exporter,,"), Ok(()));
    let other = start(PLUS, Some(&channel), "p=tls-unique,,");
    assert_eq!(other, Err(ScramError::UnexpectedBinding));
    let unasked = start(SHA256, Some(&channel), "p=tls-exporter,,");
    assert_eq!(unasked, Err(ScramError::UnexpectedBinding));
    assert_eq!(start(PLUS, None, "p=tls-exporter,,"), Err(ScramError::UnexpectedBinding));
}

#[test]
fn an_offer_that_was_changed_on_the_way_is_noticed_by_the_client() {
    let offer = |mechanism: &str| Offer {
        mechanisms: vec![mechanism.to_owned()],
        bindings: vec!["tls-exporter".to_owned()],
    };
    let seen = |offered: Option<Offer>, seen: Offer| {
        let (first, client) =
            client::start(SHA256, "joe", "pencil", Binding::Unsupported, "nonce").unwrap();
        let mut server = server::start(SHA256, None, first.as_bytes()).unwrap();
        if let Some(offered) = offered {
            server = server.offering(&offered);
        }
        let (challenge, server) = server.challenge(pencil(Hash::Sha256), "more");
        let (response, _) = client.offered(&seen).respond(challenge.as_bytes())?;
        server.verify(response.as_bytes()).map(drop)
    };
    assert_eq!(seen(Some(offer("SCRAM-SHA-256")), offer("SCRAM-SHA-256")), Ok(()));
    let changed = seen(Some(offer("SCRAM-SHA-256")), offer("SCRAM-SHA-1"));
    assert_eq!(changed, Err(ScramError::Tampered));
    assert_eq!(seen(None, offer("SCRAM-SHA-1")), Ok(()), "servers without it are no trouble");
}

#[test]
fn a_channel_is_bound_by_the_type_the_client_chose() {
    let exporter = ChannelBinding::tls_exporter(vec![1; 32]);
    let end_point = ChannelBinding::tls_server_end_point(vec![2; 32]);
    let start = |kind: &str, bindings: &[ChannelBinding]| {
        let message = format!("p={kind},,n=u,r=x");
        server::start(PLUS, bindings, message.as_bytes()).map(drop)
    };
    let both = [exporter, end_point];
    assert_eq!(start("tls-server-end-point", &both), Ok(()));
    assert_eq!(start("tls-server-end-point", &both[..1]), Err(ScramError::UnexpectedBinding));
    let (first, client) =
        client::start(PLUS, "joe", "pencil", Binding::Bound(&both[1]), "nonce").unwrap();
    let server = server::start(PLUS, &both, first.as_bytes()).unwrap();
    let (challenge, server) = server.challenge(pencil(Hash::Sha256), "more");
    let (response, _) = client.respond(challenge.as_bytes()).unwrap();
    assert!(server.verify(response.as_bytes()).is_ok());
}

#[test]
fn commas_and_equals_signs_in_names_survive() {
    let (first, _) = client::start(SHA1, "a,b=c=2C", "x", Binding::Unsupported, "nonce").unwrap();
    assert_eq!(first, "n,,n=a=2Cb=3Dc=3D2C,r=nonce");
    assert_eq!(server::start(SHA1, None, first.as_bytes()).unwrap().username(), "a,b=c=2C");
    let wrong = server::start(SHA1, None, b"n,,n=a=2Zb,r=nonce").map(drop);
    assert_eq!(wrong, Err(ScramError::Malformed));
}

#[test]
fn an_authorization_identity_is_told() {
    let started = server::start(SHA1, None, b"n,a=joe@example.com,n=joe,r=nonce").unwrap();
    assert_eq!(started.authzid(), Some("joe@example.com"));
}

#[test]
fn an_unknown_mandatory_extension_ends_it() {
    let started = server::start(SHA1, None, b"n,,m=x,n=joe,r=nonce").map(drop);
    assert_eq!(started, Err(ScramError::Extension));
}

#[test]
fn a_changed_header_or_nonce_is_noticed() {
    let (first, client) =
        client::start(SHA1, "joe", "pencil", Binding::Unsupported, "nonce").unwrap();
    // What a man in the middle makes of `n,,`.
    let changed = first.replacen("n,,", "y,,", 1);
    let server = server::start(SHA1, None, changed.as_bytes()).unwrap();
    let (challenge, server) = server.challenge(pencil(Hash::Sha1), "more");
    let (response, _) = client.respond(challenge.as_bytes()).unwrap();
    assert_eq!(server.verify(response.as_bytes()), Err(ScramError::BindingMismatch));

    let server = server::start(SHA1, None, first.as_bytes()).unwrap();
    let (_, server) = server.challenge(pencil(Hash::Sha1), "other");
    assert_eq!(server.verify(response.as_bytes()), Err(ScramError::Nonce));
}

#[test]
fn a_client_refuses_a_server_that_asks_for_too_little_or_too_much() {
    for iterations in ["1", "4095", "4000000000"] {
        let (_, client) =
            client::start(SHA1, "joe", "pencil", Binding::Unsupported, "nonce").unwrap();
        let challenge = format!("r=noncemore,s=QSXCR+Q6sek8bf92,i={iterations}");
        let answer = client.respond(challenge.as_bytes()).map(drop);
        assert_eq!(answer, Err(ScramError::Iterations));
    }
}

#[test]
fn a_client_refuses_a_server_that_does_not_know_the_password() {
    let answer = |verdict: &str| {
        let (_, client) =
            client::start(SHA1, "joe", "pencil", Binding::Unsupported, "nonce").unwrap();
        let (_, client) = client.respond(b"r=noncemore,s=QSXCR+Q6sek8bf92,i=4096").unwrap();
        client.verify(verdict.as_bytes())
    };
    assert_eq!(answer("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), Err(ScramError::ServerSignature));
    assert_eq!(answer("v="), Err(ScramError::ServerSignature));
    assert_eq!(answer("e=invalid-proof"), Err(ScramError::Refused));
    assert_eq!(answer(""), Err(ScramError::Malformed));
}

#[test]
fn plain_passwords_are_checked_against_the_same_keys() {
    for hash in [Hash::Sha1, Hash::Sha256] {
        assert!(verify_plain("pencil", &pencil(hash)));
        assert!(!verify_plain("Pencil", &pencil(hash)));
        // RFC 4013: a soft hyphen is mapped to nothing.
        assert!(verify_plain("pen\u{ad}cil", &pencil(hash)));
        assert!(!verify_plain("pencil\u{7}", &pencil(hash)));
    }
}

#[test]
fn the_best_mechanism_is_chosen() {
    let offer = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];
    assert_eq!(Mechanism::choose(offer, true), Some(PLUS));
    assert_eq!(Mechanism::choose(offer, false), Some(SHA256));
    assert_eq!(Mechanism::choose(["PLAIN"], true), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_messages_never_panic_and_never_log_in(
        first in "([nyp]=?[a-z-]{0,4},(a=.{0,4})?,)?.{0,30}",
        last in ".{0,20}(c=[a-zA-Z]{0,8})?(,r=.{0,8})?(,p=.{0,8})?",
    ) {
        if let Ok(started) = server::start(SHA1, None, first.as_bytes()) {
            let keys = unknown_user_keys(b"s", "u", 4096, Hash::Sha1);
            let (_, challenged) = started.challenge(keys, "more");
            prop_assert!(challenged.verify(last.as_bytes()).is_err());
        }
    }
}
