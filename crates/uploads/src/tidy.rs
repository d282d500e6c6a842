//! The end of what has had its time: entries first, then the files of none.

use std::collections::HashSet;
use std::sync::Weak;
use std::time::Duration;

use crate::error::Error;
use crate::ledger;
use crate::uploads::Shared;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(600);

/// Tidies at once, and again and again until the last handle is gone.
pub(crate) async fn run(shared: Weak<Shared>) {
    loop {
        {
            let Some(shared) = shared.upgrade() else { return };
            if let Err(error) = sweep(&shared).await {
                tracing::warn!(%error, "uploads that have had their time could not be dropped");
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Drops entries that have ended, and every file that belongs to none: of a slot that ended while it
/// was filled, or of a power cut.
async fn sweep(shared: &Shared) -> Result<(), Error> {
    let held = ledger::sweep(&shared.store, shared.clock.now()).await?;
    let held: HashSet<String> = held.into_iter().collect();
    let mut folder = tokio::fs::read_dir(&shared.folder).await?;
    while let Some(file) = folder.next_entry().await? {
        let name = file.file_name();
        let Some(name) = name.to_str() else { continue };
        let wanted = match name.strip_suffix(".part") {
            Some(token) => shared.is_filling(token),
            None => held.contains(name),
        };
        // An entry can be made, and filled, since `held` was read; it is not there to be listed then,
        // unless the folder shows what comes while it is read.
        if wanted || ledger::find(&shared.store, name, shared.clock.now()).await?.is_some() {
            continue;
        }
        tokio::fs::remove_file(file.path()).await?;
    }
    Ok(())
}
