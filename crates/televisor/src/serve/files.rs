//! Files that the household uploads: slots in the XMPP server's words, and the URLs they are at. What a
//! device has uploaded is forgotten with it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use televisor_clock::Clock;
use televisor_model::Change;
use televisor_receiver::Receiver;
use televisor_server::{BoxFuture, Feature, HttpUpload, NoSlot, Slot, SlotRequest, Slots};
use televisor_store::Database;
use televisor_uploads::{Error, Refused, Uploads, Wanted};
use televisor_web::files;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accounts::device_id;
use super::names::ReceiverNames;
use crate::config::Config;
use crate::problem::Problem;

/// Where uploaded files are, if any may be. They go when their devices do.
pub(super) fn open(
    config: &Config,
    data_dir: &Path,
    (db, clock): (&Database, &Clock),
    receiver: &Receiver,
    tasks: &mut JoinSet<()>,
) -> Result<Option<Uploads>, Problem> {
    if !config.uploads.enabled {
        return Ok(None);
    }
    let opened = Uploads::open(data_dir, db.clone(), clock.clone(), config.uploads.clone());
    let uploads = opened.map_err(|error| Problem::failed(error.to_string()))?;
    tasks.spawn(forget_with_devices(uploads.clone(), receiver.clone()));
    Ok(Some(uploads))
}

/// Forgets what a device has uploaded when it is forgotten itself.
async fn forget_with_devices(uploads: Uploads, receiver: Receiver) {
    let mut changes = receiver.changes();
    // The power may have gone between the two.
    forget_those_gone(&uploads, &receiver).await;
    loop {
        match changes.recv().await {
            Ok(Change::Forgotten(device)) => forget(&uploads, &device.to_string()).await,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => forget_those_gone(&uploads, &receiver).await,
            Err(RecvError::Closed) => return,
        }
    }
}

/// Forgets the uploads of devices that there are no more.
async fn forget_those_gone(uploads: &Uploads, receiver: &Receiver) {
    let accounts = uploads.accounts().await.unwrap_or_else(|error| {
        tracing::error!(%error, "it could not be found out whose uploads there are");
        Vec::new()
    });
    for account in accounts {
        // Whatever is kept in another name than a device's is somebody else's affair.
        let device = device_id(&account);
        if device.is_some_and(|device| receiver.household().device(device).is_none()) {
            forget(uploads, &account).await;
        }
    }
}

async fn forget(uploads: &Uploads, account: &str) {
    if let Err(error) = uploads.forget(account).await {
        tracing::error!(%error, account, "uploads of a forgotten device could not be dropped");
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use televisor_guide::Guide;
    use televisor_model::{Actor, Credentials, DeviceId, ScramKeys, Tier};
    use televisor_receiver::{NewDevice, Parts};
    use televisor_tuner::Tuner;

    use super::*;

    struct House {
        uploads: Uploads,
        receiver: Receiver,
        _folder: tempfile::TempDir,
    }

    impl House {
        async fn new() -> Self {
            let (clock, folder) = (Clock::system(), tempfile::tempdir().unwrap());
            let path = |name: &str| folder.path().join(name);
            let mut parts = televisor_receiver::PARTS.to_vec();
            parts.push(televisor_uploads::PART);
            let db = Database::open(&path("household.db"), &parts).unwrap();
            let guide_file = path("guide.db");
            let guide = Guide::open(&guide_file, <_>::default(), clock.clone());
            let receiver = Receiver::open(Parts {
                config: televisor_receiver::Config::default(),
                data_dir: folder.path().to_owned(),
                db: db.clone(),
                guide: guide.await.unwrap(),
                tuner: Tuner::open(<_>::default()).await,
                clock: clock.clone(),
            });
            let receiver = receiver.await.unwrap();
            let uploads = Uploads::open(folder.path(), db, clock, <_>::default()).unwrap();
            Self { uploads, receiver, _folder: folder }
        }

        /// Pairs a device, which uploads something.
        async fn device(&self) -> DeviceId {
            let keys = || ScramKeys {
                salt: vec![1; 16],
                iterations: 4096,
                stored_key: vec![1; 32],
                server_key: vec![1; 32],
            };
            let credentials = Credentials {
                scram_sha1: keys(),
                scram_sha256: keys(),
                ha1_md5: vec![1; 16],
                ha1_sha256: vec![1; 32],
            };
            let id = DeviceId(uuid::Uuid::new_v4());
            let new = NewDevice { id, name: "Phone".to_owned(), credentials, tier: Tier::Full };
            self.receiver.household().add(new).await.unwrap();
            self.upload(&id.to_string()).await;
            id
        }

        async fn upload(&self, account: &str) {
            let wanted = Wanted { account, name: "a", size: 1, content_type: None, gone_by: None };
            self.uploads.put(wanted, b"1").await.unwrap();
        }

        async fn accounts(&self) -> BTreeSet<String> {
            self.uploads.accounts().await.unwrap().into_iter().collect()
        }

        /// Begins what is done while the receiver runs.
        fn run(&self) -> JoinSet<()> {
            let mut tasks = JoinSet::new();
            tasks.spawn(forget_with_devices(self.uploads.clone(), self.receiver.clone()));
            tasks
        }

        /// Waits until it is these accounts that have uploaded something.
        async fn comes_to(&self, accounts: &[&str]) {
            let accounts = accounts.iter().map(|account| (*account).to_owned()).collect();
            let so = async {
                while self.accounts().await != accounts {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), so).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_left_of_devices_that_are_gone_is_forgotten_at_the_start() {
        let house = House::new().await;
        let stays = house.device().await.to_string();
        house.upload(&uuid::Uuid::new_v4().to_string()).await;
        house.upload("somebody else").await;
        let _running = house.run();
        house.comes_to(&[&stays, "somebody else"]).await;
    }

    #[tokio::test]
    async fn what_a_device_uploaded_is_forgotten_with_it() {
        let house = House::new().await;
        let (gone, stays) = (house.device().await, house.device().await.to_string());
        house.upload(&uuid::Uuid::new_v4().to_string()).await;
        let _running = house.run();
        // What is done at the start is over then.
        house.comes_to(&[&gone.to_string(), &stays]).await;
        house.receiver.forget(&Actor::console(), gone).await.unwrap();
        house.comes_to(&[&stays]).await;
    }
}
