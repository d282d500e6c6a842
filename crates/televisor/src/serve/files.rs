//! Files that the household uploads: slots in the XMPP server's words, and the URLs they are at.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use televisor_clock::Clock;
use televisor_server::{BoxFuture, Feature, HttpUpload, NoSlot, Slot, SlotRequest, Slots};
use televisor_store::Database;
use televisor_uploads::{Error, Refused, Uploads, Wanted};
use televisor_web::files;
use tokio::sync::watch;

use super::names::ReceiverNames;
use crate::config::Config;
use crate::problem::Problem;

/// Where uploaded files are, if any may be.
pub(super) fn open(
    config: &Config,
    data_dir: &Path,
    db: &Database,
    clock: &Clock,
) -> Result<Option<Uploads>, Problem> {
    if !config.uploads.enabled {
        return Ok(None);
    }
    let opened = Uploads::open(data_dir, db.clone(), clock.clone(), config.uploads.clone());
    opened.map(Some).map_err(|error| Problem::failed(error.to_string()))
}

/// What the XMPP server is given for them.
pub(super) fn features(
    uploads: Option<&Uploads>,
    names: &watch::Receiver<ReceiverNames>,
    port: u16,
) -> Vec<Box<dyn Feature>> {
    let shelf =
        uploads.map(|uploads| Shelf { uploads: uploads.clone(), names: names.clone(), port });
    shelf
        .map(|shelf| Box::new(HttpUpload(Arc::new(shelf))) as Box<dyn Feature>)
        .into_iter()
        .collect()
}

/// Promises slots.
struct Shelf {
    uploads: Uploads,
    names: watch::Receiver<ReceiverNames>,
    /// The web port.
    port: u16,
}

impl Slots for Shelf {
    fn max_file_size(&self) -> u64 {
        self.uploads.max_file_size()
    }

    fn slot<'a>(&'a self, wanted: SlotRequest<'a>) -> BoxFuture<'a, Result<Slot, NoSlot>> {
        Box::pin(self.promise(wanted))
    }
}

impl Shelf {
    async fn promise(&self, request: SlotRequest<'_>) -> Result<Slot, NoSlot> {
        let wanted = Wanted {
            account: &request.origin.account,
            name: request.filename,
            size: request.size,
            content_type: request.content_type,
            gone_by: request.expire_before,
        };
        let token = self.uploads.slot(wanted).await.map_err(|error| no_slot(&error))?;
        let place = self.place(request.host, request.origin.peer.local);
        let url = format!("https://{place}{}", files::path(&token, request.filename));
        Ok(Slot { put: url.clone(), get: url })
    }

    /// Returns the host and port at which a session finds the files. From outside there is one open
    /// port, under the name that the world knows; on the link the address that the session has
    /// reached already is the surest, since not everybody asks mDNS.
    fn place(&self, host: &str, local: SocketAddr) -> String {
        let names = self.names.borrow();
        if names.outside.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            return format!("{host}:{}", local.port());
        }
        match local.ip().to_canonical() {
            IpAddr::V4(v4) => format!("{v4}:{}", self.port),
            // An address that is good on one interface only cannot stand in a URL.
            IpAddr::V6(v6) if v6.is_unicast_link_local() => format!("{}:{}", names.host, self.port),
            IpAddr::V6(v6) => format!("[{v6}]:{}", self.port),
        }
    }
}

fn no_slot(error: &Error) -> NoSlot {
    match error {
        Error::Refused(Refused::TooLarge { most }) => NoSlot::TooLarge { most: *most },
        Error::Refused(Refused::Full { again }) => NoSlot::Full { again: *again },
        Error::Refused(_) => NoSlot::Full { again: Timestamp::MAX },
        other => {
            tracing::error!(error = %other, "an upload could not be promised");
            NoSlot::Broken
        }
    }
}
