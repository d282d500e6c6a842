//! Runs the steps of a conversation.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use televisor_xmpp::element::Element;

use crate::client::Client;
use crate::compare::difference;
use crate::house::House;
use crate::script::{Deed, Script, Step, read};

/// Holds one conversation with a server of its own.
///
/// # Errors
/// What went otherwise than the text says, with its line.
pub async fn run(text: &str) -> anyhow::Result<()> {
    let script = read(text)?;
    let house = House::open(&script.accounts, script.household).await?;
    let talked = Box::pin(talk(&house, script)).await;
    house.close().await;
    talked
}

async fn talk(house: &House, script: Script) -> anyhow::Result<()> {
    let mut clients = Clients::default();
    for step in script.steps {
        let Step { line, name, deed } = step;
        let done = Box::pin(clients.perform(house, &name, deed)).await;
        done.with_context(|| format!("line {line}: {name}"))?;
    }
    Ok(())
}

/// The clients that are connected, by name.
#[derive(Default)]
struct Clients(BTreeMap<String, Client>);

impl Clients {
    async fn perform(&mut self, house: &House, name: &str, deed: Deed) -> anyhow::Result<()> {
        match deed {
            Deed::Connects { account, resource } => {
                let mut client = Client::log_in(house.address, &account).await?;
                client.bind(&resource).await?;
                self.0.insert(name.to_owned(), client);
            }
            Deed::LogsIn { account } => {
                let client = Client::log_in(house.address, &account).await?;
                self.0.insert(name.to_owned(), client);
            }
            Deed::IsAvailable => self.say(name, "<presence/>").await?,
            Deed::AsksForTheRoster => self.say(name, ROSTER_GET).await?,
            Deed::Sends(text) => self.client(name)?.say(&text).await?,
            Deed::Receives(expected) => in_order(self.client(name)?, expected).await?,
            Deed::ReceivesInAnyOrder(expected) => any_order(self.client(name)?, expected).await?,
            Deed::ReceivesNothing => nothing(self.settled(name).await?)?,
            Deed::Forgets => drop(self.settled(name).await?.take_inbox()),
            Deed::Disconnects => self.remove(name)?.close().await?,
            Deed::Drops => drop(self.remove(name)?),
            Deed::IsDisconnected => ended(&mut self.remove(name)?).await?,
        }
        Ok(())
    }

    /// Sends what only prepares the conversation; what comes of it is forgotten by everybody.
    async fn say(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        self.client(name)?.say(text).await?;
        for client in self.0.values_mut() {
            client.barrier().await?;
            drop(client.take_inbox());
        }
        Ok(())
    }

    /// Returns a client once the server has seen to all that anybody sent, and what came of that is
    /// in its inbox.
    async fn settled(&mut self, name: &str) -> anyhow::Result<&mut Client> {
        for client in self.0.values_mut() {
            client.barrier().await?;
        }
        let client = self.client(name)?;
        client.barrier().await?;
        Ok(client)
    }

    fn client(&mut self, name: &str) -> anyhow::Result<&mut Client> {
        self.0.get_mut(name).context("not connected")
    }

    fn remove(&mut self, name: &str) -> anyhow::Result<Client> {
        self.0.remove(name).context("not connected")
    }
}

const ROSTER_GET: &str =
    "<iq type='get' id='roster-of-the-test'><query xmlns='jabber:iq:roster'/></iq>";

async fn in_order(client: &mut Client, expected: Vec<Element>) -> anyhow::Result<()> {
    for expected in expected {
        let wanted = expected.to_xml();
        let found = client.next().await.with_context(|| format!("expected {wanted}"))?;
        let Some(found) = found else { bail!("the stream ended before {wanted}") };
        if let Some(what) = difference(&expected, &found) {
            bail!("{what}\n expected {wanted}\n received {}", found.to_xml());
        }
    }
    Ok(())
}

async fn any_order(client: &mut Client, mut expected: Vec<Element>) -> anyhow::Result<()> {
    while !expected.is_empty() {
        let missing = || expected.iter().map(|e| format!("\n  {}", e.to_xml())).collect::<String>();
        let found = client.next().await.with_context(|| format!("expected{}", missing()))?;
        let Some(found) = found else { bail!("the stream ended before{}", missing()) };
        let place = expected.iter().position(|expected| difference(expected, &found).is_none());
        let Some(place) = place else {
            bail!("received {}\n but expected one of{}", found.to_xml(), missing());
        };
        expected.remove(place);
    }
    Ok(())
}

fn nothing(client: &mut Client) -> anyhow::Result<()> {
    match client.take_inbox().front() {
        None => Ok(()),
        Some(found) => bail!("received {}", found.to_xml()),
    }
}

async fn ended(client: &mut Client) -> anyhow::Result<()> {
    match client.next().await? {
        None => Ok(()),
        Some(found) => bail!("received {}", found.to_xml()),
    }
}
