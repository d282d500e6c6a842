//! XEP-0174 as conversations: each file in `tests/conversations` is a test. `juliet@pronto` is ours; all
//! others are written by hand.
//!
//! The first line names the section of the document. Then one step a line:
//!
//! | step | does |
//! | --- | --- |
//! | `PEER is announced` | from now on, on this machine |
//! | `PEER connects` | to the port of juliet's |
//! | `PEER accepts` | the connection that juliet opens |
//! | `PEER sends:` | sends the text below as it stands; `{id}` is that of what it received last |
//! | `PEER opens a stream` | sends a header as XMPP 1.0 does, passes over header and features |
//! | `PEER opens an old stream` | sends a header without a version, passes over the answer |
//! | `PEER answers the stream` | takes juliet's header, and sends one without a version |
//! | `PEER receives header:` | the stream header below, as an empty element |
//! | `PEER receives:` | the elements below, in this order |
//! | `PEER receives nothing` | nothing has come: a ping is answered next |
//! | `PEER receives the end` | `</stream:stream>` |
//! | `PEER is disconnected` | the connection ends |
//! | `PEER drops` | goes without a word |
//! | `juliet hears from PEER:` | the stanzas below are handed over as from PEER |
//! | `juliet hears nothing` | nothing was handed over, now that pings are answered |
//! | `juliet sends to PEER:` | sends, and goes on |
//! | `juliet asks PEER:` | sends a request, and goes on |
//! | `juliet is answered:` | what became of the request |
//! | `juliet is refused CONDITION` | the same |
//! | `juliet has sent it unproven` | over a stream without TLS |
//! | `juliet cannot reach PEER` | what became of the sending |

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use televisor_testkit::{difference, elements};
use televisor_xmpp::payload::disco::{Identity, Info};
use televisor_xmpp::payload::vcard::VCard;
use televisor_xmpp::payload::version::Version;
use televisor_xmpp::{Element, StreamHeader, ns};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::house::{House, Household, PATIENCE, Plan};
use super::raw::{Heard, Raw, header};
use crate::config::{About, Limits};
use crate::error::Error;
use crate::link::Sent;
use crate::name::PeerName;

const BARRIER: &str = "<iq type='get' id='barrier'><ping xmlns='urn:xmpp:ping'/></iq>";

struct Cast {
    juliet: House,
    peers: HashMap<String, Raw>,
    doors: HashMap<String, TcpListener>,
    sending: Option<JoinHandle<Result<Sent, Error>>>,
    asking: Option<JoinHandle<Result<Element, Error>>>,
    /// The id of what a peer received last.
    id: String,
}

/// A line that says what happens, and the indented lines below it.
struct Step {
    line: usize,
    text: String,
    body: String,
}

fn read(text: &str) -> anyhow::Result<Vec<Step>> {
    ensure!(text.starts_with("# XEP-") || text.starts_with("# RFC "), "it names no document");
    let mut steps: Vec<Step> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if let Some(body) = line.strip_prefix("  ") {
            let step = steps.last_mut().context("nothing to belong to")?;
            step.body.push_str(body);
            step.body.push('\n');
        } else {
            steps.push(Step { line: index + 1, text: line.to_owned(), body: String::new() });
        }
    }
    Ok(steps)
}

async fn hold(text: &str) -> anyhow::Result<()> {
    let credentials =
        text.contains("\n# certificate: yes").then(|| Household::default().stranger());
    let plan = Plan { about: about(), limits: Limits::default(), credentials };
    let mut cast = Cast {
        juliet: House::open("juliet@pronto", plan),
        peers: HashMap::new(),
        doors: HashMap::new(),
        sending: None,
        asking: None,
        id: String::new(),
    };
    for step in read(text)? {
        let done = Box::pin(cast.perform(&step)).await;
        done.with_context(|| format!("line {}: {}", step.line, step.text))?;
    }
    Ok(())
}

fn about() -> About {
    let identity = Identity::new("client", "pc", Some("Balcony"));
    About {
        info: Info { identities: vec![identity], ..Info::default() },
        caps_node: Some("https://balcony.example".to_owned()),
        version: Some(Version { name: Some("Balcony".to_owned()), ..Version::default() }),
        vcard: Some(VCard::named("Juliet Capulet")),
    }
}

