//! The tuner as the recorder's inputs.

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use televisor_dvr::{Inputs, PacketSource};
use televisor_model::{ChannelId, Failure};
use televisor_tuner::{Error as TunerError, Lost, Subscription, Tuner};

/// Lends the tuner to the recorder.
#[derive(Debug)]
pub(crate) struct TunerInputs(pub(crate) Tuner);

impl Inputs for TunerInputs {
    fn open<'a>(
        &'a self,
        channel: &'a ChannelId,
    ) -> BoxFuture<'a, Result<Box<dyn PacketSource>, Failure>> {
        async move {
            match self.0.open_channel(channel) {
                Ok(subscription) => Ok(Box::new(TunerSource(subscription)) as _),
                Err(TunerError::UnknownChannel(_)) => Err(Failure::ChannelGone),
                Err(other) => Err(Failure::NoSignal(other.to_string())),
            }
        }
        .boxed()
    }

    fn name(&self, channel: &ChannelId) -> Option<String> {
        let channels = self.0.channels().borrow().clone();
        channels.iter().find(|c| c.id == *channel).map(|c| c.name.clone())
    }
}

struct TunerSource(Subscription);

impl PacketSource for TunerSource {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Bytes, Failure>>> {
        async move { Some(self.0.next().await?.map_err(failure)) }.boxed()
    }
}

/// Says in the recorder's words why the stream is interrupted.
fn failure(lost: Lost) -> Failure {
    match lost {
        Lost::Signal { reason } => Failure::NoSignal(reason),
        other => Failure::NoSignal(other.to_string()),
    }
}
