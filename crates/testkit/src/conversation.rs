//! Runs the steps of a conversation.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::time::timeout;

use crate::client::Client;
use crate::compare::difference;
use crate::house::House;
use crate::names::Names;
use crate::outside::Outside;
use crate::resident::{Hand, resident};
use crate::script::{Deed, Script, Step, elements, read};

/// What everybody outside is called.
const OUTSIDE: &str = "outside";

/// How long anything that must come may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Holds one conversation with a server of its own.
///
/// # Errors
/// What went otherwise than the text says, with its line.
pub async fn run(text: &str) -> anyhow::Result<()> {
    let script = read(text)?;
    let (puppet, hand) = script.resident.as_deref().map(resident).unzip();
    let house = House::open(&script, puppet).await?;
    let mut cast = Cast {
        clients: BTreeMap::new(),
        tokens: BTreeMap::new(),
        outside: Outside::of(&house.server)?,
        resident: hand.map(|hand| hand(house.server.clone())),
        asked: BTreeMap::new(),
        names: Names::default(),
    };
    let talked = Box::pin(cast.talk(&house, script)).await;
    drop(cast);
    house.close().await;
    talked
}

/// Whoever takes part.
struct Cast {
    /// The clients that are connected, by name.
    clients: BTreeMap<String, Client>,
    /// What they were given to log in with.
    tokens: BTreeMap<String, String>,
    outside: Outside,
    resident: Option<Hand>,
    /// The last request that each has received.
    asked: BTreeMap<String, Element>,
    names: Names,
}

impl Cast {
    async fn talk(&mut self, house: &House, script: Script) -> anyhow::Result<()> {
        let resident = script.resident;
        for step in script.steps {
            let Step { line, name, deed } = step;
            let done = if name == OUTSIDE {
                Box::pin(self.perform_outside(deed)).await
            } else if resident.as_ref() == Some(&name) {
                Box::pin(self.perform_resident(deed)).await
            } else {
                Box::pin(self.perform(house, &name, deed)).await
            };
            done.with_context(|| format!("line {line}: {name}"))?;
        }
        Ok(())
    }

    async fn perform(&mut self, house: &House, name: &str, deed: Deed) -> anyhow::Result<()> {
        let names = self.names.clone();
        match deed {
            Deed::Connects { account, resource } => {
                let mut client = Client::log_in(house.address, &account).await?;
                client.bind(&resource).await?;
                self.clients.insert(name.to_owned(), client);
            }
            Deed::LogsIn { account } => {
                let client = Client::log_in(house.address, &account).await?;
                self.clients.insert(name.to_owned(), client);
            }
            Deed::OpensAStream { account } => {
                let client = Client::open_stream(house.address, &account).await?;
                self.clients.insert(name.to_owned(), client);
            }
            Deed::Authenticates { token: false, with } => {
                self.client(name)?.authenticate2(&with).await?;
            }
            Deed::Authenticates { token: true, with } => {
                let token = self.tokens.get(name).context("it was given no token")?.clone();
                self.client(name)?.authenticate_by_token(&token, &with).await?;
            }
            Deed::IsAvailable => self.say(name, "<presence/>").await?,
            Deed::AsksForTheRoster => self.say(name, ROSTER_GET).await?,
            Deed::Sends(text) => self.client(name)?.say(&names.fill(&text)).await?,
            Deed::Answers(payloads) => {
                let answer = self.answer(name, payloads)?;
                self.client(name)?.say(&answer.to_xml()).await?;
            }
            Deed::Receives(expected) => {
                let asked = in_order(self.client(name)?, &names, expected).await?;
                self.note(name, asked);
                self.keep_token(name);
            }
            Deed::ReceivesInAnyOrder(expected) => {
                any_order(self.client(name)?, &names, expected).await?
            }
            Deed::ReceivesNothing => nothing(self.settled(name).await?.take_inbox().front())?,
            Deed::Forgets => drop(self.settled(name).await?.take_inbox()),
            Deed::Disconnects => self.remove(name)?.close().await?,
            Deed::Drops => drop(self.remove(name)?),
            Deed::IsDisconnected => ended(&mut self.remove(name)?).await?,
            Deed::DropsContact(_) | Deed::GivesBack(_) => bail!("no client does that"),
        }
        Ok(())
    }

    async fn perform_outside(&mut self, deed: Deed) -> anyhow::Result<()> {
        let names = self.names.clone();
        match deed {
            Deed::Sends(text) => self.outside.say(elements(&names.fill(&text))?).await,
            Deed::GivesBack(stanzas) => self.outside.give_back(stanzas).await,
            Deed::Answers(payloads) => {
                let answer = self.answer(OUTSIDE, payloads)?;
                self.outside.say(vec![answer]).await;
            }
            Deed::Receives(expected) => {
                let asked = in_order(&mut self.outside, &names, expected).await?;
                self.note(OUTSIDE, asked);
            }
            Deed::ReceivesInAnyOrder(expected) => {
                any_order(&mut self.outside, &names, expected).await?
            }
            Deed::ReceivesNothing => {
                self.outside.barrier().await?;
                nothing(self.outside.take_inbox().front())?;
            }
            Deed::Forgets => {
                self.outside.barrier().await?;
                drop(self.outside.take_inbox());
            }
            Deed::Connects { .. }
            | Deed::LogsIn { .. }
            | Deed::OpensAStream { .. }
            | Deed::Authenticates { .. }
            | Deed::IsAvailable
            | Deed::AsksForTheRoster
            | Deed::Disconnects
            | Deed::Drops
            | Deed::DropsContact(_)
            | Deed::IsDisconnected => bail!("nobody outside does that"),
        }
        Ok(())
    }

