//! Pairing with a receiver.

use serde_json::json;
use televisor_client::{Answer, ProfileStore, pair_at};
use tokio::sync::mpsc;

use crate::tell;

/// Pairs, with the code as the next line that is told.
pub(crate) async fn pair(
    root: &str,
    name: &str,
    store: &ProfileStore,
    lines: &mut mpsc::Receiver<String>,
) {
    let pairing = pair_at(root, name).await.expect("an open window");
    tell("pairing", json!({}));
    let code = lines.recv().await.expect("a code");
    let Ok(Answer::Paired(profile)) = pairing.finish(&code, store).await else {
        panic!("the code was not taken")
    };
    tell("paired", json!({"jid": profile.jid}));
}
