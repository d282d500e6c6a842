//! What today's clients use, by slixmpp: bookmarks, avatars, block lists, archives and vCards.

use serde_json::{Value, json};
use televisor_e2e::pairing::{Paired, pair};
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;
use televisor_e2e::stock::{heard, jid, numbered, says, slixmpp};

const BOOKMARKS: &str = "urn:xmpp:bookmarks:1";

/// Joe's phone and laptop, which are one account, and Dan.
struct Household {
    phone: Script,
    laptop: Script,
    dans: Script,
    joe: Paired,
    dan: Paired,
    _receiver: Receiver,
}

/// Logs all of them in; `None` if this machine has no clients.
fn household(test: &str) -> Option<Household> {
    if skip::without(test, "curl") {
        return None;
    }
    let python = skip::python(test)?;
    let receiver = Receiver::start(Setup::quiet());
    let (dan, joe) = (pair(&receiver, "Dan"), pair(&receiver, "Joe"));
    let ((phone, _), (laptop, _)) =
        (slixmpp(&python, &receiver, &joe), slixmpp(&python, &receiver, &joe));
    let (dans, _) = slixmpp(&python, &receiver, &dan);
    Some(Household { phone, laptop, dans, joe, dan, _receiver: receiver })
}

#[test]
fn a_bookmark_of_one_device_is_on_the_other() {
    let Some(mut all) = household("a_bookmark_of_one_device_is_on_the_other") else { return };
    all.phone.tell("bookmark orchard@rooms.example joe The Orchard");
    let told = all.laptop.expect("an event", |line| line["node"] == BOOKMARKS);
    assert_eq!(told["ids"], json!(["orchard@rooms.example"]), "{told}");
    all.laptop.tell("bookmarks");
    let kept = all.laptop.expect("bookmarks", |line| line["event"] == "bookmarks");
    assert_eq!(kept["rooms"], json!({"orchard@rooms.example": ["The Orchard", "joe", true]}));
}

#[test]
fn bookmarks_are_for_nobody_else() {
    let Some(mut all) = household("bookmarks_are_for_nobody_else") else { return };
    all.phone.tell("bookmark orchard@rooms.example joe The Orchard");
    all.laptop.expect("an event", |line| line["node"] == BOOKMARKS);
    all.phone.tell(&format!("say {} done", jid(&all.dan)));
    all.dans.expect("a message", |line| says(line, "done"));
    let told = all.dans.heard.iter().any(|line| line["node"] == BOOKMARKS);
    assert!(!told, "{:#?}", all.dans.heard);
}

#[test]
fn an_avatar_is_seen_by_a_contact() {
    let Some(mut all) = household("an_avatar_is_seen_by_a_contact") else { return };
    all.phone.tell("avatar");
    let published = all.phone.expect("it to be kept", |line| line["event"] == "avatar-published");
    let joe = jid(&all.joe);
    let ones = |line: &Value| line["event"] == "avatar" && line["sender"] == joe;
    let seen = all.dans.expect("an event", ones);
    let id = published["id"].as_str().unwrap();
    assert_eq!(seen["id"], id, "{seen}");
    all.dans.tell(&format!("picture {joe} {id}"));
    let picture = all.dans.expect("the picture", |line| line["event"] == "picture");
    assert_eq!(picture["sha1"], id, "{picture}");
}

#[test]
fn who_is_blocked_is_not_heard() {
    let Some(mut all) = household("who_is_blocked_is_not_heard") else { return };
    let (joe, dan) = (jid(&all.joe), jid(&all.dan));
    all.laptop.tell("blocked");
    let list = all.laptop.expect("a list", |line| line["event"] == "block-list");
    assert_eq!(list["jids"], json!([]), "{list}");
    all.phone.tell(&format!("block {dan}"));
    all.phone.expect("a result", |line| line["event"] == "blocked");
    let push = all.laptop.expect("a push", |line| line["event"] == "block-push");
    assert_eq!(push["jids"], json!([dan]), "{push}");
    all.dans.tell(&format!("say {joe} anybody there"));
    let bounced = all.dans.expect("an error", |line| line["event"] == "bounced");
    assert_eq!(bounced["condition"], "service-unavailable", "{bounced}");

    all.laptop.tell(&format!("unblock {dan}"));
    all.laptop.expect("a result", |line| line["event"] == "unblocked");
    all.dans.tell(&format!("say {joe} there again"));
    all.phone.expect("a message", |line| says(line, "there again"));
    assert_eq!(heard(&all.phone, ""), ["there again"]);
}

#[test]
fn an_archive_of_120_messages_is_read_in_pages() {
    let Some(mut all) = household("an_archive_of_120_messages_is_read_in_pages") else { return };
    all.dans.tell(&format!("burst 120 {} line", jid(&all.joe)));
    all.phone.expect("the last message", |line| says(line, "line 120"));
    all.phone.tell("archive 50");
    let archive = all.phone.expect("the archive", |line| line["event"] == "archived");
    assert_eq!(archive["bodies"], json!(numbered("line", 120)));
    all.phone.tell("latest 3");
    let latest = all.phone.expect("the last page", |line| line["event"] == "latest");
    assert_eq!(latest["bodies"], json!(["line 120", "line 119", "line 118"]));
    let hundredth = archive["ids"][99].as_str().unwrap();
    all.phone.tell(&format!("archive 50 {hundredth}"));
    let rest = all.phone.expect("what came later", |line| line["event"] == "archived");
    assert_eq!(rest["bodies"], json!(numbered("line", 120)[100..]));
}

#[test]
fn a_vcard_is_seen_by_a_contact() {
    let Some(mut all) = household("a_vcard_is_seen_by_a_contact") else { return };
    all.phone.tell("card Joe Bloggs");
    all.phone.expect("it to be kept", |line| line["event"] == "card-set");
    all.dans.tell(&format!("vcard {}", jid(&all.joe)));
    let card = all.dans.expect("a vCard", |line| line["event"] == "vcard");
    assert_eq!(card["fn"], "Joe Bloggs", "{card}");
}
