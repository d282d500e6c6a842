//! Whose certificate is whose: devices of one household learn it from the receiver, and keep it.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed step fails the test")]

use std::time::Duration;

use televisor_client::{Answer, HouseholdPins, Options, ProfileStore, Session, pair_at};
use televisor_e2e::pairing;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_serverless::{Credentials, Pins as _};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// A device with a home of its own.
struct Device {
    store: ProfileStore,
    jid: String,
    sha256: [u8; 32],
    session: Session,
    _folder: TempDir,
}

impl Device {
    /// Pairs with the receiver and logs in.
    async fn paired(receiver: &Receiver, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = ProfileStore::new(folder.path());
        receiver.open_pairing();
        let begun = pair_at(&receiver.pairing(), name).await.expect("the window is open");
        let code = tokio::task::block_in_place(|| pairing::code(receiver));
        let answer = begun.finish(&code, &store).await.expect("the code is taken");
        let Answer::Paired(profile) = answer else { panic!("the code is right") };
        let options = Options { store: Some(store.clone()), ..Options::default() };
        let session = Session::connect(*profile.clone(), options).await.expect("a log-in");
        let sha256 = store.identity().expect("an identity").sha256();
        Self { store, jid: profile.jid, sha256, session, _folder: folder }
    }

    fn pins(&self) -> HouseholdPins {
        HouseholdPins::new(self.store.clone())
    }

    /// Waits until this device knows `other` by its certificate, or knows it no more.
    async fn knows(&self, other: &Self, knows: bool) {
        let until = Instant::now() + Duration::from_secs(15);
        while self.pins().proves(&other.sha256, &other.jid) != knows {
            assert!(Instant::now() < until, "{} about {}: not {knows}", self.jid, other.jid);
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_forgotten_proves_nothing_to_anybody() {
    let mut receiver = Receiver::start(Setup::quiet());
    let phone = Device::paired(&receiver, "phone").await;
    let tablet = Device::paired(&receiver, "tablet").await;
    phone.knows(&tablet, true).await;
    tablet.knows(&phone, true).await;
    let profile = phone.store.find(None).expect("a profile");
    let Credentials { certificate, .. } = phone.pins().credentials().expect("credentials");
    let own = phone.store.identity().expect("an identity");
    assert_eq!(certificate, *own.certificate(), "one certificate, made once");

    // The receiver itself, by the certificate that was pinned when pairing.
    let owner = phone.pins().known_as(&profile.receiver_jid()).expect("the receiver");
    assert_eq!(owner.name, "Test Set-top Box");

    // It is known without the receiver, and after it was off.
    receiver.kill();
    assert!(phone.pins().proves(&tablet.sha256, &tablet.jid));
    receiver.start_again();
    phone.knows(&tablet, true).await;

    let (uuid, _) = tablet.jid.split_once('@').expect("a bare address");
    let forgotten = receiver.control(&["forget", uuid]);
    assert!(forgotten.status.success(), "{forgotten:?}");
    phone.knows(&tablet, false).await;
    phone.knows(&phone, true).await;
    phone.session.close().await;
    tablet.session.close().await;
}
