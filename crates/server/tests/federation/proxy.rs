//! A line that can be cut: connections to one address are passed on to another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone)]
pub(crate) struct Proxy {
    cut: Arc<watch::Sender<u32>>,
    swallows: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn new(listen: &str, to: SocketAddr) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let proxy = Self {
            cut: Arc::new(watch::Sender::new(0)),
            swallows: Arc::default(),
            connections: Arc::default(),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else { continue };
                accepting.connections.fetch_add(1, Ordering::Relaxed);
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(accepting.clone().pass(near_in, far_out));
                tokio::spawn(accepting.clone().pass(far_in, near_out));
            }
        });
        proxy
    }

    /// From now on what is sent does not arrive.
    pub(crate) fn swallow(&self) {
        self.swallows.store(true, Ordering::Relaxed);
    }

    /// Cuts every connection; new ones are good.
    pub(crate) fn cut(&self) {
        self.swallows.store(false, Ordering::Relaxed);
        self.cut.send_modify(|count| *count += 1);
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    async fn pass(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut cut = self.cut.subscribe();
        let mut chunk = [0; 4096];
        loop {
            let length = tokio::select! {
                _ = cut.changed() => return,
                length = from.read(&mut chunk) => length.unwrap_or(0),
            };
            if length == 0 {
                return;
            }
            if !self.swallows.load(Ordering::Relaxed)
                && to.write_all(&chunk[..length]).await.is_err()
            {
                return;
            }
        }
    }
}
