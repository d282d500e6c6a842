//! A household to talk to: a real receiver in a temporary folder, a fictional guide, a line-up
//! whose sources give nothing, three devices, and controls that note what they are asked.

mod guide;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Zoned;
use televisor_clock::Clock;
use televisor_conversation::{Controls, Conversation, Said, Speaker};
use televisor_guide::Guide;
use televisor_model::{
    Actor, ContactState, Credentials, Device, DeviceId, Role, ScramKeys, Tier, Via, Who,
};
use televisor_receiver::{Config, Invitation, NewDevice, PARTS, Parts, Receiver};
use televisor_store::Database;
use televisor_tuner::Tuner;
use tempfile::TempDir;
use uuid::Uuid;

/// How long anything in a test may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Household {
    pub(crate) conversation: Conversation,
    pub(crate) receiver: Receiver,
    pub(crate) clock: Clock,
    pub(crate) devices: Vec<Device>,
    pub(crate) opened: Arc<AtomicUsize>,
    _folder: TempDir,
}

struct Desk {
    connected: DeviceId,
    opened: Arc<AtomicUsize>,
}

impl Controls for Desk {
    fn open_pairing(&self) -> BoxFuture<'_, Result<(), String>> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }

    fn connected(&self) -> Vec<DeviceId> {
        vec![self.connected]
    }

    fn status_lines(&self) -> Vec<String> {
        vec!["televisor 0.0.0".to_owned()]
    }

    fn way_out(&self) -> Result<Via, String> {
        Ok(Via::Federation)
    }

    fn invite_link(&self, invitation: &Invitation) -> Result<String, String> {
        // The token is another one every time; how long it is counts.
        let token = "T".repeat(invitation.token.len());
        Ok(format!("xmpp:tv@192.0.2.7?roster;preauth={token}"))
    }

    fn reachability(&self) -> Vec<String> {
        vec!["Yes, at 192.0.2.7 since 21:40.".to_owned(), "Opened by NAT-PMP.".to_owned()]
    }
}

impl Household {
    /// Moves in on Wednesday 25 November 2026 at 14:00.
    pub(crate) async fn new() -> Self {
        let now: Zoned = "2026-11-25T14:00[Europe/London]".parse().unwrap();
        let clock = Clock::manual(&now);
        let folder = tempfile::tempdir().unwrap();
        let receiver = open(&folder, &clock).await;
        let mut devices = Vec::new();
        for (n, name) in ["Dan's phone", "Mum's tablet", "Visitor's phone"].iter().enumerate() {
            devices.push(pair(&receiver, n, name).await);
        }
        let visitor = devices[2].id;
        devices[2] = receiver.set_role(&Actor::console(), visitor, Role::Guest).await.unwrap();
        let opened = Arc::new(AtomicUsize::new(0));
        let desk = Desk { connected: devices[0].id, opened: Arc::clone(&opened) };
        let conversation = Conversation::new(receiver.clone(), Arc::new(desk));
        Self { conversation, receiver, clock, devices, opened, _folder: folder }
    }

    /// Returns one of the devices by the first word of its name, as a speaker.
    pub(crate) fn speaker(&self, name: &str) -> Speaker {
        if name == "Neighbour" {
            let key = "nearby:neighbour@laptop".to_owned();
            return Speaker { key, actor: Actor::passerby("neighbour@laptop") };
        }
        if name.contains('@') {
            return self.account(name);
        }
        let device = self.devices.iter().find(|device| device.name.starts_with(name));
        let device = device.unwrap_or_else(|| panic!("nobody is called {name}"));
        let actor = Actor {
            who: Who::Device(device.id),
            name: device.name.clone(),
            role: device.role,
            tier: device.tier,
        };
        Speaker { key: device.id.to_string(), actor }
    }

