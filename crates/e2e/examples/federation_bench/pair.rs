//! Two servers of one kind, and how their people log in.

use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "04938261";
/// Who sends.
pub(crate) const SENDER: &str = "ann";
/// Who receives.
pub(crate) const RECEIVER: &str = "bob";

/// Two running servers. Killed with their value.
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    pub(crate) servers: [Server; 2],
}

/// One of them.
pub(crate) struct Server {
    /// Its address, which is its name towards other servers.
    pub(crate) domain: String,
    /// The host that its own clients name.
    pub(crate) host: String,
    pub(crate) child: Child,
}

impl Server {
    /// Waits until clients and servers are listened to.
    pub(crate) fn ready(self) -> Self {
        for port in [5222, 5269] {
            let mut waited = 0;
            while TcpStream::connect((self.domain.as_str(), port)).is_err() {
                assert!(waited < 300, "{} does not listen on {port}", self.domain);
                std::thread::sleep(Duration::from_millis(100));
                waited += 1;
            }
        }
        self
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
