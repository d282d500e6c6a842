//! A stream as its lane has it: the writing half, and a worker that listens.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, WriteHalf};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::handle::Handle;
use crate::stream::hearing::{Hearing, Pulse};
use crate::stream::hub::Shared;
use crate::stream::opened::{Facts, Opened};
pub(super) use crate::stream::wire::goodbye;
use crate::stream::wire::{Fault, Io, write};

/// Two streams that were opened within this time of each other were opened at the same moment.
const SAME_MOMENT: Duration = Duration::from_secs(10);

/// How long the end of a stream may take to write.
const GOODBYE: Duration = Duration::from_secs(5);

/// What becomes of a further stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the current one from now on.
    Switch,
    /// It is listened to, and not written to.
    Listen,
    /// It is somebody else's.
    Refuse,
}

/// A stream. Dropping it ends its worker and closes the connection.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) number: u64,
    pub(super) writer: WriteHalf<Box<dyn Io>>,
    pub(super) facts: Facts,
    pub(super) pulse: Arc<Pulse>,
    stop: DropGuard,
}

impl Stream {
    /// Starts to listen.
    pub(super) fn begin(shared: &Arc<Shared>, lane: &Handle, number: u64, opened: Opened) -> Self {
        let Opened { reader, writer, facts, first, pass } = opened;
        let (pulse, stop) = (Pulse::new(), CancellationToken::new());
        let hearing = Hearing {
            shared: Arc::clone(shared),
            wire: reader,
            facts: facts.clone(),
            first,
            pass,
            lane: lane.clone(),
            number,
            pulse: Arc::clone(&pulse),
            stop: stop.clone(),
        };
        shared.tasks.spawn(hearing.run());
        Self { number, writer, facts, pulse, stop: stop.drop_guard() }
    }

    pub(super) fn is_young(&self) -> bool {
        self.facts.since.elapsed() < SAME_MOMENT
    }

    /// Ends our side of a stream whose other side has ended.
    pub(super) async fn finish(mut self, fault: Fault) {
        let error = match fault {
            Fault::Gone(_) => return,
            Fault::Closed => None,
            Fault::Error(error) => Some(error),
        };
        let end = async {
            write(&mut self.writer, &goodbye(error.as_ref())).await?;
            self.writer.shutdown().await.map_err(Fault::gone)
        };
        // The peer may not be listening any more.
        drop(timeout(GOODBYE, end).await);
        // Its worker lingers, so that the peer gets to read what it was told.
        drop(self.stop.disarm());
    }
}
