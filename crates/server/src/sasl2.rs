//! XEP-0388: the Extensible SASL Profile, the server's side. What can be asked for beside the
//! authentication is done before its success is told, and the stream goes on without a new header.
//!
//! Left out: tasks after authentication. Nobody here has a second factor.

use televisor_xmpp::element::Element;
use televisor_xmpp::sasl::SaslCondition;
use televisor_xmpp::sasl2::{Sasl2Reply, Sasl2Request, UserAgent};
use televisor_xmpp::{features, ns};

use crate::authentication::{Exchange, Login, Mechanisms, Method, Profile};
use crate::bind2;
use crate::binding::Bound;
use crate::fast::{self, Fast};
use crate::negotiation::{Entered, Negotiation};
use crate::wire::Fault;

/// Makes the feature.
pub(crate) fn feature(mechanisms: &Mechanisms) -> Element {
    let inline = [bind2::feature(), fast::feature(mechanisms)];
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
        let client = clients.seen(&login.account, &agent, login.method == Method::Password);
        let mut inline = Vec::new();
        let (bound, identifier) = match request.child("bind", ns::BIND2) {
            None => (None, self.shared.context.address(&login.account)),
            Some(bind) => {
                let Some(bound) = self.bind2(&login.account, client.clone(), bind)? else {
                    return Ok(None);
                };
                let identifier = bound.origin.jid.to_string();
                let context = self.shared.context.clone();
                inline.push(bind2::begin(&context, &bound.origin, bind).await);
                (Some(bound), identifier)
            }
        };
        let token = self.tokens(&login, client.as_deref(), mechanisms, &fast).await;
        inline.extend(token.as_ref().map(fast::token));
        let identifier = self.view.outward_address(&identifier);
        let success =
            Sasl2Reply::Success { additional: login.additional, identifier, inline }.to_element();
        self.raise_limits();
        match bound {
            None => {
                let offered = self.offered_after(true);
                self.send_all(&[success, offered]).await?;
                Ok(Some(Entered::Open(login.account)))
            }
            Some(bound) => {
                let offered = self.offered_after(false);
                let bound = self.settle(bound, &[success, offered]).await?;
                Ok(Some(Entered::Bound(Box::new(bound))))
            }
        }
    }

    fn bind2(
        &mut self,
        account: &str,
        client: Option<String>,
        request: &Element,
    ) -> Result<Option<Bound>, Fault> {
        let own = self.own(account)?;
        let address = bind2::address(&self.shared.context, &own, client.as_deref(), request);
        let Some(jid) = address.filter(|jid| self.has_room(account, jid)) else { return Ok(None) };
        Ok(Some(self.admit(account, jid, client)))
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
