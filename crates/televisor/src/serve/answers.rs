//! The control socket's answers.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::json;
use televisor_conversation::Controls as _;
use televisor_model::{Actor, Contact, Role};
use televisor_receiver::Receiver;
use televisor_server::Handle;
use televisor_web::Screen as _;
use tokio::sync::watch;

use super::accounts::device_id;
use super::away::report::{self, ExternalJson};
use super::backup::Backup;
use super::controls::Switches;
use super::names::ReceiverNames;
use super::nearby::Nearby;
use super::presence;
use super::screen::Display;
use crate::control::listener::Control;
use crate::control::wire::{
    AccountJson, Answer, DeviceJson, RecordingJson, Request, StatusJson, TimerJson,
};

/// What answers are made from.
pub(super) struct Answers {
    pub(super) receiver: Receiver,
    pub(super) display: Display,
    pub(super) server: Handle,
    pub(super) names: watch::Receiver<ReceiverNames>,
    pub(super) web: Vec<String>,
    pub(super) fingerprint: String,
    pub(super) switches: Switches,
    pub(super) nearby: Nearby,
    pub(super) backup: Backup,
}

impl Control for Answers {
    fn answer(&self, request: Request) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            match request {
                Request::Status => Answer::of(&self.status().await),
                Request::Screen => Answer::of(&self.display.view()),
                Request::Devices => list(self.receiver.devices().iter(), |device| {
                    DeviceJson::new(device, self.server.connected(&device.id.to_string()))
                }),
                Request::Timers => self.timers(),
                Request::Recordings => list(self.receiver.recordings().iter(), RecordingJson::new),
                Request::PairingOpen { seconds } => self.open_pairing(seconds),
                Request::PairingClose => {
                    self.display.pairing.close();
                    Answer::of(&json!({"pairing_open": false}))
                }
                Request::Forget { uuid } => self.forget(&uuid).await,
                Request::Accounts => list(self.receiver.contacts().iter(), AccountJson::new),
                Request::Invite { jid } => self.invite(&jid).await,
                Request::InviteLink => self.invite_link(),
                Request::Allow { jid, role } => self.allow(&jid, role.as_deref()).await,
                Request::Revoke { jid } => self.revoke(&jid).await,
                Request::Backup { file, replace } => self.backup.write(&file, replace).await,
            }
        })
    }
}

impl Answers {
    async fn status(&self) -> StatusJson {
        let names = self.names.borrow().clone();
        let recordings = self.receiver.recordings();
        let (reach, federation) = (self.switches.ways.reach(), self.server.federation());
        StatusJson {
            uuid: self.receiver.identity().uuid().to_string(),
            name: self.receiver.identity().name(),
            version: env!("CARGO_PKG_VERSION"),
            aliases: names.aliases(),
            domain: names.domain,
            pairing_open: self.display.view().pairing_open,
            pairing_path: "/pairing",
            sessions: self.server.sessions(),
            recording: recordings.iter().filter(|r| presence::is_running(r)).count(),
            channels: self.receiver.channels().len(),
            guide_until: self.receiver.guide_until().await.ok().flatten(),
            free_bytes: self.receiver.free_space(),
            external: reach.external.as_ref().map(ExternalJson::new),
            from_outside: report::sentences(&self.switches.ways, &federation),
            reach: report::reach(&reach),
            federation: report::federation(&self.switches.ways, &federation),
            component: report::component(&self.switches.ways, &federation),
            uplink: report::uplink(&self.switches.ways),
            nearby: self.nearby.status(),
            xmpp: self.server.local_addrs().iter().map(ToString::to_string).collect(),
            web: self.web.clone(),
            certificate_sha256: self.fingerprint.clone(),
        }
    }

    fn timers(&self) -> Answer {
        let timers = self.receiver.timers();
        list(timers.iter().filter(|timer| timer.state.is_open()), |timer| {
            let channel = self.receiver.channel(&timer.channel);
            TimerJson::new(timer, channel.map_or_else(|| timer.channel.0.clone(), |c| c.name))
        })
    }

    fn open_pairing(&self, seconds: Option<u32>) -> Answer {
        let until = self.display.pairing.open(seconds.map(|s| Duration::from_secs(s.into())));
        Answer::of(&json!({"pairing_open": true, "open_until": until}))
    }

    async fn forget(&self, uuid: &str) -> Answer {
        let Some(id) = device_id(uuid) else {
            return error(format!("`{uuid}` is not a UUID"));
        };
        match self.receiver.forget(&Actor::console(), id).await {
            Ok(device) => Answer::of(&json!({"uuid": uuid, "name": device.name})),
            Err(why) => error(why.to_string()),
        }
    }
}

impl Answers {
    async fn invite(&self, jid: &str) -> Answer {
        let via = match self.switches.way_out() {
            Ok(via) => via,
            Err(why) => return refused(why, "`televisor status` tells more"),
        };
        account(self.receiver.invite(&Actor::console(), jid, via).await)
    }

    fn invite_link(&self) -> Answer {
        let invitation = match self.receiver.invitation(&Actor::console()) {
            Ok(invitation) => invitation,
            Err(why) => return refused(why.to_string(), ACCOUNTS),
        };
        match self.switches.invite_link(&invitation) {
            Ok(uri) => Answer::of(&json!({"uri": uri, "expires_at": invitation.expires_at})),
            Err(why) => refused(why, "`televisor status` tells more"),
        }
    }

    async fn allow(&self, jid: &str, role: Option<&str>) -> Answer {
        let role = match role {
            None => None,
            Some("guest") => Some(Role::Guest),
            Some("member") => Some(Role::Member),
            Some("owner") => Some(Role::Owner),
            Some(other) => {
                return refused(format!("`{other}` is no role"), "guest, member or owner");
            }
        };
        account(self.receiver.allow(&Actor::console(), jid, role).await)
    }

    async fn revoke(&self, jid: &str) -> Answer {
        account(self.receiver.revoke(&Actor::console(), jid).await)
    }
}

const ACCOUNTS: &str = "`televisor accounts` lists the accounts";

fn account(done: Result<Contact, televisor_receiver::Error>) -> Answer {
    match done {
        Ok(contact) => Answer::of(&AccountJson::new(&contact)),
        Err(why) => refused(why.to_string(), ACCOUNTS),
    }
}

fn refused(what: String, hint: &str) -> Answer {
    Answer::Error { what, hint: Some(hint.to_owned()) }
}

fn error(what: String) -> Answer {
    Answer::Error { what, hint: Some("`televisor devices` lists the paired devices".to_owned()) }
}

fn list<'a, T: 'a, J: Serialize>(
    items: impl Iterator<Item = &'a T>,
    json: impl Fn(&'a T) -> J,
) -> Answer {
    Answer::of(&items.map(json).collect::<Vec<_>>())
}
