//! XEP-0198 across a restart, and across a power cut: what a client was sent and has not acknowledged
//! is neither lost nor sent to it a second time.

use std::path::Path;
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::client::Client;
use crate::household::DOMAIN;
use crate::process::Running;

const BODIES: [&str; 3] = ["first", "second", "third"];

/// Logs in as a client that counts; returns it with the id of its session.
async fn counting(server: &Running, user: &str, resource: &str) -> (Client, String) {
    let mut client = server.connect(user).await;
    client.bind(resource).await;
    client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let enabled = client.element().await;
    client.send("<presence/>").await;
    while client.element().await.name() != "presence" {}
    (client, enabled.attr("id").unwrap().to_owned())
}

/// Has Ann write to Bob, and waits until all of it is safe.
async fn write(server: &Running) {
    let (mut ann, _) = counting(server, "ann", "sofa").await;
    for body in BODIES {
        let to = format!("bob@{DOMAIN}");
        ann.send(&format!("<message type='chat' to='{to}'><body>{body}</body></message>")).await;
    }
    ann.send("<r xmlns='urn:xmpp:sm:3'/>").await;
    while !ann.element().await.is("a", ns::STREAM_MANAGEMENT) {}
    ann.send("</stream:stream>").await;
}

/// Has Ann write to Bob, whose client is away already, before the power goes.
async fn written_to_nobody(folder: &Path) {
    let server = Running::start(folder);
    let (bob, _) = counting(&server, "bob", "hall").await;
    drop(bob);
    write(&server).await;
    server.kill();
}

fn body(stanza: &Element) -> Option<String> {
    stanza.child("body", ns::CLIENT).map(Element::text)
}

/// Reads up to this message; returns how many stanzas came since the presence of the client itself.
async fn received_until(client: &mut Client, last: &str) -> u32 {
    // The presence is the first of them.
    let mut count = 1;
    loop {
        let stanza = client.element().await;
        count += u32::from(stanza.namespace() == ns::CLIENT);
        if body(&stanza).as_deref() == Some(last) {
            return count;
        }
    }
}

/// Becomes available; returns the messages that wait.
async fn waiting(client: &mut Client) -> Vec<String> {
    client.send("<presence/>").await;
    client.send("<iq type='get' id='end'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    let mut bodies = Vec::new();
    loop {
        let stanza = client.element().await;
        bodies.extend(body(&stanza));
        if stanza.attr("id") == Some("end") {
            return bodies;
        }
    }
}

/// Comes back as Bob, who says that he has received `h` stanzas; returns the messages that wait.
async fn come_back(server: &Running, id: &str, h: u32) -> Vec<String> {
    let mut bob = server.connect("bob").await;
    bob.send(&format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='{h}'/>")).await;
    let failed = bob.element().await;
    assert!(failed.has_child("item-not-found", ns::STANZA_ERRORS), "{failed:?}");
    bob.bind("hall").await;
    waiting(&mut bob).await
}

#[tokio::test]
async fn what_was_not_received_comes_once_when_its_client_is_back() {
    for stop in [Running::kill, Running::stop] {
        let folder = tempfile::tempdir().unwrap();
        let server = Running::start(folder.path());
        let (mut bob, id) = counting(&server, "bob", "hall").await;
        write(&server).await;
        let h = received_until(&mut bob, BODIES[0]).await;
        stop(server);
        let server = Running::start(folder.path());
        assert_eq!(come_back(&server, &id, h).await, BODIES[1..]);
        assert_eq!(come_back(&server, &id, h).await, [""; 0], "nothing comes a second time");
        server.kill();
    }
}

#[tokio::test]
async fn what_was_sent_to_a_client_that_was_away_already_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    written_to_nobody(folder.path()).await;
    let server = Running::start(folder.path());
    let mut bob = server.connect("bob").await;
    // The app was started anew as well: it knows nothing of a session.
    bob.bind("hall").await;
    assert_eq!(waiting(&mut bob).await, BODIES);
    server.kill();
}

#[tokio::test]
async fn what_waited_is_not_lost_on_its_way_to_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path());
    write(&server).await;
    let (mut bob, id) = counting(&server, "bob", "hall").await;
    let h = received_until(&mut bob, BODIES[1]).await;
    server.kill();
    let server = Running::start(folder.path());
    assert_eq!(come_back(&server, &id, h).await, BODIES[2..]);
    server.kill();
}

#[tokio::test]
async fn what_was_acknowledged_does_not_come_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path());
    let (mut bob, id) = counting(&server, "bob", "hall").await;
    write(&server).await;
    let h = received_until(&mut bob, BODIES[2]).await;
    bob.send(&format!("<a xmlns='urn:xmpp:sm:3' h='{h}'/>")).await;
    assert_eq!(waiting(&mut bob).await, [""; 0]);
    server.stop();
    let server = Running::start(folder.path());
    assert_eq!(come_back(&server, &id, h).await, [""; 0]);
    server.kill();
}

#[tokio::test]
async fn what_nobody_came_back_for_goes_to_whoever_of_the_account_is_there() {
    let folder = tempfile::tempdir().unwrap();
    written_to_nobody(folder.path()).await;
    let server = Running::start_impatient(folder.path(), Duration::from_secs(2));
    let (mut bob, _) = counting(&server, "bob", "kitchen").await;
    assert_eq!(received_until(&mut bob, BODIES[2]).await, 4, "the presence, and all of them");
    server.kill();
}
