//! The lanes there are, and how they are reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::job::Job;
use crate::error::Error;
use crate::name::PeerName;
use crate::stream::hub::Shared;
use crate::stream::opened::Opened;
use crate::stream::wire::Fault;

/// Orders that may wait for a lane; who gives more waits.
const ORDERS: usize = 16;

/// What a lane is told of its streams.
#[derive(Debug)]
pub(in crate::stream) enum Order {
    /// A stream that the peer has opened.
    Adopt(Box<Opened>),
    /// A stream has ended.
    Ended {
        /// Its number in the lane.
        number: u64,
        fault: Fault,
    },
}

/// How a lane is reached.
#[derive(Debug, Clone)]
pub(in crate::stream) struct Handle {
    number: u64,
    name: Arc<Mutex<PeerName>>,
    pub(in crate::stream) jobs: mpsc::Sender<Job>,
    pub(in crate::stream) orders: mpsc::Sender<Order>,
}

impl Handle {
    /// Returns whom the lane is for.
    pub(in crate::stream) fn name(&self) -> PeerName {
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// All lanes, by the name of their peer.
#[derive(Debug, Default)]
pub(in crate::stream) struct Lanes {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    lanes: HashMap<PeerName, Handle>,
}

impl Lanes {
    /// Queues a job, and starts the lane where there is none.
    ///
    /// # Errors
    /// [`Error::Busy`] when too much waits, for this peer or in all.
    pub(in crate::stream) fn queue(
        &self,
        shared: &Arc<Shared>,
        name: &PeerName,
        job: Job,
    ) -> Result<(), Error> {
        let mut inside = self.lock();
        let lane = inside.lane(shared, name)?;
        lane.jobs.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Closed,
        })
    }

    /// Returns the lane of a peer; one is started where there is none.
    ///
    /// # Errors
    /// [`Error::Busy`] when there are too many.
    pub(in crate::stream) fn lane(
        &self,
        shared: &Arc<Shared>,
        name: &PeerName,
    ) -> Result<Handle, Error> {
        self.lock().lane(shared, name)
    }

    /// Says whether there is a lane of this name.
    pub(in crate::stream) fn has(&self, name: &PeerName) -> bool {
        self.lock().lanes.contains_key(name)
    }

    /// Gives a lane the name its peer turned out to have, unless that has a lane.
    pub(in crate::stream) fn rename(&self, lane: &Handle, name: &PeerName) {
        let mut inside = self.lock();
        if inside.lanes.contains_key(name) {
            return;
        }
        inside.remove(lane);
        *lane.name.lock().unwrap_or_else(PoisonError::into_inner) = name.clone();
        inside.lanes.insert(name.clone(), lane.clone());
    }

    /// Lets a lane go in which nothing waits; says whether it may. It is reached no more then.
    pub(super) fn leave(
        &self,
        lane: &Handle,
        jobs: &mut mpsc::Receiver<Job>,
        orders: &mut mpsc::Receiver<Order>,
    ) -> bool {
        let mut inside = self.lock();
        if !jobs.is_empty() || !orders.is_empty() {
            return false;
        }
        inside.remove(lane);
        jobs.close();
        orders.close();
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn lane(&mut self, shared: &Arc<Shared>, name: &PeerName) -> Result<Handle, Error> {
        if let Some(lane) = self.lanes.get(name) {
            return Ok(lane.clone());
        }
        // Everybody announced, and everybody who has a stream.
        let most = shared.limits.peers.saturating_add(shared.limits.streams);
        if self.lanes.len() >= most {
            return Err(Error::Busy);
        }
        self.next += 1;
        let (job_sender, jobs) = mpsc::channel(shared.limits.queue.max(1));
        let (order_sender, orders) = mpsc::channel(ORDERS);
        let handle = Handle {
            number: self.next,
            name: Arc::new(Mutex::new(name.clone())),
            jobs: job_sender,
            orders: order_sender,
        };
        self.lanes.insert(name.clone(), handle.clone());
        super::start(Arc::clone(shared), handle.clone(), jobs, orders);
        Ok(handle)
    }

    fn remove(&mut self, lane: &Handle) {
        self.lanes.retain(|_, other| other.number != lane.number);
    }
}
