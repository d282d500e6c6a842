//! Files, paced by their PCR: what a broadcaster would have sent, as fast as it would have.
//!
//! At its end a file begins again, with a jump of its clock.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use televisor_broadcast::ts::{Aligner, PACKET_LEN, Pacer, Packet};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::time::{Duration, Instant, sleep_until};

/// Read at one go: some 16 milliseconds of a usual channel.
const BLOCK: usize = 84 * PACKET_LEN;

pub(crate) struct FileInput {
    file: File,
    aligner: Aligner,
    pacer: Pacer,
    began: Instant,
    /// How far the clock has got, and how far it had when the file last began.
    elapsed: Duration,
    before: Duration,
    waiting: Bytes,
}

impl FileInput {
    pub(crate) async fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).await.map_err(|e| e.to_string())?;
        Ok(Self {
            file,
            aligner: Aligner::default(),
            pacer: Pacer::default(),
            began: Instant::now(),
            elapsed: Duration::ZERO,
            before: Duration::ZERO,
            waiting: Bytes::new(),
        })
    }

    pub(crate) async fn read(&mut self) -> Result<Bytes, String> {
        while self.waiting.is_empty() {
            let mut block = BytesMut::with_capacity(BLOCK);
            let count = self.file.read_buf(&mut block).await.map_err(|e| e.to_string())?;
            if count == 0 {
                self.begin_again().await?;
                continue;
            }
            let packets = self.aligner.push(&block);
            for packet in Packet::all(&packets) {
                self.elapsed = self.pacer.due(packet).unwrap_or(self.elapsed);
            }
            self.waiting = packets.into();
        }
        sleep_until(self.began + self.elapsed).await;
        Ok(std::mem::take(&mut self.waiting))
    }

    async fn begin_again(&mut self) -> Result<(), String> {
        if self.elapsed == self.before {
            return Err("the file has no clock (PCR) to play it by".to_owned());
        }
        self.before = self.elapsed;
        self.aligner.reset();
        self.file.rewind().await.map(drop).map_err(|e| e.to_string())
    }
}
