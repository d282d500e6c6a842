//! Keeps the door open.

use crate::Obstacle;
use crate::reach::Tasks;

/// Keeps the door open until the tasks are stopped.
pub(crate) async fn run(tasks: Tasks) {
    if !tasks.config.enabled {
        tasks.board.door(None, vec![Obstacle::Disabled]);
    }
    tasks.stop.cancelled().await;
}
