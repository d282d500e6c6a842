//! A receiver of its own in a throw-away folder: the same program, started as a household starts it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::control::ask::ask;
use crate::control::wire::Request;

/// The receiver's friendly name, that of the 2010 page.
pub(super) const NAME: &str = "Test Set-top Box";
/// From starting to `ready`.
const START: Duration = Duration::from_secs(20);

/// A folder that goes when it is dropped.
#[derive(Debug)]
pub(super) struct ThrowAway {
    path: PathBuf,
}

impl ThrowAway {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // What is left of it goes with the machine's temporary files.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// Makes a folder below the system's temporary one.
pub(super) fn throw_away_folder(purpose: &str) -> anyhow::Result<ThrowAway> {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let short = unique.get(..8).unwrap_or_default();
    let path = std::env::temp_dir().join(format!("televisor-{purpose}-{short}"));
    std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    Ok(ThrowAway { path })
}

/// A running receiver; it ends with this value unless it is let go.
pub(super) struct Receiver {
    child: Child,
    pub(super) data_dir: PathBuf,
    pub(super) xmpp: SocketAddr,
    pub(super) web: SocketAddr,
}

impl Receiver {
    /// Starts it in `folder`, tuned to the broadcaster at `broadcaster`.
    pub(super) async fn start(folder: &Path, broadcaster: SocketAddr) -> anyhow::Result<Self> {
        let data_dir = folder.join("receiver");
        let (xmpp, web) = (free_address(5222)?, free_address(8010)?);
        let config = folder.join("televisor.toml");
        let text = format!(
            "name = \"{NAME}\"\n[xmpp]\nlisten = [\"{xmpp}\"]\n[web]\nlisten = [\"{web}\"]\n\
             [discovery]\ninterfaces = [\"lo\"]\n\
             [federation]\nenabled = false\n[reach]\nenabled = false\n\
             [tuner]\nplaylists = [\"http://{broadcaster}/playlist.m3u\"]\n\
             [guide]\nxmltv = [\"http://{broadcaster}/guide.xml\"]\n\
             [recordings]\npad_before = \"0s\"\npad_after = \"2s\"\n"
        );
        std::fs::write(&config, text).context("writing the configuration")?;
        let program = std::env::current_exe().context("finding this program")?;
        let log = std::fs::File::create(folder.join("receiver.log")).context("making a log")?;
        let mut child = Command::new(program)
            .arg("serve")
            .args(["--config".as_ref(), config.as_os_str()])
            .args(["--data-dir".as_ref(), data_dir.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("starting the receiver")?;
        let out = child.stdout.take().context("the receiver's output")?;
        let mut lines = BufReader::new(out).lines();
        let first = tokio::time::timeout(START, lines.next_line())
            .await
            .context("the receiver was not ready within 20 seconds")??;
        if first.as_deref() != Some("ready") {
            let log = std::fs::read_to_string(folder.join("receiver.log")).unwrap_or_default();
            bail!("the receiver did not start:\n{log}");
        }
        Ok(Self { child, data_dir, xmpp, web })
    }

    /// Asks it something, as the receiver's own remote control would.
    pub(super) async fn ask(&self, request: &Request) -> anyhow::Result<Value> {
        ask(&self.data_dir, request).await.map_err(|problem| anyhow::anyhow!("{problem:?}"))
    }

    /// Its process id.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it has ended by itself, or ends it with this program.
    pub(super) async fn wait(mut self) {
        drop(self.child.wait().await);
    }
}

/// A loopback address with the usual port, or with any that is free.
fn free_address(usual: u16) -> anyhow::Result<SocketAddr> {
    for port in [usual, 0] {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return Ok(listener.local_addr()?);
        }
    }
    bail!("no port is free on this machine")
}
