//! The answering end of the control socket: for the receiver's own side only (mode 0600).

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::wire::{Answer, LINE_LIMIT, Request};

/// Askers served at once.
const CONNECTIONS: usize = 16;
/// Reading a request, and writing its answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// What answers requests.
pub(crate) trait Control: Send + Sync + 'static {
    fn answer(&self, request: Request) -> BoxFuture<'_, Answer>;
}

/// Binds the socket, replacing one that a killed receiver left behind.
///
/// The caller holds the data folder's lock, so nobody else can be listening there.
pub(crate) fn bind(socket: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers for as long as the task runs.
pub(crate) async fn serve(listener: UnixListener, control: Arc<dyn Control>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let control = Arc::clone(&control);
        tokio::spawn(async move {
            if let Err(error) = one(stream, control.as_ref()).await {
                tracing::debug!(%error, "a control connection ended early");
            }
            drop(place);
        });
    }
}

async fn one(stream: UnixStream, control: &dyn Control) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LINE_LIMIT));
    timeout(DEADLINE, reader.read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => {
            let patience = request.patience();
            timeout(patience, control.answer(request)).await?
        }
        Err(error) => Answer::Error {
            what: format!("not a request: {error}"),
            hint: Some("the program and the running receiver may be of different versions".into()),
        },
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    timeout(DEADLINE, write.write_all(text.as_bytes())).await?
}
