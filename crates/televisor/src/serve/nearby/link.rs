//! Starting, standing and ending.

use std::sync::Arc;

use serde_json::{Value, json};
use televisor_conversation::Conversation;
use televisor_receiver::Receiver;
use televisor_server::Handle;
use televisor_serverless::{
    About, Config as LinkConfig, Credentials, Error, Incoming, Limits, Link, Me,
};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::disco::{Identity, Info};
use televisor_xmpp::payload::vcard::VCard;
use televisor_xmpp::payload::version::Version;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::desk::{self, Desk};
use super::follow::{self, Told};
use crate::config::Config;
use crate::problem::Problem;
use crate::serve::household::HouseholdList;
use crate::serve::names::ReceiverNames;
use crate::serve::presence;

/// What our software is called in entity capabilities (XEP-0115).
const NODE: &str = "https://televisor.example/receiver";

/// What it is made from.
pub(in crate::serve) struct Parts {
    pub(in crate::serve) receiver: Receiver,
    pub(in crate::serve) conversation: Conversation,
    pub(in crate::serve) household: HouseholdList,
    pub(in crate::serve) server: Handle,
    pub(in crate::serve) names: watch::Receiver<ReceiverNames>,
}

/// The receiver's place on the link; none where it takes no part. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Nearby {
    link: Option<Link>,
}

impl Nearby {
    /// Takes part, if the configuration does not say otherwise. Without multicast there is a receiver
    /// all the same.
    pub(in crate::serve) async fn start(
        config: &Config,
        parts: Parts,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self, Problem> {
        if !config.nearby.enabled || !config.discovery.enabled {
            return Ok(Self { link: None });
        }
        let address = parts.server.context().address(&parts.receiver.identity().uuid().to_string());
        let told = Told::now(&parts.receiver, &parts.names.borrow(), &address);
        let link = LinkConfig {
            discovery: config.discovery.clone(),
            port: config.nearby.port,
            about: about(&parts.receiver)?,
            limits: Limits::default(),
        };
        let (link, incoming) = match join(link, told.me(), parts.household.credentials()?).await {
            Ok(joined) => joined,
            Err(error) => {
                tracing::warn!(%error, "no part is taken in chat without a server");
                return Ok(Self { link: None });
            }
        };
        tasks.spawn(follow::follow(
            link.clone(),
            parts.receiver.clone(),
            parts.names,
            address,
            told,
        ));
        let desk = Desk {
            receiver: parts.receiver,
            conversation: parts.conversation,
            household: parts.household,
            link: link.clone(),
        };
        tasks.spawn(desk::attend(Arc::new(desk), incoming));
        Ok(Self { link: Some(link) })
    }

    /// Under which name, on which port, and beside how many others; null where it takes no part.
    pub(in crate::serve) fn status(&self) -> Value {
        let Some(link) = &self.link else { return Value::Null };
        json!({
            "name": link.me().map(|name| name.to_string()),
            "port": link.port(),
            "peers": link.peers().len(),
        })
    }

    /// Ends the streams and says goodbye.
    pub(in crate::serve) async fn shutdown(self) {
        if let Some(link) = self.link {
            link.close().await;
        }
    }
}

/// Where the port is taken, by another receiver or a chat program, any other does: it is announced.
async fn join(
    config: LinkConfig,
    me: Me,
    credentials: Credentials,
) -> Result<(Link, mpsc::Receiver<Incoming>), Error> {
    match Link::start(config.clone(), Some(me.clone()), Some(credentials.clone())).await {
        Err(Error::Listen { port, source }) => {
            tracing::info!(port, %source, "another port is used for chat without a server");
            Link::start(LinkConfig { port: 0, ..config }, Some(me), Some(credentials)).await
        }
        other => other,
    }
}

/// What is answered about the receiver to everybody on the link.
fn about(receiver: &Receiver) -> Result<About, Problem> {
    let features = [ns::RECEIPTS, ns::CORRECTION, ns::CHAT_STATES, ns::VCARD4, ns::HOUSEHOLD];
    let vcard = VCard::read(&presence::vcard(receiver));
    Ok(About {
        info: Info {
            identities: vec![Identity::new("client", "bot", Some(&receiver.identity().name()))],
            features: features.map(str::to_owned).to_vec(),
            ..Info::default()
        },
        caps_node: Some(NODE.to_owned()),
        version: Some(Version {
            name: Some("Televisor".to_owned()),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            os: None,
        }),
        vcard: Some(vcard.map_err(|error| Problem::failed(error.to_string()))?),
    })
}