    /// What a resident has *not* been sent shows in what it is sent next: its stanzas come in order.
    async fn perform_resident(&mut self, deed: Deed) -> anyhow::Result<()> {
        let names = self.names.clone();
        let resident = self.resident.as_mut().context("there is no resident")?;
        match deed {
            Deed::Sends(text) => resident.say(elements(&names.fill(&text))?).await?,
            Deed::DropsContact(contact) => resident.drop_contact(&contact).await?,
            Deed::Receives(expected) => drop(in_order(resident, &names, expected).await?),
            Deed::ReceivesInAnyOrder(expected) => any_order(resident, &names, expected).await?,
            Deed::ReceivesNothing
            | Deed::Answers(_)
            | Deed::Forgets
            | Deed::Connects { .. }
            | Deed::LogsIn { .. }
            | Deed::OpensAStream { .. }
            | Deed::Authenticates { .. }
            | Deed::IsAvailable
            | Deed::AsksForTheRoster
            | Deed::Disconnects
            | Deed::Drops
            | Deed::GivesBack(_)
            | Deed::IsDisconnected => bail!("no resident does that"),
        }
        Ok(())
    }

    fn note(&mut self, name: &str, asked: Option<Element>) {
        if let Some(asked) = asked {
            self.asked.insert(name.to_owned(), asked);
        }
    }

    /// Makes the result of the last request that came.
    fn answer(&mut self, name: &str, payloads: Vec<Element>) -> anyhow::Result<Element> {
        let asked = self.asked.remove(name).context("nobody asked")?;
        let answer = Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr_opt("id", asked.attr("id"))
            .attr_opt("to", asked.attr("from"))
            .attr_opt("from", asked.attr("to"));
        Ok(answer.children(payloads).build())
    }

    /// Sends what only prepares the conversation; what comes of it is forgotten by everybody.
    async fn say(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        self.client(name)?.say(text).await?;
        for client in self.clients.values_mut() {
            client.barrier().await?;
            drop(client.take_inbox());
        }
        Ok(())
    }

    /// Returns a client once the server has seen to all that anybody sent, and what came of that is
    /// in its inbox.
    async fn settled(&mut self, name: &str) -> anyhow::Result<&mut Client> {
        for client in self.clients.values_mut() {
            client.barrier().await?;
        }
        let client = self.client(name)?;
        client.barrier().await?;
        Ok(client)
    }

    fn keep_token(&mut self, name: &str) {
        let token = self.clients.get_mut(name).and_then(Client::take_token);
        if let Some(token) = token {
            self.tokens.insert(name.to_owned(), token);
        }
    }

    fn client(&mut self, name: &str) -> anyhow::Result<&mut Client> {
        self.clients.get_mut(name).context("not connected")
    }

    fn remove(&mut self, name: &str) -> anyhow::Result<Client> {
        self.clients.remove(name).context("not connected")
    }
}

const ROSTER_GET: &str =
    "<iq type='get' id='roster-of-the-test'><query xmlns='jabber:iq:roster'/></iq>";

/// Whoever receives.
trait Ear {
    /// Waits for the next stanza; `None` at the end.
    async fn hear(&mut self) -> anyhow::Result<Option<Element>>;
}

impl Ear for Client {
    async fn hear(&mut self) -> anyhow::Result<Option<Element>> {
        self.next().await
    }
}

impl Ear for Outside {
    async fn hear(&mut self) -> anyhow::Result<Option<Element>> {
        self.next().await
    }
}

impl Ear for Hand {
    async fn hear(&mut self) -> anyhow::Result<Option<Element>> {
        timeout(PATIENCE, self.next()).await.context("nothing came")
    }
}

async fn in_order(
    ear: &mut impl Ear,
    names: &Names,
    expected: Vec<Element>,
) -> anyhow::Result<Option<Element>> {
    let mut asked = None;
    for expected in expected {
        let expected = names.fill_in(&expected)?;
        let wanted = expected.to_xml();
        let found = ear.hear().await.with_context(|| format!("expected {wanted}"))?;
        let Some(found) = found else { bail!("the stream ended before {wanted}") };
        if let Some(what) = difference(&expected, &found) {
            bail!("{what}\n expected {wanted}\n received {}", found.to_xml());
        }
        names.learn(&expected, &found);
        if found.name() == "iq" && matches!(found.attr("type"), Some("get" | "set")) {
            asked = Some(found);
        }
    }
    Ok(asked)
}

async fn any_order(
    ear: &mut impl Ear,
    names: &Names,
    expected: Vec<Element>,
) -> anyhow::Result<()> {
    let filled = expected.iter().map(|expected| names.fill_in(expected));
    let mut expected = filled.collect::<anyhow::Result<Vec<_>>>()?;
    while !expected.is_empty() {
        let missing = || expected.iter().map(|e| format!("\n  {}", e.to_xml())).collect::<String>();
        let found = ear.hear().await.with_context(|| format!("expected{}", missing()))?;
        let Some(found) = found else { bail!("the stream ended before{}", missing()) };
        let place = expected.iter().position(|expected| difference(expected, &found).is_none());
        let Some(place) = place else {
            bail!("received {}\n but expected one of{}", found.to_xml(), missing());
        };
        names.learn(&expected.remove(place), &found);
    }
    Ok(())
}

fn nothing(found: Option<&Element>) -> anyhow::Result<()> {
    match found {
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
