//! The world outside: all of the domain `outside.example`, as one that sends and receives.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context as _;
use televisor_server::{Handle, Neighbour};
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;
use tokio::time::timeout;

use crate::house::DOMAIN;

/// The domain of everybody outside.
const OUTSIDE: &str = "outside.example";

/// How long anything that must come may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The world outside.
pub(crate) struct Outside {
    neighbour: Neighbour,
    inbox: VecDeque<Element>,
}

impl Outside {
    /// Makes the domain known to a server.
    pub(crate) fn of(server: &Handle) -> anyhow::Result<Self> {
        Ok(Self { neighbour: server.neighbour(OUTSIDE.parse()?), inbox: VecDeque::new() })
    }

    /// Sends each of these; returns when the server has seen to them.
    pub(crate) async fn say(&self, stanzas: Vec<Element>) {
        for stanza in stanzas {
            self.neighbour.send(stanza).await;
        }
    }

    /// Gives each of these back, as what waited for a server for too long.
    pub(crate) async fn give_back(&self, stanzas: Vec<Element>) {
        for stanza in stanzas {
            self.neighbour.give_back(stanza, Condition::RemoteServerTimeout).await;
        }
    }

    /// Waits for the next stanza.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Element>> {
        match self.inbox.pop_front() {
            Some(stanza) => Ok(Some(stanza)),
            None => timeout(PATIENCE, self.neighbour.next()).await.context("nothing came"),
        }
    }

    /// Returns once all that the server had for outside is in the inbox.
    pub(crate) async fn barrier(&mut self) -> anyhow::Result<()> {
        let ping = Element::builder("iq", ns::CLIENT)
            .attr("type", "get")
            .attr("id", "barrier")
            .attr("from", OUTSIDE)
            .attr("to", DOMAIN)
            .child(Element::new("ping", ns::PING))
            .build();
        self.neighbour.send(ping).await;
        loop {
            let next = timeout(PATIENCE, self.neighbour.next()).await.context("no pong")?;
            let next = next.context("the server has gone")?;
            if next.attr("id") == Some("barrier") {
                return Ok(());
            }
            self.inbox.push_back(next);
        }
    }

    /// Takes what is in the inbox.
    pub(crate) fn take_inbox(&mut self) -> VecDeque<Element> {
        std::mem::take(&mut self.inbox)
    }
}
