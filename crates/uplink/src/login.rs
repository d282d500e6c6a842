//! From an encrypted stream to a session: SASL, then the former session again, or a new one
//! (RFC 6120 sections 6 and 7, XEP-0198).

use televisor_xmpp::jid::FullJid;
use televisor_xmpp::payload::{Payload as _, bind::Bind};
use televisor_xmpp::{Condition, Element, IqType, Stanza, StanzaError, ns};
use uuid::Uuid;

use crate::account::Account;
use crate::failure::Failure;
use crate::ledger::{self, Ledger};
use crate::link::Link;
use crate::sasl;
use crate::stream::XmppStream;

/// A session that has just begun, or goes on.
pub(crate) enum Entered {
    /// The former session goes on; what was missing has been sent again.
    Resumed,
    /// A new session.
    Fresh(Fresh),
}

/// What is known of a new session.
pub(crate) struct Fresh {
    pub(crate) jid: FullJid,
    /// Whether the server knows versions of the roster (RFC 6121 section 2.6).
    pub(crate) versions: bool,
}

/// Logs in on `link`, asking for `resource` if there is to be a new session.
pub(crate) async fn log_in(
    link: Link,
    account: &Account,
    password: &str,
    resource: Option<&str>,
    ledger: &mut Ledger,
) -> Result<(XmppStream, Entered), Failure> {
    let Link { mut stream, binding, .. } = link;
    let own = account.bare.to_string();
    stream.open(account.domain(), Some(&own)).await?;
    let offered = stream.features().await?;
    let name = account.localpart();
    sasl::authenticate(&mut stream, &offered, binding.as_ref(), name, password).await?;
    stream.restart();
    stream.open(account.domain(), Some(&own)).await?;
    let offered = stream.features().await?;
    let manages = offered.has_child("sm", ns::STREAM_MANAGEMENT);
    let mut handled = None;
    if let Some(resume) = ledger.resume().filter(|_| manages) {
        match take_up(&mut stream, &resume, ledger).await? {
            Taken::Up => return Ok((stream, Entered::Resumed)),
            Taken::Not(count) => handled = count,
        }
    }
    ledger.begin_anew(handled);
    let jid = begin(&mut stream, &offered, resource, manages, ledger).await?;
    let versions = offered.has_child("ver", ns::ROSTER_VERSIONING);
    Ok((stream, Entered::Fresh(Fresh { jid, versions })))
}

enum Taken {
    Up,
    /// With what the server handled of the session that is gone, if it knows.
    Not(Option<u32>),
}

/// Asks for the former session, and sends again what did not arrive (XEP-0198 section 5).
async fn take_up(
    stream: &mut XmppStream,
    resume: &Element,
    ledger: &mut Ledger,
) -> Result<Taken, Failure> {
    stream.send(resume).await?;
    let answer = stream.next().await?;
    if answer.is("failed", ns::STREAM_MANAGEMENT) {
        return Ok(Taken::Not(ledger::count(&answer)));
    }
    if !answer.is("resumed", ns::STREAM_MANAGEMENT) {
        return Err(Failure::Lost(format!("{} in place of the session", answer.name())));
    }
    let handled = ledger::count(&answer).unwrap_or_default();
    if let Err(error) = ledger.acknowledge(handled) {
        ledger.give_up();
        return Err(Failure::Lost(error.to_string()));
    }
    for stanza in ledger.unacknowledged() {
        stream.send(stanza).await?;
    }
    Ok(Taken::Up)
}

/// Binds a resource and begins to count.
async fn begin(
    stream: &mut XmppStream,
    offered: &Element,
    resource: Option<&str>,
    manages: bool,
    ledger: &mut Ledger,
) -> Result<FullJid, Failure> {
    if !offered.has_child("bind", ns::BIND) {
        return Err(Failure::lost("the server offers no resource"));
    }
    let jid = match bind(stream, resource).await? {
        Ok(jid) => jid,
        // RFC 6120 section 7.7.2.2: the resource is taken, so let the server choose.
        Err(_) if resource.is_some() => bind(stream, None).await?.map_err(not_bound)?,
        Err(error) => return Err(not_bound(error)),
    };
    // RFC 3921 section 3, where it is more than a formality.
    if let Some(session) = offered.child("session", ns::SESSION)
        && !session.has_child("optional", ns::SESSION)
    {
        ask(stream, Element::new("session", ns::SESSION)).await?.map_err(not_bound)?;
    }
    if manages {
        let enable = Element::builder("enable", ns::STREAM_MANAGEMENT).attr("resume", "true");
        stream.send(&enable.build()).await?;
        let answer = stream.next().await?;
        if answer.is("enabled", ns::STREAM_MANAGEMENT) {
            ledger.enable(&answer);
        } else if !answer.is("failed", ns::STREAM_MANAGEMENT) {
            return Err(Failure::Lost(format!("{} in the login", answer.name())));
        }
    }
    Ok(jid)
}

async fn bind(
    stream: &mut XmppStream,
    resource: Option<&str>,
) -> Result<Result<FullJid, StanzaError>, Failure> {
    let request = Bind::Request { resource: resource.map(str::to_owned) };
    let answer = match ask(stream, request.to_element()).await? {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error)),
    };
    match Bind::of(&answer) {
        Ok(Some(Bind::Bound(jid))) => Ok(Ok(jid)),
        Ok(_) | Err(_) => Err(Failure::lost("the server bound no resource")),
    }
}

/// Asks the server, while nothing else can come but the answer.
async fn ask(
    stream: &mut XmppStream,
    payload: Element,
) -> Result<Result<Stanza, StanzaError>, Failure> {
    let id = Uuid::new_v4().simple().to_string();
    stream.send(Stanza::iq(IqType::Set, &id, payload).element()).await?;
    let answer = stream.next().await?;
    let name = answer.name().to_owned();
    match Stanza::try_from(answer) {
        Ok(answer) if answer.id() == Some(id.as_str()) => Ok(match answer.is_error() {
            true => Err(answer.error().unwrap_or(Condition::UndefinedCondition.into())),
            false => Ok(answer),
        }),
        Ok(_) | Err(_) => Err(Failure::Lost(format!("{name} in the login"))),
    }
}

fn not_bound(error: StanzaError) -> Failure {
    Failure::Lost(format!("the server gives us no session ({})", error.condition))
}
