//! One mDNS daemon, limited to the configured interfaces and closed with a deadline.

use std::net::IpAddr;
use std::time::Duration;

use mdns_sd::{DaemonEvent, IfKind, ServiceDaemon};
use tokio::time::{sleep, timeout};
use tracing::debug;

use crate::config::Config;
use crate::error::Error;

/// How long the goodbyes may take; they are a handful of packets.
const CLOSE_DEADLINE: Duration = Duration::from_secs(2);
/// The daemon's command queue can be full for a moment: how often closing is tried again.
const CLOSE_ATTEMPTS: u32 = 20;

/// A running daemon. Its thread lives until [`Responder::close`], or until this is dropped.
pub(crate) struct Responder {
    daemon: ServiceDaemon,
    closed: bool,
}

impl Responder {
    /// Starts a daemon for announcing: loopback only where it is configured.
    pub(crate) fn for_announcing(config: &Config) -> Result<Self, Error> {
        let responder = Self::start(config)?;
        if config.interfaces.is_empty() {
            responder.daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        }
        Ok(responder)
    }

    /// Starts a daemon for browsing: loopback too, since a receiver on this machine is found there.
    pub(crate) fn for_browsing(config: &Config) -> Result<Self, Error> {
        Self::start(config)
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let daemon = match config.port {
            Some(port) => ServiceDaemon::new_with_port(port)?,
            None => ServiceDaemon::new()?,
        };
        let responder = Self { daemon, closed: false };
        if !config.interfaces.is_empty() {
            responder.daemon.disable_interface(IfKind::All)?;
            let wanted: Vec<IfKind> =
                config.interfaces.iter().map(|name| interface(name)).collect();
            responder.daemon.enable_interface(wanted)?;
        }
        Ok(responder)
    }

    pub(crate) fn daemon(&self) -> &ServiceDaemon {
        &self.daemon
    }

    pub(crate) fn events(&self) -> Result<mdns_sd::Receiver<DaemonEvent>, Error> {
        Ok(self.daemon.monitor()?)
    }

    /// Sends the goodbyes of everything registered, and ends the daemon's thread.
    pub(crate) async fn close(mut self) {
        self.closed = true;
        for _ in 0..CLOSE_ATTEMPTS {
            match self.daemon.shutdown() {
                Ok(done) => {
                    if timeout(CLOSE_DEADLINE, done.recv_async()).await.is_err() {
                        debug!("the mDNS daemon did not end in time");
                    }
                    return;
                }
                Err(mdns_sd::Error::Again) => sleep(Duration::from_millis(20)).await,
                Err(_) => return,
            }
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if !self.closed {
            // Nobody waits for this one: the goodbyes still go out if the process lives on.
            let _ = self.daemon.shutdown();
        }
    }
}

fn interface(name: &str) -> IfKind {
    name.parse::<IpAddr>().map_or_else(|_| IfKind::Name(name.to_owned()), IfKind::Addr)
}
