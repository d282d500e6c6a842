//! The asking end of the control socket.

use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::wire::{Answer, LINE_LIMIT, Request};
use crate::paths;
use crate::problem::Problem;

/// Asks the receiver that runs in `data_dir`.
pub(crate) async fn ask(data_dir: &Path, request: &Request) -> Result<serde_json::Value, Problem> {
    let socket = paths::control_socket(data_dir);
    let stream = UnixStream::connect(&socket).await.map_err(|_| {
        Problem::failed(format!("no receiver is running in {}", data_dir.display()))
            .hint("start it with `televisor serve`, or name its folder with --data-dir")
    })?;
    let patience = request.patience();
    match tokio::time::timeout(patience, exchange(stream, request)).await {
        Ok(Ok(Answer::Ok(value))) => Ok(value),
        Ok(Ok(Answer::Error { what, hint })) => {
            let problem = Problem::failed(what);
            Err(match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            })
        }
        Ok(Err(error)) => Err(Problem::failed(format!("the receiver hung up: {error}"))),
        Err(_) => {
            let seconds = patience.as_secs();
            Err(Problem::failed(format!("the receiver did not answer within {seconds} seconds")))
        }
    }
}

async fn exchange(stream: UnixStream, request: &Request) -> std::io::Result<Answer> {
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    write.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(read.take(LINE_LIMIT)).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}
