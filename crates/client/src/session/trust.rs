//! Registering our certificate (XEP-0257), and keeping those of the household (`docs/protocol.md`,
//! "Whose certificate is whose"): what lets devices prove each other without the receiver.

use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::certificates::{Append, Disable};
use televisor_xmpp::payload::household::Household;
use televisor_xmpp::{Condition, Element, IqType, Jid, Kind, Stanza};
use tracing::{debug, warn};

use crate::error::Error;
use crate::household::limited;
use crate::identity::Identity;
use crate::session::incoming::bare;
use crate::session::online::{self, Online};
use crate::session::worker::Worker;

/// What our certificate is called among those of our account.
const NAME: &str = "Televisor";

/// How often one connection tries to register it.
const ATTEMPTS: u8 = 3;

/// What an answer is for.
pub(super) enum Waiting {
    Household,
    /// Registering, and whether one that had our name was taken back for it.
    Append {
        replacing: bool,
    },
    Disable,
}

/// How far one connection has got.
pub(super) struct Trust {
    identity: Identity,
    attempts: u8,
    asking: bool,
}

impl Trust {
    /// `None` where nothing is kept, or no certificate can be had: the session works without.
    pub(super) fn of(worker: &Worker) -> Option<Self> {
        match worker.options.store.as_ref()?.identity() {
            Ok(identity) => Some(Self { identity, attempts: 0, asking: false }),
            Err(error) => {
                warn!(%error, "without a certificate nobody on the link can know this device");
                None
            }
        }
    }
}

impl Online<'_> {
    /// Asks the receiver for its household, which also says whether it knows our certificate.
    pub(super) async fn ask_for_household(&mut self) -> Result<(), Error> {
        if self.trust.is_none() {
            return Ok(());
        }
        let Ok(receiver) = self.worker.profile.receiver_jid().parse::<Jid>() else { return Ok(()) };
        let question = Household::default().to_element();
        self.ask_trust(Some(receiver), Waiting::Household, IqType::Get, question).await
    }

    /// Takes the answer to one of the questions here.
    pub(super) async fn trust_answer(
        &mut self,
        what: Waiting,
        answer: &Stanza,
    ) -> Result<(), Error> {
        let error = answer.error();
        match what {
            Waiting::Household => match Household::of(answer) {
                Ok(Some(told)) => self.household_told(told).await,
                // A receiver that knows nothing of this.
                Ok(None) | Err(_) => Ok(()),
            },
            Waiting::Append { replacing: false }
                if error.as_ref().is_some_and(|e| e.condition == Condition::Conflict) =>
            {
                // Ours of another time, whose key is gone.
                let disable = Disable { name: NAME.to_owned() }.to_element();
                self.ask_trust(None, Waiting::Disable, IqType::Set, disable).await
            }
            Waiting::Append { .. } => {
                if let Some(error) = error {
                    debug!(%error, "the receiver does not take our certificate");
                }
                if let Some(trust) = &mut self.trust {
                    trust.asking = false;
                }
                Ok(())
            }
            Waiting::Disable => self.append(true).await,
        }
    }

    /// Takes another household that the receiver tells of itself; returns what it is answered, or
    /// `None` if this is no such thing.
    pub(super) async fn household_push(&mut self, push: &Stanza) -> Result<Option<Stanza>, Error> {
        if self.trust.is_none() || push.kind() != Kind::Iq(IqType::Set) {
            return Ok(None);
        }
        let receiver = self.worker.profile.receiver_jid();
        let is_receivers =
            push.from().is_some_and(|from| bare(&from.to_string()).eq_ignore_ascii_case(&receiver));
        match Household::of(push) {
            Ok(Some(told)) if is_receivers => {
                self.household_told(told).await?;
                Ok(Some(push.result(None)))
            }
            _ => Ok(None),
        }
    }

    async fn household_told(&mut self, told: Household) -> Result<(), Error> {
        let household = limited(told, &self.worker.profile);
        if let Some(store) = &self.worker.options.store
            && store.household(&self.worker.profile) != household
            && let Err(error) = store.keep_household(&self.worker.profile, &household)
        {
            warn!(%error, "the household's certificates were not kept");
        }
        let own = bare(&self.jid);
        let Some(trust) = &mut self.trust else { return Ok(()) };
        let sha256 = trust.identity.sha256();
        let is_known = household.devices.iter().any(|device| {
            device.jid.to_string().eq_ignore_ascii_case(own)
                && device.certificates.contains(&sha256)
        });
        if is_known || trust.asking || trust.attempts >= ATTEMPTS {
            return Ok(());
        }
        trust.attempts += 1;
        self.append(false).await
    }

    async fn append(&mut self, replacing: bool) -> Result<(), Error> {
        let Some(trust) = &mut self.trust else { return Ok(()) };
        trust.asking = true;
        let der = trust.identity.certificate().to_vec();
        let append = Append { name: NAME.to_owned(), der, no_management: false }.to_element();
        self.ask_trust(None, Waiting::Append { replacing }, IqType::Set, append).await
    }

    async fn ask_trust(
        &mut self,
        to: Option<Jid>,
        what: Waiting,
        kind: IqType,
        payload: Element,
    ) -> Result<(), Error> {
        self.ask_of(to, online::Waiting::Trust(what), kind, payload).await
    }
}