impl Cast {
    async fn perform(&mut self, step: &Step) -> anyhow::Result<()> {
        let (who, what) = step.text.split_once(' ').context("a step is a name and a deed")?;
        if who == "juliet" {
            self.juliet(what, step).await
        } else {
            self.peer(who, what, step).await
        }
    }

    async fn juliet(&mut self, what: &str, step: &Step) -> anyhow::Result<()> {
        let streams = self.juliet.streams.clone();
        let words: Vec<&str> = what.trim_end_matches(':').split(' ').collect();
        match words.as_slice() {
            ["hears", "nothing"] => {
                for peer in self.peers.values_mut() {
                    barrier(peer).await?;
                }
                ensure!(self.juliet.inbox.try_recv().is_err(), "something was handed over");
            }
            ["hears", "from", peer] => {
                for expected in elements(&step.body)? {
                    let heard = self.juliet.hear().await;
                    // A peer that is nowhere announced has a name after its address.
                    let named = if *peer == "unknown" {
                        heard.from.as_str().starts_with("unknown@127.0.0.1:")
                    } else {
                        heard.from == PeerName::new(*peer)
                    };
                    ensure!(named, "it is from {}", heard.from);
                    ensure!(heard.proven.is_none() && !heard.encrypted, "it is worth more");
                    same(&expected, &heard.stanza)?;
                }
            }
            ["sends", "to", peer] => {
                let (to, stanza) = (PeerName::new(*peer), one(&step.body)?);
                self.sending = Some(tokio::spawn(async move { streams.send(&to, stanza).await }));
            }
            ["asks", peer] => {
                let (to, iq) = (PeerName::new(*peer), one(&step.body)?);
                self.asking = Some(tokio::spawn(async move { streams.request(&to, iq).await }));
            }
            ["is", "answered"] => same(&one(&step.body)?, &self.answer().await??)?,
            ["is", "refused", condition] => match self.answer().await? {
                Err(Error::Refused { error, .. }) if error.condition.as_str() == *condition => {}
                other => bail!("{other:?}"),
            },
            ["has", "sent", "it", "unproven"] => {
                let sending = self.sending.take().context("she sends nothing")?;
                let sent = timeout(PATIENCE, sending).await.context("it goes on")???;
                ensure!(!sent.encrypted && sent.proven.is_none(), "{sent:?}");
            }
            ["cannot", "reach", _] => {
                let sending = self.sending.take().context("she sends nothing")?;
                match timeout(PATIENCE, sending).await.context("it goes on")?? {
                    Err(Error::Unreachable { .. } | Error::NotHere(_)) => {}
                    other => bail!("{other:?}"),
                }
            }
            _ => bail!("she does not know how"),
        }
        Ok(())
    }

    async fn answer(&mut self) -> anyhow::Result<Result<Element, Error>> {
        let asking = self.asking.take().context("she asks nothing")?;
        Ok(timeout(PATIENCE, asking).await.context("no answer came")??)
    }

