//! `televisor chat --nearby`: a line out, and whatever comes in, by whoever it is.

use std::time::Duration;

use televisor_client::{Arrival, Change, Incoming, Nearby, Peer, To};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::find::store;
use super::nearby::{called, printable, take_part};
use super::say as print;
use super::talk::problem;
use crate::cli::Chat;
use crate::problem::Problem;

/// How long somebody who was named is looked for.
const LOOKED_FOR: Duration = Duration::from_secs(10);
/// How long one looks around for who is there.
const LOOK: Duration = Duration::from_secs(3);
/// How long an answer to the last line is waited for.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// Who is talked to.
struct Partner {
    to: To,
    peer: Peer,
}

/// `televisor chat --nearby`.
pub(crate) async fn run(args: &Chat) -> Result<(), Problem> {
    let (nearby, arrivals) = take_part(&store(&args.profile)).await?;
    let partner = match find(&nearby, args.to.as_deref()).await {
        Ok(partner) => partner,
        Err(problem) => {
            nearby.close().await;
            return Err(problem);
        }
    };
    let partner = match partner {
        Some(peer) => Some(meet(&nearby, peer).await),
        None => {
            print("Nobody else is here yet; the first to come is talked to.");
            None
        }
    };
    let talked = Talk { nearby: nearby.clone(), partner, unanswered: 0 }.run(arrivals).await;
    nearby.close().await;
    talked
}

/// Finds who was named, or the only one there is. `None`: nobody is there.
async fn find(nearby: &Nearby, wanted: Option<&str>) -> Result<Option<Peer>, Problem> {
    let Some(wanted) = wanted else {
        sleep(LOOK).await;
        let mut peers = nearby.peers();
        return match (peers.pop(), peers.is_empty()) {
            (Some(only), true) => Ok(Some(only)),
            (None, _) => Ok(None),
            (Some(last), false) => {
                let names: Vec<String> = peers.iter().chain([&last]).map(called).collect();
                Err(Problem::failed(format!("several are on this network: {}", names.join(", ")))
                    .hint("say which with --to NAME"))
            }
        };
    };
    let mut changes = nearby.changes();
    let until = Instant::now() + LOOKED_FOR;
    loop {
        if let Some(peer) = nearby.peer(wanted) {
            return Ok(Some(peer));
        }
        match timeout_at(until, changes.recv()).await {
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) | Err(_) => {
                return Err(Problem::failed(format!(
                    "nobody called “{wanted}” is on this network"
                ))
                .hint("`televisor nearby` lists who is"));
            }
        }
    }
}

/// Says who it is, as far as that is proven. Who has proven it is held to it from then on.
async fn meet(nearby: &Nearby, peer: Peer) -> Partner {
    let name = called(&peer);
    let to = match nearby.prove(&peer.name).await {
        Ok(Some(owner)) => {
            let owner_name = printable(&owner.name);
            print(&format!("“{name}” is here, and has proven to be “{owner_name}”."));
            To::Device(owner.jid)
        }
        Ok(None) => {
            print(&format!("“{name}” is here. Nothing proves who that is."));
            To::Peer(peer.name.clone())
        }
        Err(error) => {
            print(&format!("“{name}” is here. ({error})"));
            To::Peer(peer.name.clone())
        }
    };
    Partner { to, peer }
}

struct Talk {
    nearby: Nearby,
    partner: Option<Partner>,
    /// How much was said that nothing was heard after yet.
    unanswered: usize,
}

impl Talk {
    async fn run(mut self, mut arrivals: mpsc::Receiver<Arrival>) -> Result<(), Problem> {
        let mut changes: broadcast::Receiver<Change> = self.nearby.changes();
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        loop {
            tokio::select! {
                line = lines.next_line() => match line {
                    Ok(Some(line)) if !line.trim().is_empty() => self.speak(line.trim()).await?,
                    _ => break,
                },
                Some(arrival) = arrivals.recv() => self.hear(arrival).await,
                Ok(change) = changes.recv() => self.notice(change).await,
            }
        }
        let rest = async {
            while self.unanswered > 0 {
                let Some(arrival) = arrivals.recv().await else { return };
                self.hear(arrival).await;
            }
        };
        // What is not said by then is not said to us.
        drop(timeout(LAST_ANSWER, rest).await);
        Ok(())
    }

    async fn speak(&mut self, line: &str) -> Result<(), Problem> {
        let Some(partner) = &self.partner else {
            print("(nobody is here yet)");
            return Ok(());
        };
        match self.nearby.say(&partner.to, line).await {
            Ok(_) => self.unanswered += 1,
            Err(televisor_client::Error::Link(error)) => print(&format!("({error})")),
            Err(error @ televisor_client::Error::NotHere(_)) => print(&format!("({error})")),
            Err(error) => return Err(problem(&error)),
        }
        Ok(())
    }

    async fn hear(&mut self, arrival: Arrival) {
        let is_partner = self.is_partner(&arrival);
        let name = match (&arrival.proven, &arrival.peer) {
            (Some(owner), _) => printable(&owner.name),
            (None, Some(peer)) => {
                let known = self.nearby.peers().into_iter().find(|known| known.name == *peer);
                known.as_ref().map_or_else(|| printable(peer.as_str()), called)
            }
            (None, None) => "somebody".to_owned(),
        };
        match arrival.what {
            Incoming::Message(message) if is_partner => {
                self.unanswered = self.unanswered.saturating_sub(1);
                print(&printable(&message.body));
            }
            Incoming::Message(message) => {
                print(&format!("* {name}: {}", printable(&message.body)));
                if self.partner.is_none()
                    && let Some(peer) = arrival.peer
                    && let Some(peer) = self.nearby.peers().into_iter().find(|p| p.name == peer)
                {
                    self.partner = Some(meet(&self.nearby, peer).await);
                }
            }
            Incoming::Undelivered { error, .. } => {
                self.unanswered = self.unanswered.saturating_sub(1);
                print(&format!("(not delivered to {name}: {})", error.condition));
            }
            Incoming::Typing { .. }
            | Incoming::Received { .. }
            | Incoming::Data { .. }
            | Incoming::Presence { .. } => {}
        }
    }

    /// Whether it comes from who is talked to: who has only the same name does not, where more was
    /// proven.
    fn is_partner(&self, arrival: &Arrival) -> bool {
        let Some(partner) = &self.partner else { return false };
        match &partner.to {
            To::Device(jid) => {
                arrival.proven.as_ref().is_some_and(|owner| owner.jid.eq_ignore_ascii_case(jid))
            }
            To::Peer(name) => arrival.peer.as_ref() == Some(name),
        }
    }

    async fn notice(&mut self, change: Change) {
        match change {
            Change::Appeared(peer) => {
                print(&format!("* {} has come.", called(&peer)));
                if self.partner.is_none() {
                    self.partner = Some(meet(&self.nearby, peer).await);
                }
            }
            Change::Gone(name) => {
                let partner = self.partner.as_ref().filter(|partner| partner.peer.name == name);
                let shown = partner
                    .map_or_else(|| printable(name.as_str()), |partner| called(&partner.peer));
                print(&format!("* {shown} has gone."));
            }
            Change::Changed(_) => {}
        }
    }
}
