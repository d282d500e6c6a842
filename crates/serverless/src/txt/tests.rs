//! Presence in TXT records: what is sent, what is read, and that neither can be broken.

use proptest::prelude::*;

use super::*;

fn juliet() -> Presence {
    Presence {
        first: Some("Juliet".to_owned()),
        last: Some("Capulet".to_owned()),
        nick: Some("JuliC".to_owned()),
        email: Some("juliet@capulet.lit".to_owned()),
        jid: Some("juliet@capulet.lit".to_owned()),
        msg: Some("Hanging out downtown".to_owned()),
        status: Availability::Away,
        caps: Some(Caps {
            hash: "sha-1".to_owned(),
            node: "http://www.adiumx.com".to_owned(),
            version: "QgayPKawpkPSDYmwT/WM94uAlu0=".to_owned(),
        }),
        photo_hash: None,
        conferencing: Some(Conferencing { audio: true, many: true, free: true, video: false }),
    }
}

fn lines(strings: &[(String, String)]) -> Vec<String> {
    strings.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

fn read(lines: &[&str]) -> Presence {
    let split = |line: &&str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.to_owned(), value.to_owned())
    };
    from_txt(&lines.iter().map(split).collect::<Vec<_>>())
}

#[test]
fn the_record_of_the_xep_is_written_with_the_version_first() {
    assert_eq!(
        lines(&to_txt(&juliet(), 5562)),
        [
            "txtvers=1",
            "port.p2pj=5562",
            "status=away",
            "nick=JuliC",
            "jid=juliet@capulet.lit",
            "node=http://www.adiumx.com",
            "hash=sha-1",
            "ver=QgayPKawpkPSDYmwT/WM94uAlu0=",
            "1st=Juliet",
            "last=Capulet",
            "email=juliet@capulet.lit",
            "vc=AC!",
            "msg=Hanging out downtown",
        ]
    );
}

#[test]
fn nothing_personal_is_told_unless_it_is_filled_in() {
    let strings = to_txt(&Presence::default(), 5298);
    assert_eq!(lines(&strings), ["txtvers=1", "port.p2pj=5298", "status=avail"]);
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(from_txt(&to_txt(&juliet(), 5562)), juliet());
}

#[test]
fn an_empty_record_is_an_available_peer() {
    assert_eq!(read(&[]), Presence::default());
    assert_eq!(read(&["", "="]), Presence::default());
}

#[test]
fn keys_are_read_in_any_case_the_first_one_counts_and_unknown_ones_do_not() {
    let presence = read(&["TXTVERS=1", "Nick=a", "nick=b", "AIM=x", "ext=y", "Status=DND", "msg"]);
    assert_eq!(presence.nick.as_deref(), Some("a"));
    assert_eq!(presence.status, Availability::DoNotDisturb);
    assert_eq!(presence.msg, None);
}

#[test]
fn an_unknown_status_is_available() {
    assert_eq!(read(&["status=busy"]).status, Availability::Available);
    assert_eq!(read(&["status= away "]).status, Availability::Away);
}

#[test]
fn capabilities_and_photo_hashes_are_taken_whole_or_not_at_all() {
    assert_eq!(read(&["node=n", "ver=v"]).caps, None);
    assert_eq!(read(&["phsh=abc"]).photo_hash, None);
    let hash = "A3839614E1A382BCFEBBCF20464F519E81770813";
    let presence = read(&[&format!("phsh={hash}")]);
    assert_eq!(presence.photo_hash, Some(hash.to_ascii_lowercase()));
    let presence = Presence { photo_hash: presence.photo_hash, ..Presence::default() };
    assert!(!lines(&to_txt(&presence, 1)).iter().any(|line| line.starts_with("phsh")));
}

#[test]
fn lines_terminals_and_directions_cannot_be_broken() {
    let presence = read(&["msg=a\n\u{1b}[2Jb\u{202e}c  d"]);
    assert_eq!(presence.msg.as_deref(), Some("a [2Jbc d"));
}

#[test]
fn addresses_that_are_none_are_left_out() {
    let presence = Presence {
        jid: Some("juliet@capulet.lit @@ j@shakespeare.lit".to_owned()),
        email: Some("juliet nobody@ @nowhere".to_owned()),
        ..Presence::default()
    };
    let strings = lines(&to_txt(&presence, 1));
    assert!(strings.contains(&"jid=juliet@capulet.lit j@shakespeare.lit".to_owned()));
    assert!(!strings.iter().any(|line| line.starts_with("email")));
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(prop_oneof![
        "\\PC{0,20}",
        "[a-z]{0,400}",
        "[é日\u{1f4fa} ]{0,200}",
        proptest::collection::vec(any::<char>(), 0..400).prop_map(String::from_iter),
        "([a-z]{1,9}@[a-z]{1,9} ){0,60}",
    ])
}

prop_compose! {
    fn presences()(
        (first, last, nick) in (text(), text(), text()),
        (email, jid, msg) in (text(), text(), text()),
        caps in proptest::option::of((text(), text(), text())),
        flags in proptest::option::of(any::<[bool; 4]>()),
    ) -> Presence {
        Presence {
            first, last, nick, email, jid, msg,
            caps: caps.map(|(hash, node, version)| Caps {
                hash: hash.unwrap_or_default(),
                node: node.unwrap_or_default(),
                version: version.unwrap_or_default(),
            }),
            conferencing: flags.map(|[audio, video, many, free]| Conferencing { audio, video, many, free }),
            ..Presence::default()
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_told_the_record_keeps_the_rules(presence in presences()) {
        let strings = to_txt(&presence, 5298);
        prop_assert_eq!(strings[0].0.as_str(), "txtvers");
        let size: usize = strings.iter().map(|(k, v)| k.len() + v.len() + 2).sum();
        prop_assert!(size <= 1300, "{} bytes", size);
        for (at, (key, value)) in strings.iter().enumerate() {
            prop_assert!(key.len() + 1 + value.len() <= 255);
            prop_assert!(!value.is_empty() && !value.chars().any(char::is_control));
            prop_assert!(!strings[..at].iter().any(|(earlier, _)| earlier == key), "{} twice", key);
        }
    }

    #[test]
    fn reading_what_was_written_changes_nothing_any_more(presence in presences()) {
        let once = from_txt(&to_txt(&presence, 5298));
        prop_assert_eq!(from_txt(&to_txt(&once, 5298)), once);
    }

    #[test]
    fn whatever_is_read_can_be_shown(strings in proptest::collection::vec(
        (prop_oneof!["nick", "msg", "jid", "status", "vc", "phsh", ".{0,9}"], any::<String>()), 0..20)
    ) {
        let read = from_txt(&strings);
        for text in [read.nick, read.msg, read.jid, read.photo_hash].into_iter().flatten() {
            prop_assert!(!text.is_empty() && text.len() <= 255);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
