//! The ordinary account that the receiver logs in to: the same receiver there.

use std::sync::Arc;

use televisor_clock::Clock;
use televisor_model::Via;
use televisor_receiver::Receiver;
use televisor_uplink::{About, Config, Uplink};
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use tokio::sync::mpsc;

use super::people::{Arrival, People};
use super::ways::Ways;
use crate::problem::Problem;
use crate::serve::presence;

/// Begins to log in. What people say there is for [`listen`].
pub(in crate::serve) fn start(
    config: Config,
    receiver: &Receiver,
    clock: &Clock,
) -> Result<(Uplink, mpsc::Receiver<Element>), Problem> {
    let about = About {
        name: receiver.identity().name(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        presence: presence::presence(receiver),
        vcard: presence::vcard(receiver),
        answers: vec![ns::VCARD4.to_owned()],
        features: [ns::RECEIPTS, ns::CORRECTION, ns::CHAT_STATES].map(str::to_owned).to_vec(),
    };
    Uplink::start(config, about, clock.clone()).map_err(|error| Problem::usage(error.to_string()))
}

/// Gives what arrives to [`People`], one after another, and sends what they say to it.
pub(in crate::serve) async fn listen(
    mut stanzas: mpsc::Receiver<Element>,
    ways: Ways,
    people: Arc<People>,
) {
    while let Some(stanza) = stanzas.recv().await {
        let Some(from) = stanza.attr("from").and_then(|from| from.parse::<Jid>().ok()) else {
            continue;
        };
        let (full, bare) = (from.to_string(), from.bare().to_string());
        let stance = ways.uplink_stance(&bare);
        let typing = |notice| ways.send(Via::Uplink, &full, notice);
        let arrival = Arrival { from, via: Via::Uplink, stance, stanza };
        for answer in people.receive(arrival, &typing).await {
            // RFC 6121 section 3: subscriptions are between bare addresses.
            let to = if answer.name() == "presence" { &bare } else { &full };
            ways.send(Via::Uplink, to, answer);
        }
    }
}
