//! What is an address, what is not, and which are the same.

use proptest::prelude::*;

use super::*;

fn jid(text: &str) -> Jid {
    text.parse().unwrap()
}

fn refused(text: &str) -> JidError {
    text.parse::<Jid>().unwrap_err()
}

#[test]
fn an_address_falls_into_its_parts() {
    let full = jid("joe@example.com/a@b/c");
    assert_eq!(full.localpart(), Some("joe"));
    assert_eq!(full.domainpart().as_str(), "example.com");
    assert_eq!(full.resourcepart(), Some("a@b/c"));
    assert_eq!(full.bare().to_string(), "joe@example.com");
    assert_eq!(jid("example.com/x@y").localpart(), None);
}

#[test]
fn case_of_account_and_host_does_not_matter_and_that_of_the_resource_does() {
    assert_eq!(jid("Joe@EXAMPLE.com/R").to_string(), "joe@example.com/R");
    assert_ne!(jid("joe@example.com/R"), jid("joe@example.com/r"));
}

#[test]
fn a_final_dot_is_no_part_of_the_name() {
    assert_eq!(jid("a@foo.local."), jid("a@foo.local"));
}

#[test]
fn the_form_of_2010_keeps_its_spelling_and_is_compared_without_case() {
    let uuid = "30146e8b-8fe1-4c09-8a48-2f3ab5a5ce10";
    let spelled = jid(&format!("{uuid}@Test\\20Set-top\\20Box/phone"));
    assert_eq!(spelled.domainpart().kind(), DomainKind::Escaped);
    assert_eq!(spelled.to_string(), format!("{uuid}@Test\\20Set-top\\20Box/phone"));
    let lower = jid(&format!("{uuid}@test\\20set-top\\20box/phone"));
    assert_eq!(spelled, lower);
    let mut set = std::collections::HashSet::new();
    set.insert(spelled);
    assert!(set.contains(&lower));
}

#[test]
fn ip_literals_are_their_own_kinds() {
    assert!(matches!(jid("a@192.0.2.1").domainpart().kind(), DomainKind::Ipv4(_)));
    assert_eq!(jid("a@[2001:DB8:0::1]/r").to_string(), "a@[2001:db8::1]/r");
    assert_eq!(refused("a@[::1"), JidError::Ipv6);
    assert_eq!(refused("a@::1"), JidError::Character(Part::Domainpart));
}

#[test]
fn names_beyond_ascii_are_one_with_their_a_labels() {
    assert_eq!(jid("a@Bücher.example"), jid("a@xn--bcher-kva.example"));
    let domain: Domain = "bücher.example".parse().unwrap();
    assert_eq!(domain.to_dns_name().as_deref(), Some("xn--bcher-kva.example"));
}

#[test]
fn each_broken_rule_is_named() {
    assert_eq!(refused(""), JidError::Empty(Part::Domainpart));
    assert_eq!(refused("@example.com"), JidError::Empty(Part::Localpart));
    assert_eq!(refused("joe@"), JidError::Empty(Part::Domainpart));
    assert_eq!(refused("joe@example.com/"), JidError::Empty(Part::Resourcepart));
    assert_eq!(refused("a b@example.com"), JidError::Character(Part::Localpart));
    assert_eq!(refused("a@Test Set-top Box"), JidError::Character(Part::Domainpart));
    assert_eq!(refused("a@b@c"), JidError::Character(Part::Domainpart));
    assert_eq!(refused("a@b/\u{7}"), JidError::Character(Part::Resourcepart));
    assert_eq!(refused("a@b..c"), JidError::LabelLength);
    assert_eq!(refused("a@-b"), JidError::LabelHyphen);
    assert_eq!(refused("a@xn--\u{fffd}"), JidError::Idna);
    assert_eq!(refused("a@b\\2"), JidError::Escape);
    assert_eq!(refused("a@b\\41c"), JidError::Escape);
    assert_eq!(refused(&format!("{}@b", "a".repeat(1024))), JidError::TooLong(Part::Localpart));
    assert_eq!(
        refused(&format!("a@b/{}", "a".repeat(1024))),
        JidError::TooLong(Part::Resourcepart)
    );
    assert_eq!("a@b/c".parse::<BareJid>(), Err(JidError::UnexpectedResource));
    assert_eq!("a@b".parse::<FullJid>(), Err(JidError::MissingResource));
}

#[test]
fn hosts_in_use_that_idna_would_refuse_are_accepted() {
    for text in ["a@host_name.local", "a@ho--st", "a@1.2.3.4.5"] {
        assert_eq!(jid(text).to_string(), text);
    }
}

#[test]
fn a_letter_that_is_too_young_to_be_folded_is_refused() {
    // U+1CCD6, an outlined A, of 2024.
    assert_eq!(refused("\u{1ccd6}@b"), JidError::Character(Part::Localpart));
}

#[test]
fn an_emoji_may_be_in_a_resource() {
    assert_eq!(jid("a@b/📺").resourcepart(), Some("📺"));
}

#[test]
fn an_address_moves_to_an_alias() {
    let alias: Domain = "Test\\20Set-top\\20Box".parse().unwrap();
    assert_eq!(jid("a@b/c").at(alias).to_string(), "a@Test\\20Set-top\\20Box/c");
}

#[test]
fn a_friendly_name_becomes_a_host() {
    assert_eq!(ldh_host("Test Set-top Box"), "test-set-top-box");
    assert_eq!(ldh_host("  Joe's -- TV_2! "), "joes-tv-2");
    assert_eq!(ldh_host("Télé du salon"), "tele-du-salon");
    assert_eq!(ldh_host("テレビ"), "televisor");
    assert!(ldh_host(&"a ".repeat(100)).len() <= 63);
}

#[test]
fn a_friendly_name_becomes_the_domain_of_2010() {
    assert_eq!(escape_domain("Test Set-top Box"), "Test\\20Set-top\\20Box");
    assert_eq!(
        escape_domain("R&D: \"Joe's\" \\o/ <a@b>\u{7}\u{a0}x").parse::<Domain>().unwrap().as_str(),
        "R\\26D\\3a\\20\\22Joe\\27s\\22\\20\\5co\\2f\\20\\3ca\\40b\\3e\\20x"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_is_printed_parses_to_the_same(text in "\\PC{0,24}(@\\PC{1,24})?(/\\PC{1,24})?") {
        if let Ok(jid) = text.parse::<Jid>() {
            prop_assert_eq!(&jid.to_string().parse::<Jid>().unwrap(), &jid);
        }
    }

    #[test]
    fn every_name_makes_a_host_and_an_escaped_domain(name in "\\PC{1,40}") {
        let host: Domain = ldh_host(&name).parse().unwrap();
        prop_assert_eq!(host.as_str(), ldh_host(&name));
        prop_assert!(!host.as_str().contains("--"));
        let escaped = escape_domain(&name);
        if escaped.contains('\\') {
            prop_assert!(escaped.parse::<Domain>().is_ok(), "{}", escaped);
        }
    }
}
