//! A device on the link: our own side of it, as an app would use it.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::segment::Segment;
use crate::pairing;
use crate::program::televisor;
use crate::receiver::{Receiver, resident, wait_for};
use crate::script::Script;

/// A household's devices, as they know each other after pairing: everybody's certificate, and whose
/// it is.
#[derive(Debug)]
pub struct Household {
    folder: TempDir,
}

impl Household {
    /// Makes one with a device for each bare JID.
    ///
    /// # Panics
    /// If certificates cannot be made.
    #[must_use]
    pub fn of(jids: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("household-").tempdir().expect("a folder");
        let household = Self { folder };
        let known: Vec<Value> = jids
            .iter()
            .map(|jid| {
                let at = household.at(jid);
                make_certificate(&at);
                let der = CertificateDer::from_pem_file(at.join("device.crt")).expect("PEM");
                let hash = Sha256::digest(&der);
                let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                json!({"sha256": hex, "jid": jid, "name": jid.split('@').next()})
            })
            .collect();
        for jid in jids {
            let list = Value::from(known.clone()).to_string();
            let at = household.at(jid).join("household.json");
            std::fs::write(at, list).expect("a file");
        }
        household
    }

    /// Returns the folder of a device of the household: `device.crt`, `device.key`,
    /// `household.json`.
    #[must_use]
    pub fn at(&self, jid: &str) -> PathBuf {
        self.folder.path().join(jid.replace(['@', '/'], "-"))
    }
}

/// Returns a folder with a certificate that nobody knows: `device.crt`, `device.key`.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn certificate() -> TempDir {
    let folder = tempfile::Builder::new().prefix("device-").tempdir().expect("a folder");
    make_certificate(folder.path());
    folder
}

fn make_certificate(at: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).expect("a name");
    std::fs::create_dir_all(at).expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(at.join(name), text).expect("a file");
    put("device.crt", &made.cert.pem());
    put("device.key", &made.signing_key.serialize_pem());
}

/// A running `nearby-device`. Ended with its value as a power cut would: no goodbye.
#[derive(Debug)]
pub struct Device {
    script: Script,
    /// The name it has on the link, after collisions.
    pub name: String,
    /// Its address in its household; empty without one.
    pub jid: String,
}

impl Device {
    /// Starts one as `user@machine` and waits until it is announced. `identity` is the folder with
    /// its certificate; without it all its streams are plain.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(segment: &Segment, place: &str, name: &str, identity: Option<&Path>) -> Self {
        Self::with(segment, place, name, &json!({"identity": identity}))
    }

    /// As [`Device::start`], set up otherwise: see the program's own words.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn with(segment: &Segment, place: &str, name: &str, more: &Value) -> Self {
        let mut script = Self::launch(segment, place, name, more);
        let here = script.expect("a device on the link", |line| line["event"] == "here");
        Self::announced(script, &here)
    }

    /// Pairs a device with a receiver, and logs in with it. What it keeps is in the folder `store`.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn paired(
        segment: &Segment,
        place: &str,
        name: &str,
        receiver: &Receiver,
        store: &Path,
    ) -> Self {
        receiver.open_pairing();
        let root = format!("http://{}:8010/pairing", segment.address("tv"));
        let setup = json!({"store": store, "pair": root, "session": true});
        let mut script = Self::launch(segment, place, name, &setup);
        script.expect("a pairing", |line| line["event"] == "pairing");
        script.tell(&pairing::code(receiver));
        let here = script.expect("a device on the link", |line| line["event"] == "here");
        Self::announced(script, &here)
    }

    fn launch(segment: &Segment, place: &str, name: &str, more: &Value) -> Script {
        let (user, machine) = name.split_once('@').expect("user@machine");
        let mut setup = json!({"user": user, "machine": machine, "nick": user});
        for (key, value) in more.as_object().into_iter().flatten() {
            setup[key] = value.clone();
        }
        // Cargo puts the programs of this crate beside those of others.
        let program = televisor().with_file_name("nearby-device");
        Script::start(segment.inside(place, program).arg(setup.to_string()))
    }

    fn announced(script: Script, here: &Value) -> Self {
        let name = here["name"].as_str().unwrap_or_else(|| panic!("no name: {here}")).to_owned();
        let jid = here["jid"].as_str().unwrap_or_default().to_owned();
        Self { script, name, jid }
    }

    /// Tells it what to do; see the program's own words.
    pub fn does(&mut self, what: &Value) {
        self.script.tell(&what.to_string());
    }

    /// Returns the first event that is wanted, whether it has come already or is still to come.
    ///
    /// # Panics
    /// If it does not come in time.
    pub fn expect(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let heard = self.script.heard.iter().find(|line| wanted(line)).cloned();
        heard.unwrap_or_else(|| self.script.expect(what, wanted))
    }

    /// Returns the next event that is wanted, from now on.
    ///
    /// # Panics
    /// If it does not come in time.
    pub fn next(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.script.expect(what, wanted)
    }

    /// Tells it what to do, and returns the next event of this kind, or `failed`.
    ///
    /// # Panics
    /// If neither comes in time.
    pub fn asked(&mut self, what: &Value, event: &str) -> Value {
        self.does(what);
        self.script.expect(event, |line| line["event"] == event || line["event"] == "failed")
    }

    /// Returns its resident memory, in bytes.
    ///
    /// # Panics
    /// If it is not running.
    #[must_use]
    pub fn memory(&self) -> u64 {
        resident(self.script.id())
    }

    /// Returns everything that it has told so far.
    #[must_use]
    pub fn heard(&self) -> &[Value] {
        &self.script.heard
    }

    /// Waits until it sees a peer, and returns what it knows of it.
    ///
    /// # Panics
    /// If it does not come.
    pub fn sees(&mut self, name: &str) -> Value {
        self.expect(&format!("{name} on the link"), |line| {
            line["event"] == "appeared" && line["name"] == name
        })
    }

    /// Waits until a peer has gone.
    ///
    /// # Panics
    /// If it does not go.
    pub fn sees_go(&mut self, name: &str) {
        self.expect(&format!("{name} to go"), |line| {
            line["event"] == "gone" && line["name"] == name
        });
    }

    /// Says something to a peer; returns `sent` (proven, encrypted) or `failed`.
    ///
    /// # Panics
    /// If it does neither in time.
    pub fn says(&mut self, to: &str, body: &str) -> Value {
        self.asked(&json!({"do": "say", "to": to, "body": body}), "sent")
    }

    /// Says something to the receiver itself, by whichever way; returns `sent` or `failed`.
    ///
    /// # Panics
    /// If it does neither in time.
    pub fn tells(&mut self, receiver: &str, body: &str) -> Value {
        self.asked(&json!({"do": "say", "device": receiver, "body": body}), "sent")
    }

    /// Waits until it can know a member of its household by a certificate.
    ///
    /// # Panics
    /// If it cannot in time.
    pub fn can_know(&mut self, jid: &str) {
        wait_for(&format!("{} to know {jid}", self.name), || {
            self.asked(&json!({"do": "household", "device": jid}), "household")["known"] == true
        });
    }

    /// Waits until a peer has said something with `body` in it, and returns it.
    ///
    /// # Panics
    /// If it does not.
    pub fn hears(&mut self, body: &str) -> Value {
        self.expect(&format!("a message with {body:?}"), |line| {
            line["event"] == "message"
                && line["body"].as_str().is_some_and(|said| said.contains(body))
        })
    }
}
