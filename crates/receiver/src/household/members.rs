//! The handle: memory in front, disk behind. Looking up costs a lock and no more; every change is
//! on disk before it is answered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use jiff::SignedDuration;
use televisor_clock::Clock;
use televisor_model::{Change, Credentials, Device, DeviceId, Role, Tier};
use televisor_store::Database;
use tokio::sync::{Mutex, broadcast};

use super::contacts::Contacts;
use super::name::clean;
use super::rows::{self, Member};
use crate::Error;

/// A household has no more devices than this; a stranger at the code screen cannot fill the disk.
const MOST_DEVICES: usize = 200;

/// A basic device that was not seen for this long falls out (R8).
const BASIC_UNUSED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A basic device falls out this long after it was paired, whatever it does (R8).
const BASIC_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);

/// A device is written down as seen at most this often.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What pairing knows of a new device.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// The UUID that pairing gave to it.
    pub id: DeviceId,
    /// What it calls itself; cleaned here.
    pub name: String,
    /// What proves it.
    pub credentials: Credentials,
    /// How strong that is.
    pub tier: Tier,
}

/// The household's devices, cheap to clone.
#[derive(Clone)]
pub struct Household {
    inner: Arc<Inner>,
}

struct Inner {
    db: Database,
    clock: Clock,
    members: RwLock<BTreeMap<DeviceId, Member>>,
    /// Held from before a change is worked out until it is in memory.
    turn: Mutex<()>,
    changes: broadcast::Sender<Change>,
    contacts: Contacts,
}

