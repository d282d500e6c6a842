//! Who to be on the link, and how.

use televisor_discovery::Config as Discovery;
use televisor_serverless::{About, Availability, Credentials, Limits, Me, Presence};
use televisor_xmpp::ns;
use televisor_xmpp::payload::disco::{Identity, Info};
use televisor_xmpp::payload::version::Version;

use crate::answers::Answers;
use crate::error::Error;
use crate::facts::Facts;
use crate::pins::HouseholdPins;
use crate::profile::ProfileStore;
use crate::session::Session;

/// What our software is called in entity capabilities (XEP-0115).
const NODE: &str = "https://televisor.example/sdk";

/// Who to be on the link, and how.
#[derive(Debug, Clone, Default)]
pub struct NearbyOptions {
    /// Who to be; `None` only watches: nothing is announced, and nothing can be said.
    pub me: Option<Me>,
    /// Where to announce and to look.
    pub discovery: Discovery,
    /// The TCP port to listen on; 0 means any, which is as good as another.
    pub port: u16,
    /// Our certificate, and whose those of others are; `None` for plain streams that prove nothing.
    pub credentials: Option<Credentials>,
    /// The session with the receiver, which is preferred while it is there.
    pub session: Option<Session>,
    /// What is answered to others, over the link. (What is answered through the receiver is among
    /// the options of the session.)
    pub answers: Answers,
    /// The bounds of the link.
    pub limits: Limits,
}

impl NearbyOptions {
    /// Watches who is there, without being there.
    #[must_use]
    pub fn watching() -> Self {
        Self::default()
    }

    /// Takes part as `user@machine`, with the host's full name of the person as nickname where it is
    /// known. A name that is taken gets a number.
    #[must_use]
    pub fn named(user: &str, machine: &str) -> Self {
        let me = Me {
            user: user.to_owned(),
            machine: machine.to_owned(),
            presence: Presence::default(),
        };
        Self { me: Some(me), ..Self::default() }
    }

    /// Takes part as the person who is logged in, under the name of this machine, with what `store`
    /// keeps: the certificate of this device, its addresses in its households, and whom it can know.
    ///
    /// # Errors
    /// [`Error::File`] if the store can be neither read nor written.
    pub fn of_this_device(store: &ProfileStore) -> Result<Self, Error> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let user = set("USER").or_else(|| set("LOGNAME")).unwrap_or_else(|| "somebody".to_owned());
        let facts = Facts::of_this_device();
        let machine = facts.host_name.unwrap_or_else(|| "device".to_owned());
        let mut options = Self::named(&user, &machine);
        if let Some(me) = &mut options.me {
            me.presence.nick = facts.full_name;
        }
        options.keeping(store)
    }

    /// Shows this device's certificate, tells its addresses, and knows who its households know: what
    /// `store` keeps.
    ///
    /// # Errors
    /// [`Error::File`] if the store can be neither read nor written.
    pub fn keeping(self, store: &ProfileStore) -> Result<Self, Error> {
        let jids: Vec<String> = store.list()?.into_iter().map(|profile| profile.jid).collect();
        let credentials = HouseholdPins::new(store.clone()).credentials()?;
        Ok(self.with_credentials(credentials).with_addresses(&jids))
    }

    /// Prefers the receiver while it is there.
    #[must_use]
    pub fn with_session(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Shows who we are, and asks others to.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    /// Tells on the link under which addresses the household knows us: how devices that look for
    /// [`To::Device`](crate::To::Device) find us. By itself it proves nothing.
    #[must_use]
    pub fn with_addresses(mut self, jids: &[String]) -> Self {
        if let Some(me) = self.me.as_mut().filter(|_| !jids.is_empty()) {
            me.presence.jid = Some(jids.join(" "));
        }
        self
    }

    /// Says what we do, and whether we can be spoken to.
    #[must_use]
    pub fn with_status(mut self, status: Availability, message: Option<&str>) -> Self {
        if let Some(me) = &mut self.me {
            me.presence.status = status;
            me.presence.msg = message.map(str::to_owned);
        }
        self
    }

    /// What the link answers about us by itself.
    pub(super) fn about(&self) -> About {
        let name = self.me.as_ref().and_then(|me| me.presence.nick.clone());
        let features = [ns::RECEIPTS, ns::CHAT_STATES, ns::CORRECTION];
        let features = features.into_iter().chain(self.answers.namespaces());
        About {
            info: Info {
                identities: vec![Identity::new("client", "pc", name.as_deref())],
                features: features.map(str::to_owned).collect(),
                ..Info::default()
            },
            caps_node: Some(NODE.to_owned()),
            version: Some(Version {
                name: Some("Televisor SDK".to_owned()),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                os: None,
            }),
            vcard: None,
        }
    }
}
