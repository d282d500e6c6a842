//! XEP-0388: the Extensible SASL Profile, the server's side. What can be asked for beside the
//! authentication is done before its success is told, and the stream goes on without a new header.
//!
//! Left out: tasks after authentication. Nobody here has a second factor.

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::sasl::SaslCondition;
use televisor_xmpp::sasl2::{Sasl2Reply, Sasl2Request, UserAgent};
use televisor_xmpp::{features, ns};

use crate::authentication::{Exchange, Login, Mechanisms, Method, Profile};
use crate::bind2;
use crate::binding::{Arrival, Bound, Resumed};
use crate::fast::{self, Fast};
use crate::negotiation::{Entered, Negotiation};
use crate::wire::Fault;

/// Makes the feature.
pub(crate) fn feature(mechanisms: &Mechanisms) -> Element {
    let resumption = Element::new("sm", ns::STREAM_MANAGEMENT);
    let inline = [bind2::feature(), fast::feature(mechanisms), resumption];
    features::authentication(mechanisms.names(), inline)
}

impl Negotiation {
    /// Runs one attempt, which `authenticate` began. `None`: it has failed, and the client was told.
    pub(crate) async fn sasl2(
        &mut self,
        mechanisms: &Mechanisms,
        authenticate: &Element,
    ) -> Result<Option<Entered>, Fault> {
        let condition = match Asked::from_element(authenticate) {
            Err(condition) => condition,
            Ok(Asked { mechanism, initial, agent, fast }) => {
                let exchange = Exchange { profile: Profile::Sasl2, mechanisms, fast: Some(&fast) };
                match self.attempt(exchange, &mechanism, initial).await? {
                    Err(condition) => condition,
                    Ok(login) => {
                        let entry = Entry { login, agent, fast, request: authenticate };
                        match self.entered(mechanisms, entry).await? {
                            Some(entered) => return Ok(Some(entered)),
                            None => SaslCondition::TemporaryAuthFailure,
                        }
                    }
                }
            }
        };
        tracing::debug!(peer = %self.peer.addr, %condition, "authentication failed");
        self.send(&Sasl2Reply::Failure(condition.into()).to_element()).await?;
        Ok(None)
    }

    /// Does what was asked for beside the authentication, and tells of it all. `None`: there is no
    /// room for the session.
    async fn entered(
        &mut self,
        mechanisms: &Mechanisms,
        entry: Entry<'_>,
    ) -> Result<Option<Entered>, Fault> {
        let Entry { login, agent, fast, request } = entry;
        let clients = self.shared.context.clients().clone();
        let password = login.method == Method::Password;
        let seen = |credentials| clients.seen(&login.account, &agent, credentials, password);
        let client = self.credentials.and_then(seen);
        let mut inline = Vec::new();
        let resumed = self.resume2(&login.account, request, &mut inline).await;
        let bind = request.child("bind", ns::BIND2).filter(|_| resumed.is_none());
        let bound = match bind {
            None => None,
            Some(bind) => {
                let Some(mut bound) = self.bind2(&login.account, client.clone(), bind)? else {
                    return Ok(None);
                };
                let shared = Arc::clone(&self.shared);
                inline.push(bind2::begin(&shared, &mut bound, bind).await);
                Some(bound)
            }
        };
        let token = self.tokens(&login, client.as_deref(), mechanisms, &fast).await;
        inline.extend(token.as_ref().map(fast::token));
        let own = self.shared.context.address(&login.account);
        let full = match (&bound, &resumed) {
            (Some(bound), _) => bound.origin.address(),
            (None, Some(resumed)) => &resumed.address,
            (None, None) => &own,
        };
        let identifier = self.view.outward_address(full);
        let success =
            Sasl2Reply::Success { additional: login.additional, identifier, inline }.to_element();
        self.raise_limits();
        if let Some(resumed) = resumed {
            // XEP-0198 section 9.2: no features; the stream is what it was.
            self.send(&success).await?;
            return Ok(Some(Entered::Resumed(resumed)));
        }
        let offered = self.offered_after(bound.is_none());
        let Some(bound) = bound else {
            self.send_all(&[success, offered]).await?;
            return Ok(Some(Entered::Open(login.account)));
        };
        let bound = self.settle(bound, &[success, offered]).await?;
        Ok(Some(Entered::Bound(Box::new(bound))))
    }

    /// Goes on with the session there was, if that is asked for and can be.
    async fn resume2(
        &mut self,
        account: &str,
        request: &Element,
        inline: &mut Vec<Element>,
    ) -> Option<Resumed> {
        let resume = request.child("resume", ns::STREAM_MANAGEMENT)?;
        let (resumed, told) = match self.resume(account, resume).await {
            Ok((resumed, told)) => (Some(resumed), told),
            Err(told) => (None, told),
        };
        inline.push(told);
        resumed
    }

    fn bind2(
        &mut self,
        account: &str,
        client: Option<String>,
        request: &Element,
    ) -> Result<Option<Bound>, Fault> {
        let own = self.own(account)?;
        let address = bind2::address(&self.shared.context, &own, client.as_deref(), request);
        // Its own older session makes room.
        let clients = self.shared.context.clients();
        let again = client.as_deref().is_some_and(|client| clients.has_session(account, client));
        let Some(jid) = address.filter(|jid| again || self.has_room(account, jid)) else {
            return Ok(None);
        };
        let arrival = Arrival { client, managed: bind2::is_managed(request) };
        Ok(Some(self.admit(account, jid, arrival)))
    }
}

/// What `<authenticate/>` asks for.
struct Asked {
    mechanism: String,
    initial: Option<Vec<u8>>,
    agent: UserAgent,
    fast: Fast,
}

/// Somebody who has proven who it is.
struct Entry<'a> {
    login: Login,
    agent: UserAgent,
    fast: Fast,
    request: &'a Element,
}

impl Asked {
    fn from_element(authenticate: &Element) -> Result<Self, SaslCondition> {
        match Sasl2Request::from_element(authenticate)? {
            Some(Sasl2Request::Authenticate { mechanism, initial, user_agent: agent }) => {
                let fast = Fast::from_element(authenticate, agent.id.clone())?;
                Ok(Self { mechanism, initial, agent, fast })
            }
            _ => Err(SaslCondition::MalformedRequest),
        }
    }
}
