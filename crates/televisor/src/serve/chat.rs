//! The parts that talk, put together: the conversation, the voice, and the ways to the world.

use std::sync::Arc;

use televisor_clock::Clock;
use televisor_conversation::Conversation;
use televisor_model::Via;
use televisor_pairing::Pairing;
use televisor_reach::{Identity, Reach};
use televisor_receiver::Receiver;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::away::people::People;
use super::away::steward::Steward;
use super::away::ways::Ways;
use super::away::{address, uplink};
use super::commands::{House, commands};
use super::controls::Switches;
use super::household::HouseholdList;
use super::notices::Notices;
use super::placard::Placard;
use super::resident::ReceiverResident;
use super::screen::Display;
use super::voice::Voice;
use crate::config::Config;
use crate::problem::Problem;

/// The parts that talk.
pub(super) struct Chat {
    pub(super) switches: Switches,
    pub(super) voice: Voice,
    pub(super) household: HouseholdList,
    pub(super) conversation: Conversation,
    people: Arc<People>,
}

impl Chat {
    /// Puts them together; the server is put in when it is up.
    pub(super) fn new(
        config: &Config,
        receiver: &Receiver,
        pairing: &Pairing,
        identity: &Identity,
    ) -> Self {
        let server = Arc::new(OnceCell::new());
        let ways = Ways::new(
            receiver.identity().uuid().to_string(),
            Arc::clone(&server),
            config.component.as_ref().map(|component| component.domain.to_lowercase()),
            config.federation.enabled,
        );
        let switches = Switches {
            receiver: receiver.clone(),
            pairing: pairing.clone(),
            server: Arc::clone(&server),
            ways: ways.clone(),
            placard: Placard::default(),
        };
        let conversation = Conversation::new(receiver.clone(), Arc::new(switches.clone()));
        let household = HouseholdList::new(receiver.clone(), Arc::clone(&server), identity.clone());
        let voice = Voice { receiver: receiver.clone(), server, ways, notices: Notices::default() };
        let people = Arc::new(People::new(voice.clone(), conversation.clone()));
        Self { switches, voice, household, conversation, people }
    }

    /// The receiver as an entity of its server.
    pub(super) fn resident(&self) -> ReceiverResident {
        let via = self.switches.ways.component().map_or(Via::Federation, |_| Via::Component);
        let house = House {
            receiver: self.voice.receiver.clone(),
            conversation: self.conversation.clone(),
        };
        ReceiverResident {
            commands: commands(&house),
            receiver: self.voice.receiver.clone(),
            conversation: self.conversation.clone(),
            people: Arc::clone(&self.people),
            household: self.household.clone(),
            via,
            server: Arc::clone(&self.switches.server),
            localpart: self.voice.receiver.identity().uuid().to_string(),
        }
    }

    /// What the screen is drawn from.
    pub(super) fn display(&self) -> Display {
        Display {
            receiver: self.voice.receiver.clone(),
            pairing: self.switches.pairing.clone(),
            notices: self.voice.notices.clone(),
            placard: self.switches.placard.clone(),
        }
    }

    /// Goes out into the world, once the server and the door are there.
    pub(super) fn go_out(
        &self,
        config: &Config,
        reach: &Reach,
        clock: &Clock,
        tasks: &mut JoinSet<()>,
    ) -> Result<(), Problem> {
        let ways = &self.switches.ways;
        if let Some(account) = &config.uplink {
            let (link, stanzas) = uplink::start(account.clone(), &self.voice.receiver, clock)?;
            ways.set_uplink(link);
            tasks.spawn(uplink::listen(stanzas, ways.clone(), Arc::clone(&self.people)));
        }
        tasks.spawn(Steward::new(self.voice.clone(), self.conversation.clone()).run());
        tasks.spawn(address::follow(self.voice.clone(), config.public_name(), reach.state()));
        Ok(())
    }
}