    async fn peer(&mut self, who: &str, what: &str, step: &Step) -> anyhow::Result<()> {
        match what {
            "is announced" => {
                let door = TcpListener::bind(("127.0.0.1", 0)).await?;
                self.juliet.learn(who, door.local_addr()?.port());
                self.doors.insert(who.to_owned(), door);
                return Ok(());
            }
            "connects" => {
                self.peers.insert(who.to_owned(), Raw::connect(self.juliet.port).await);
                return Ok(());
            }
            "accepts" => {
                let door = self.doors.get(who).context("it is not announced")?;
                let accepted = timeout(PATIENCE, door.accept()).await.context("nobody came")?;
                self.peers.insert(who.to_owned(), Raw::new(accepted?.0));
                return Ok(());
            }
            "drops" => {
                self.peers.remove(who);
                return Ok(());
            }
            _ => {}
        }
        let peer = self.peers.get_mut(who).context("it is not connected")?;
        match what {
            "sends:" => peer.say(&step.body.trim_end().replace("{id}", &self.id)).await,
            "opens a stream" => peer.open(who).await?,
            "opens an old stream" => {
                peer.say(&header(&format!("from='{who}' to='juliet@pronto'"))).await;
                received_header(peer).await?;
            }
            "answers the stream" => {
                received_header(peer).await?;
                peer.say(&header(&format!("from='{who}' to='juliet@pronto'"))).await;
            }
            "receives header:" => {
                same(&one(&step.body)?, &as_element(&received_header(peer).await?))?;
            }
            "receives:" => {
                for expected in elements(&step.body)? {
                    match peer.hear().await? {
                        Heard::Element(found) => {
                            same(&expected, &found)?;
                            self.id = found.attr("id").unwrap_or_default().to_owned();
                        }
                        other => bail!("{other:?} instead of {}", expected.to_xml()),
                    }
                }
            }
            "receives nothing" => barrier(peer).await?,
            "receives the end" => {
                let heard = peer.hear().await?;
                ensure!(matches!(heard, Heard::Close), "{heard:?}");
            }
            "is disconnected" => {
                let heard = peer.hear().await?;
                ensure!(matches!(heard, Heard::End), "{heard:?}");
            }
            _ => bail!("nobody knows how"),
        }
        Ok(())
    }
}

async fn received_header(peer: &mut Raw) -> anyhow::Result<StreamHeader> {
    match peer.hear().await? {
        Heard::Header(header) => Ok(header),
        other => bail!("{other:?} instead of a header"),
    }
}

async fn barrier(peer: &mut Raw) -> anyhow::Result<()> {
    peer.say(BARRIER).await;
    match peer.hear().await? {
        Heard::Element(found) if found.attr("id") == Some("barrier") => Ok(()),
        other => bail!("{other:?}"),
    }
}

fn as_element(header: &StreamHeader) -> Element {
    Element::builder("stream", ns::STREAMS)
        .attr_opt("from", header.from.as_deref())
        .attr_opt("to", header.to.as_deref())
        .attr_opt("id", header.id.as_deref())
        .attr_opt("version", header.version.map(|version| version.to_string()))
        .build()
}

fn one(body: &str) -> anyhow::Result<Element> {
    elements(body)?.pop().context("no stanza")
}

fn same(expected: &Element, found: &Element) -> anyhow::Result<()> {
    match difference(expected, found) {
        None => Ok(()),
        Some(what) => {
            bail!("{what}\n expected {}\n received {}", expected.to_xml(), found.to_xml())
        }
    }
}

macro_rules! conversations {
    ($($name:ident)+) => {
        const LISTED: &[&str] = &[$(stringify!($name)),+];
        $(
            #[tokio::test]
            async fn $name() {
                let text = include_str!(
                    concat!("../../../tests/conversations/", stringify!($name), ".txt")
                );
                if let Err(error) = hold(text).await {
                    panic!("conversations/{}.txt: {error:#}", stringify!($name));
                }
            }
        )+
    };
}

conversations! {
    answers_itself
    chat_of_libpurple
    chat_over_the_stream_that_is_there
    chat_with_one_version_1_peer
    disco_info_of_another_node
    from_in_a_stanza_is_not_believed
    from_of_a_first_stanza
    from_of_nobody_announced
    from_that_is_missing
    header_for_another
    header_of_a_newer_version
    header_of_an_old_peer
    header_with_features
    iq_for_the_embedder
    iq_without_an_id
    message_before_the_announcement
    message_errors_are_handed_over
    message_without_from_and_to
    presence_is_not_exchanged
    request_is_answered
    request_is_refused
    restart_is_no_stream
    starttls_is_offered
    starttls_required_without_a_certificate
    starttls_that_fails
    stream_closed_by_the_peer
    stream_is_opened_to_an_old_peer
    stream_of_who_answers_with_another_name
    stream_opened_by_both
    stream_opened_anew
    unknown_element_ends_the_stream
}

#[test]
fn every_file_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(LISTED.contains(&name.as_str()), "{name} is not listed");
    }
}
