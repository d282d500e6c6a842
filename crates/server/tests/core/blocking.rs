//! XEP-0191: what is in force is what is on disk, whoever blocked whom at the same time.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::client::Client;
use crate::household::{ANN, Household};

/// Sends a request of this namespace.
async fn request(client: &mut Client, kind: &str, id: &str, payload: &str) {
    let blocking = ns::BLOCKING;
    let payload = payload.replacen(' ', &format!(" xmlns='{blocking}' "), 1);
    client.send(&format!("<iq type='{kind}' id='{id}'>{payload}</iq>")).await;
}

/// Waits for the answer to a request.
async fn answer(client: &mut Client, id: &str) -> Element {
    loop {
        let stanza = client.element().await;
        if stanza.attr("id") == Some(id) {
            return stanza;
        }
    }
}

#[tokio::test]
async fn two_resources_that_block_at_once_have_both_blocked() {
    let house = Household::new().await;
    let mut sofa = house.login(ANN, "sofa").await;
    let mut hall = house.login(ANN, "hall").await;
    for round in 0..100 {
        let by = |whom: &str| format!("<block ><item jid='{whom}{round}@away.example'/></block>");
        request(&mut sofa, "set", "s", &by("joe")).await;
        request(&mut hall, "set", "h", &by("eve")).await;
        answer(&mut sofa, "s").await;
        answer(&mut hall, "h").await;
        request(&mut sofa, "get", "l", "<blocklist />").await;
        let list = answer(&mut sofa, "l").await;
        let blocked = list.child("blocklist", ns::BLOCKING).unwrap().children().count();
        assert_eq!(blocked, 2 * (round + 1));
    }
}
