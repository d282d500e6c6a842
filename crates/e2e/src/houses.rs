//! Two network namespaces with a cable between them: where a receiver and a phone would be.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::program::rig;

/// The pair of namespaces. Taken down with the value.
#[derive(Debug)]
pub struct Houses {
    prefix: String,
}

impl Houses {
    /// Makes them.
    ///
    /// # Panics
    /// If they cannot be made, although namespaces are permitted.
    #[must_use]
    pub fn build() -> Self {
        static BUILT: AtomicU32 = AtomicU32::new(0);
        let number = BUILT.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("tvr{}-{number}", std::process::id());
        let made = Command::new(rig("two-houses")).args(["up", &prefix]).status();
        assert!(made.expect("the rig runs").success(), "the namespaces cannot be made");
        Self { prefix }
    }

    /// Names the receiver's namespace (192.168.77.10, fd77::10).
    #[must_use]
    pub fn tv(&self) -> String {
        format!("{}-tv", self.prefix)
    }

    /// Names the phone's namespace (192.168.77.20, fd77::20).
    #[must_use]
    pub fn phone(&self) -> String {
        format!("{}-phone", self.prefix)
    }

    /// Returns a command that runs in the phone's namespace.
    #[must_use]
    pub fn on_phone(&self, program: &std::path::Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.phone()]).arg(program);
        command
    }
}

impl Drop for Houses {
    fn drop(&mut self) {
        drop(Command::new(rig("two-houses")).args(["down", &self.prefix]).status());
    }
}