    /// Returns an account elsewhere as a speaker, as far as it is let in.
    fn account(&self, jid: &str) -> Speaker {
        let contact =
            self.receiver.accounts().get(jid).filter(|c| c.state == ContactState::Allowed);
        let contact = contact.unwrap_or_else(|| panic!("{jid} is not let in"));
        let (role, name) = (contact.role, contact.jid.clone());
        let actor = Actor { who: Who::Contact(contact.jid), name, role, tier: Tier::Full };
        Speaker { key: jid.to_owned(), actor }
    }

    /// Lets an account elsewhere do something: `accepts`, `declines`, or `is called NAME`.
    pub(crate) async fn happens(&self, jid: &str, what: &str) {
        let accounts = self.receiver.accounts();
        match what {
            "accepts" => {
                let contact = accounts.accepted(jid, Via::Federation).await.unwrap().unwrap();
                for device in self.devices.iter().filter(|device| device.role >= Role::Member) {
                    self.conversation.ask_to_allow(&device.id.to_string(), &contact).await;
                }
            }
            "declines" => drop(accounts.refused(jid).await.unwrap().unwrap()),
            named => {
                let name = named.strip_prefix("is called ").expect("nothing that happens");
                drop(accounts.came(jid, Via::Federation, Some(name)).await.unwrap());
            }
        }
    }

    /// Says one thing and returns the answer, which keeps its limits whatever was said.
    pub(crate) async fn say(&self, name: &str, said: Said) -> String {
        let speaker = self.speaker(name);
        let talk = self.conversation.say(&speaker, said.clone());
        let answer = tokio::time::timeout(PATIENCE, talk).await.expect("no answer").text;
        assert!(!answer.trim().is_empty(), "no answer to {said:?}");
        assert!(answer.lines().count() <= 6, "too many lines for {said:?}: {answer}");
        assert!(answer.chars().count() <= 600, "too long for {said:?}: {answer}");
        answer
    }
}

async fn open(folder: &TempDir, clock: &Clock) -> Receiver {
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("channels.m3u"), guide::playlist()).unwrap();
    let playlist = path("channels.m3u").to_str().unwrap().to_owned();
    let config = televisor_guide::Config::default();
    let guide = Guide::open(&path("guide.db"), config, clock.clone()).await.unwrap();
    let tuner = Tuner::open(televisor_tuner::Config::new(vec![playlist])).await;
    let mut channels = tuner.channels();
    let line_up = channels.wait_for(|channels| !channels.is_empty());
    drop(tokio::time::timeout(PATIENCE, line_up).await.expect("no line-up").unwrap());
    let receiver = Receiver::open(Parts {
        config: Config { name: Some("Test Set-top Box".to_owned()), ..Config::default() },
        data_dir: folder.path().to_owned(),
        db: Database::open(&path("household.db"), &PARTS).unwrap(),
        guide: guide.clone(),
        tuner,
        clock: clock.clone(),
    })
    .await
    .unwrap();
    let mut changes = receiver.changes();
    guide.import("test", std::io::Cursor::new(guide::xmltv())).await.unwrap();
    while receiver.upcoming_titles().is_empty() {
        let change = tokio::time::timeout(PATIENCE, changes.recv());
        drop(change.await.expect("no titles").unwrap());
    }
    receiver
}

async fn pair(receiver: &Receiver, n: usize, name: &str) -> Device {
    let keys = ScramKeys {
        salt: vec![1; 16],
        iterations: 4096,
        stored_key: vec![1; 32],
        server_key: vec![1; 32],
    };
    let credentials = Credentials {
        scram_sha1: keys.clone(),
        scram_sha256: keys,
        ha1_md5: vec![1; 16],
        ha1_sha256: vec![1; 32],
    };
    let id = DeviceId(Uuid::from_u128(u128::try_from(n + 1).unwrap()));
    let new = NewDevice { id, name: name.to_owned(), credentials, tier: Tier::Full };
    receiver.household().add(new).await.unwrap()
}
