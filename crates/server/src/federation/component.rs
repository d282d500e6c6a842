//! XEP-0114: the receiver as a component of a server that exists. That server talks to the world for
//! it; every stanza for another domain goes there, and every stanza from outside comes from there.
//!
//! The protocol has neither TLS nor acknowledgements, so the host must be on this machine or in this
//! network, and what it was given when its connection breaks may be lost. XEP-0225, which would mend
//! both, is implemented by no server.
//!
//! | module | holds |
//! | --- | --- |
//! | `host` | where the host is, and whether it is near enough |
//! | `handshake` | the opening of the stream |
//! | `link` | one connection, from its opening to its end |
//! | `queue` | what waits for the host |

mod handshake;
mod host;
mod link;
mod queue;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::delivery;
use crate::federation::Limits;

use link::Trouble;
use queue::Queue;

/// A connection that held this long was a good one: the next pause is a short one again.
const GOOD: Duration = Duration::from_secs(60);

/// The `[component]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the host server listens for components, as `host:port`: loopback or a private network.
    #[serde(default = "default_host")]
    pub host: String,
    /// The domain that the host server gives to this component.
    pub domain: String,
    /// The file that holds the secret shared with the host server. White space around it is ignored.
    pub secret_file: PathBuf,
}

fn default_host() -> String {
    "127.0.0.1:5275".to_owned()
}

/// The way to the world by a host server. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    limits: Limits,
    queue: Mutex<Queue>,
    /// Something has come into the queue.
    wake: Notify,
    connected: AtomicBool,
    /// Whether it was told that the host mixes up its components: ejabberd does unless its listener
    /// says `global_routes: false`.
    misdirected: AtomicBool,
}

impl Component {
    /// Its domain is prepared already.
    pub(crate) fn new(config: Config, limits: Limits) -> Self {
        let queue = Mutex::new(Queue::new(limits.queue, limits.queue_bytes));
        let inner = Inner {
            config,
            limits,
            queue,
            wake: Notify::new(),
            connected: AtomicBool::new(false),
            misdirected: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The name by which the world knows this receiver.
    pub(crate) fn domain(&self) -> &str {
        &self.inner.config.domain
    }

    /// Whether the host server has us.
    pub(crate) fn connected(&self) -> bool {
        self.inner.connected.load(Ordering::Relaxed)
    }

    /// How many stanzas wait for the host server.
    pub(crate) fn queued(&self) -> usize {
        self.queue().len()
    }

    /// Queues a stanza with canonical addresses for the host server. Never waits.
    ///
    /// # Errors
    /// [`Condition::ResourceConstraint`] when too much waits already.
    pub(crate) fn send(&self, context: &Context, stanza: Element) -> Result<(), Condition> {
        let view = context.aliases().named_view(self.domain());
        let seen = view.outward(&stanza);
        // Written for a stream of clients: there, as on a component's, what belongs to the stanza
        // itself is in the default namespace, and what was forwarded in it keeps its own.
        let bytes = seen.as_ref().unwrap_or(&stanza).to_bytes(televisor_xmpp::ns::CLIENT);
        let until = Instant::now() + self.inner.limits.wait_known;
        if !self.queue().push(stanza, bytes, until) {
            return Err(Condition::ResourceConstraint);
        }
        self.inner.wake.notify_one();
        Ok(())
    }

    /// Keeps the connection until `down`. Cancelled only there.
    pub(crate) async fn run(self, context: Context, down: CancellationToken) {
        tokio::join!(self.stay_connected(&context, &down), self.expire(&context, &down));
    }

    async fn stay_connected(&self, context: &Context, down: &CancellationToken) {
        let limits = &self.inner.limits;
        let mut pause = limits.first_pause;
        let mut told = None;
        while !down.is_cancelled() {
            let began = Instant::now();
            let end = link::run(self, context, down).await;
            let was_connected = self.inner.connected.swap(false, Ordering::Relaxed);
            let Err(trouble) = end else { return };
            if was_connected {
                told = None;
            }
            self.tell(&trouble, &mut told);
            if was_connected && began.elapsed() >= GOOD {
                pause = limits.first_pause;
            }
            tokio::select! {
                () = down.cancelled() => return,
                () = sleep(jittered(pause)) => {}
            }
            pause = (pause * 2).min(limits.last_pause);
        }
    }

    /// Says what is wrong, once for as long as it stays the same.
    fn tell(&self, trouble: &Trouble, told: &mut Option<String>) {
        let text = trouble.to_string();
        let Config { host, domain, .. } = &self.inner.config;
        if told.as_ref() == Some(&text) {
            tracing::debug!(host, domain, problem = text, "still no component connection");
            return;
        }
        if trouble.needs_a_person() {
            tracing::error!(host, domain, problem = text, "the component cannot be connected");
        } else {
            tracing::warn!(host, domain, problem = text, "the component is not connected");
        }
        *told = Some(text);
    }

    /// Sends back what has waited for too long.
    async fn expire(&self, context: &Context, down: &CancellationToken) {
        loop {
            // Whatever comes into the queue next waits as long as this, or longer.
            let next = self.queue().first_deadline();
            let next = next.unwrap_or_else(|| Instant::now() + self.inner.limits.wait_known);
            tokio::select! {
                () = down.cancelled() => return,
                () = sleep_until(next) => {}
            }
            let late = self.queue().expired(Instant::now());
            for stanza in late {
                delivery::remote::bounced(context, stanza, Condition::RemoteServerTimeout).await;
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pause made longer by chance, by up to a quarter: receivers that lost one host come back one by one.
fn jittered(pause: Duration) -> Duration {
    // Without a random source they come back together, which the host can bear.
    let part = getrandom::u32().unwrap_or(0) % 256;
    pause + pause * part / 1024
}