impl Household {
    /// Reads the household from `db`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) async fn open(
        db: Database,
        clock: Clock,
        changes: broadcast::Sender<Change>,
    ) -> Result<Self, Error> {
        let members = db.read(|conn| Ok::<_, Error>(rows::load(conn)?)).await?;
        let members = members.into_iter().map(|m| (m.device.id, m)).collect();
        let contacts = Contacts::open(db.clone(), clock.clone(), changes.clone()).await?;
        let inner = Inner {
            db,
            clock,
            members: RwLock::new(members),
            turn: Mutex::new(()),
            changes,
            contacts,
        };
        let household = Self { inner: Arc::new(inner) };
        household.drop_expired().await?;
        Ok(household)
    }

    /// Returns every device that may still log in, in order of pairing.
    #[must_use]
    pub fn devices(&self) -> Vec<Device> {
        let mut devices: Vec<Device> = self
            .members()
            .values()
            .map(|m| &m.device)
            .filter(|d| !self.is_expired(d))
            .cloned()
            .collect();
        devices.sort_by_key(|d| (d.paired_at, d.id));
        devices
    }

    /// Returns people's own accounts elsewhere.
    #[must_use]
    pub fn contacts(&self) -> &Contacts {
        &self.inner.contacts
    }

    /// Returns one device.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<Device> {
        self.members().get(&id).map(|m| m.device.clone()).filter(|d| !self.is_expired(d))
    }

    /// Returns what proves a device.
    #[must_use]
    pub fn credentials(&self, id: DeviceId) -> Option<Credentials> {
        let members = self.members();
        let member = members.get(&id)?;
        (!self.is_expired(&member.device)).then(|| member.credentials.clone())
    }

    /// Returns whether nobody is paired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.members().values().any(|m| !self.is_expired(&m.device))
    }

    /// Takes a device in. The first is the owner, everyone after it a member.
    ///
    /// # Errors
    /// [`Error::Paired`], [`Error::TooManyDevices`], [`Error::Store`].
    pub async fn add(&self, new: NewDevice) -> Result<Device, Error> {
        let now = self.inner.clock.now();
        self.drop_expired().await?;
        self.change(move |members| {
            if members.contains_key(&new.id) {
                return Err(Error::Paired(new.id));
            }
            if members.len() >= MOST_DEVICES {
                return Err(Error::TooManyDevices(members.len()));
            }
            let owned = members.values().any(|m| m.device.role == Role::Owner);
            let device = Device {
                id: new.id,
                name: clean(&new.name).unwrap_or_else(|| "A device".to_owned()),
                role: if owned { Role::Member } else { Role::Owner },
                tier: new.tier,
                paired_at: now,
                last_seen: None,
            };
            Ok(Member { device, credentials: new.credentials })
        })
        .await
    }

    /// Gives a device the credentials of a 256-bit secret; the passcode is then worth nothing.
    ///
    /// # Errors
    /// [`Error::NoDevice`], [`Error::Store`].
    pub async fn upgrade(&self, id: DeviceId, credentials: Credentials) -> Result<Device, Error> {
        self.alter(id, move |member| {
            member.credentials = credentials;
            member.device.tier = Tier::Full;
            Ok(())
        })
        .await
    }

    /// Notes that a device has logged in. The first time is on disk before this returns; after
    /// that once a minute is enough.
    ///
    /// # Errors
    /// [`Error::NoDevice`], [`Error::Store`].
    pub async fn seen(&self, id: DeviceId) -> Result<Device, Error> {
        let now = self.inner.clock.now();
        let known = self.device(id).ok_or(Error::NoDevice(id))?;
        if known.last_seen.is_some_and(|at| now.duration_since(at).abs() < SEEN_EVERY) {
            return Ok(known);
        }
        self.alter(id, move |member| {
            member.device.last_seen = Some(now);
            Ok(())
        })
        .await
    }

    /// Renames a device.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::NoDevice`], [`Error::Store`].
    pub async fn rename(&self, id: DeviceId, name: &str) -> Result<Device, Error> {
        let name = clean(name).ok_or(Error::BadName)?;
        self.alter(id, move |member| {
            member.device.name = name;
            Ok(())
        })
        .await
    }

    /// Gives a device another role.
    ///
    /// # Errors
    /// [`Error::NoDevice`], [`Error::Store`].
    pub(crate) async fn set_role(&self, id: DeviceId, role: Role) -> Result<Device, Error> {
        self.alter(id, move |member| {
            member.device.role = role;
            Ok(())
        })
        .await
    }

    /// Un-pairs a device: its credentials are gone from disk when this returns. Its sessions end
    /// because of the [`Change::Forgotten`] that follows.
    ///
    /// # Errors
    /// [`Error::NoDevice`], [`Error::Store`].
    pub async fn forget(&self, id: DeviceId) -> Result<Device, Error> {
        let this = self.clone();
        spawned(async move {
            let _turn = this.inner.turn.lock().await;
            let found = this.members().get(&id).map(|m| m.device.clone());
            let device = found.ok_or(Error::NoDevice(id))?;
            this.inner.db.write(move |conn| Ok::<_, Error>(rows::remove(conn, id)?)).await?;
            this.inner.members.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
            this.tell(Change::Forgotten(id));
            Ok(device)
        })
        .await
    }

    /// Removes the basic devices whose time is up.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn drop_expired(&self) -> Result<(), Error> {
        let expired: Vec<DeviceId> = self
            .members()
            .values()
            .filter(|m| self.is_expired(&m.device))
            .map(|m| m.device.id)
            .collect();
        for id in expired {
            match self.forget(id).await {
                Ok(_) | Err(Error::NoDevice(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_expired(&self, device: &Device) -> bool {
        let now = self.inner.clock.now();
        let used = device.last_seen.unwrap_or(device.paired_at);
        device.tier == Tier::Basic
            && (now.duration_since(used) > BASIC_UNUSED
                || now.duration_since(device.paired_at) > BASIC_LIFE)
    }

    fn members(&self) -> RwLockReadGuard<'_, BTreeMap<DeviceId, Member>> {
        self.inner.members.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: Change) {
        // Nobody listening is no failure.
        drop(self.inner.changes.send(change));
    }

    async fn alter(
        &self,
        id: DeviceId,
        work: impl FnOnce(&mut Member) -> Result<(), Error> + Send + 'static,
    ) -> Result<Device, Error> {
        self.change(move |members| {
            let mut member = members.get(&id).cloned().ok_or(Error::NoDevice(id))?;
            work(&mut member)?;
            Ok(member)
        })
        .await
    }

    /// Works out one device's new form, writes it, then shows it: in that order, and to the end
    /// even if the caller goes away.
    async fn change(
        &self,
        work: impl FnOnce(&BTreeMap<DeviceId, Member>) -> Result<Member, Error> + Send + 'static,
    ) -> Result<Device, Error> {
        let this = self.clone();
        spawned(async move {
            let _turn = this.inner.turn.lock().await;
            let member = work(&this.members())?;
            let row = member.clone();
            this.inner.db.write(move |conn| Ok::<_, Error>(rows::save(conn, &row)?)).await?;
            let device = member.device.clone();
            let mut members = this.inner.members.write().unwrap_or_else(PoisonError::into_inner);
            members.insert(device.id, member);
            drop(members);
            this.tell(Change::Device(device.clone()));
            Ok(device)
        })
        .await
    }
}

/// Runs `work` to its end even if the caller goes away.
pub(super) async fn spawned<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await.map_err(|_| televisor_store::Error::Closed)?
}

impl fmt::Debug for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Household").field("devices", &self.members().len()).finish_non_exhaustive()
    }
}
