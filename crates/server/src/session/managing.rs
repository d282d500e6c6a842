//! XEP-0198 sections 3 and 4, XEP-0352: acknowledgements, and what waits while nobody looks.

use std::sync::Arc;
use std::task::{Context, Poll};

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;
use tokio::sync::mpsc;

use super::parking::Claim;
use super::run::Session;
use crate::outbox::Outbox;
use crate::router::Origin;
use crate::server::Shared;
use crate::stream_management::acknowledging::Acknowledging;
use crate::stream_management::counted::Counted;
use crate::stream_management::elements;
use crate::wire::Fault;

/// Claims to a session that wait for it: its client comes back one at a time.
const CLAIMS: usize = 2;

/// A session whose stanzas are counted.
pub(crate) struct Managed {
    /// Stanzas received and handled, and by which it can be gone on with.
    pub(super) counted: Arc<Counted>,
    claims: mpsc::Receiver<Claim>,
    /// One that came in the middle of something.
    claimed: Option<Claim>,
    pub(super) acknowledging: Acknowledging,
}

impl Managed {
    /// Begins to count the stanzas of a session; returns `<enabled/>`. What its outbox sends after that
    /// is to be kept, by [`Outbox::manage`](crate::outbox::Outbox::manage).
    pub(crate) fn enable(
        shared: &Shared,
        origin: &Origin,
        outbox: &Outbox,
        enable: &Element,
    ) -> (Self, Element) {
        let (claim, claims) = mpsc::channel(CLAIMS);
        let resumptions = shared.context.resumptions();
        let id = elements::resumable(enable).then(|| resumptions.open(&origin.account, claim));
        let id = id.flatten();
        let max = shared.limits.resumption.as_secs();
        let enabled = elements::enabled(id.as_deref().map(|id| (id, max)));
        let counted = Arc::new(Counted::new(id));
        if counted.id().is_some() {
            outbox.count(&counted);
        }
        // Nobody counts a session twice.
        let counted = Arc::clone(origin.counted.get_or_init(|| counted));
        (Self { counted, claims, claimed: None, acknowledging: Acknowledging::default() }, enabled)
    }

    /// Waits until what is to be acknowledged is on disk, if anything is; returns how many stanzas.
    pub(super) fn poll_durable(
        &mut self,
        context: &crate::Context,
        cx: &mut Context<'_>,
    ) -> Poll<u32> {
        self.acknowledging.poll(context, self.counted.handled(), cx)
    }

    /// Waits for the client to be back on another connection.
    pub(super) fn poll_claim(&mut self, cx: &mut Context<'_>) -> Poll<Option<Claim>> {
        match self.claimed.take() {
            Some(claim) => Poll::Ready(Some(claim)),
            None => self.claims.poll_recv(cx),
        }
    }

    /// Whether the client is back on another connection; what it claims is seen to later.
    pub(super) fn is_claimed(&mut self, cx: &mut Context<'_>) -> bool {
        if let Poll::Ready(Some(claim)) = self.poll_claim(cx) {
            self.claimed = Some(claim);
        }
        self.claimed.is_some()
    }

    /// The session has ended: nobody goes on with it.
    pub(super) fn forget(&self, context: &crate::Context, origin: &Origin) {
        if let Some(id) = self.counted.id() {
            context.resumptions().close(id, &origin.account, self.counted.handled());
        }
    }
}

impl Session {
    /// Takes an element that is no stanza.
    pub(super) async fn manage(&mut self, element: &Element) -> Result<(), Fault> {
        match (element.name(), element.namespace()) {
            ("r", ns::STREAM_MANAGEMENT) if self.managed.is_some() => self.acknowledge(),
            ("a", ns::STREAM_MANAGEMENT) if self.managed.is_some() => {
                let h = elements::h(element).ok_or(StreamCondition::InvalidXml)?;
                let taken = self.outbox.acknowledge(h);
                taken.map_err(|error| Fault::Error(elements::too_high(error)))?;
                self.note_received(h);
            }
            ("enable", ns::STREAM_MANAGEMENT) if self.managed.is_none() => {
                let Self { shared, origin, outbox, .. } = self;
                let (managed, enabled) = Managed::enable(shared, origin, outbox, element);
                self.outbox.manage(Some(&enabled));
                self.managed = Some(managed);
            }
            ("enable" | "resume", ns::STREAM_MANAGEMENT) => {
                self.outbox.say(&elements::failed(Condition::UnexpectedRequest, None));
            }
            ("active", ns::CLIENT_STATE) => self.outbox.set_active(true),
            ("inactive", ns::CLIENT_STATE) => self.outbox.set_active(false),
            _ => return Err(StreamCondition::UnsupportedStanzaType.into()),
        }
        Ok(())
    }

    /// Notes what the client has received, also where the power goes.
    pub(super) fn note_received(&self, h: u32) {
        let Some(managed) = &self.managed else { return };
        if managed.counted.set_received(h) {
            self.shared.context.journal().received(&managed.counted);
        }
    }

    /// Acknowledges what was handled, as soon as all of it is on disk.
    fn acknowledge(&mut self) {
        let Some(managed) = &mut self.managed else { return };
        let handled = managed.counted.handled();
        if let Some(handled) = managed.acknowledging.ask(&self.shared.context, handled) {
            self.say_handled(handled);
        }
    }

    /// Says how many stanzas were handled.
    pub(super) fn say_handled(&self, handled: u32) {
        self.outbox.say(&elements::acknowledgement(handled));
    }
}
