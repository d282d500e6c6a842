//! What may be asked to be done. Every command names its actor, is checked against
//! [`permission`], and is on disk before it is answered.

use jiff::Timestamp;
use televisor_dvr::{Added, NewTimer};
use televisor_model::{
    Actor, ChannelId, Device, DeviceId, EventId, Padding, Priority, Programme, Role, Timer, TimerId,
};

use crate::permission::{self, Command};
use crate::{Error, Receiver};

/// What came of asking to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The timer, new or already there.
    pub timer: Timer,
    /// Who had set it, if it was there already; nothing has changed then.
    pub already: Option<String>,
}

impl Receiver {
    /// Records one event of the guide. One that is being shown starts at once.
    ///
    /// # Errors
    /// [`Error::NoEvent`], [`Error::PastEvent`], [`Error::NotAllowed`], [`Error::Dvr`].
    pub async fn record_event(
        &self,
        actor: &Actor,
        event: &EventId,
        padding: Option<Padding>,
    ) -> Result<Recorded, Error> {
        permission::check(actor, Command::Record)?;
        let found = self.event(event).await?.ok_or_else(|| Error::NoEvent(event.clone()))?;
        if found.stop <= self.clock().now() {
            return Err(Error::PastEvent);
        }
        let new = NewTimer {
            channel: found.channel,
            start: found.start,
            stop: found.stop,
            padding,
            priority: Priority::default(),
            event: Some(found.id),
            programme: found.programme,
            rule: None,
            set_by: actor.name.clone(),
        };
        Ok(self.dvr().add(new).await?.into())
    }

    /// Records a stretch of time on a channel, whatever is shown, with no padding.
    ///
    /// # Errors
    /// [`Error::NoChannel`], [`Error::PastEvent`], [`Error::NotAllowed`], [`Error::Dvr`].
    pub async fn record_span(
        &self,
        actor: &Actor,
        channel: &ChannelId,
        start: Timestamp,
        stop: Timestamp,
        title: &str,
    ) -> Result<Recorded, Error> {
        permission::check(actor, Command::Record)?;
        if self.channel(channel).is_none() {
            return Err(Error::NoChannel);
        }
        let none = jiff::SignedDuration::ZERO;
        let new = NewTimer {
            channel: channel.clone(),
            start,
            stop,
            padding: Some(Padding { before: none, after: none }),
            priority: Priority::default(),
            event: None,
            programme: Programme { title: title.to_owned(), ..Programme::default() },
            rule: None,
            set_by: actor.name.clone(),
        };
        Ok(self.dvr().add(new).await?.into())
    }

    /// Takes a timer back. One that is being recorded stops; what was written is kept. One that
    /// was cancelled before is answered as it stands.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::NotAllowed`], [`Error::Dvr`] if it has ended.
    pub async fn cancel_timer(&self, actor: &Actor, id: TimerId) -> Result<Timer, Error> {
        permission::check(actor, Command::Record)?;
        Ok(self.dvr().cancel(id).await?)
    }

    /// Undoes [`Receiver::cancel_timer`]. If it was being recorded, recording goes on in the same
    /// file with a gap.
    ///
    /// # Errors
    /// [`Error::PastEvent`] if its time has passed, [`Error::NoTimer`], [`Error::NotAllowed`].
    pub async fn restore_timer(&self, actor: &Actor, id: TimerId) -> Result<Timer, Error> {
        permission::check(actor, Command::Record)?;
        Ok(self.dvr().restore(id).await?)
    }

    /// Changes the padding of a timer that has not ended; one being recorded just stops at its
    /// new end.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::NotAllowed`], [`Error::Dvr`] if it has ended.
    pub async fn set_padding(
        &self,
        actor: &Actor,
        id: TimerId,
        padding: Padding,
    ) -> Result<Timer, Error> {
        permission::check(actor, Command::Record)?;
        Ok(self.dvr().set_padding(id, padding).await?)
    }

    /// Un-pairs a device and ends its sessions, and invitations that approve by themselves.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NoDevice`]; [`Error::LastOwner`] for the last owner, unless
    /// the receiver's own side asks.
    pub async fn forget(&self, actor: &Actor, id: DeviceId) -> Result<Device, Error> {
        let own = actor.device() == Some(id);
        permission::check(actor, if own { Command::ForgetSelf } else { Command::Forget })?;
        if !actor.is_console() && self.is_last_owner(id) {
            return Err(Error::LastOwner);
        }
        let device = self.household().forget(id).await?;
        self.accounts().end_tokens();
        Ok(device)
    }

    /// Gives a device another role.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::NoDevice`], [`Error::LastOwner`].
    pub async fn set_role(&self, actor: &Actor, id: DeviceId, role: Role) -> Result<Device, Error> {
        permission::check(actor, Command::Administer)?;
        if role != Role::Owner && self.is_last_owner(id) {
            return Err(Error::LastOwner);
        }
        let device = self.household().set_role(id, role).await?;
        self.accounts().end_tokens();
        Ok(device)
    }

    /// Gives the receiver another friendly name.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::BadName`].
    pub async fn rename(&self, actor: &Actor, name: &str) -> Result<String, Error> {
        permission::check(actor, Command::Administer)?;
        self.identity().rename(self.database(), name).await
    }

    fn is_last_owner(&self, id: DeviceId) -> bool {
        let devices = self.household().devices();
        let mut owners = devices.iter().filter(|d| d.role == Role::Owner).map(|d| d.id);
        owners.next() == Some(id) && owners.next().is_none()
    }
}

impl From<Added> for Recorded {
    fn from(added: Added) -> Self {
        let already = added.already.then(|| added.timer.set_by.clone());
        Self { timer: added.timer, already }
    }
}
