//! Finch: libpurple's Bonjour, as in Pidgin, on a terminal.

use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use super::segment::Segment;
use crate::program::rig;
use crate::receiver::wait_up_to;
use crate::terminal::Terminal;

/// The programs that it takes.
pub const PROGRAMS: [&str; 4] = ["finch", "tmux", "avahi-daemon", "dbus-daemon"];

/// A Finch that is online as `joe@NAMESPACE` (Joe Bloggs). Ended with its value.
#[derive(Debug)]
pub struct Finch {
    terminal: Terminal,
    _folder: TempDir,
}

impl Finch {
    /// Starts it in a namespace, and waits for its buddy list.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(segment: &Segment, place: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("finch-").tempdir().expect("a folder");
        let started = segment
            .inside(place, "unshare")
            .arg("-m")
            .arg(rig("finch"))
            .arg(folder.path())
            .args([place, "joe", "Joe", "Bloggs"])
            .stdout(Stdio::null())
            .status();
        assert!(started.expect("the rig runs").success(), "the rig of Finch failed");
        let terminal = Terminal::opened(&folder.path().join("tmux.sock"));
        terminal.shows("Buddy List");
        Self { terminal, _folder: folder }
    }

    /// Waits until a buddy is on its list, by the name people see.
    ///
    /// # Panics
    /// If it does not come.
    pub fn sees(&self, buddy: &str) {
        self.terminal.until(&format!("{buddy} on the list"), |screen| listed(screen, buddy));
    }

    /// Waits until a buddy is off its list.
    ///
    /// # Panics
    /// If it does not go.
    pub fn sees_go(&self, buddy: &str) {
        self.terminal.until(&format!("{buddy} to go"), |screen| !listed(screen, buddy));
    }

    /// Puts the cursor on a buddy (the first of the list below its group), and waits until what is
    /// told of it has a text: its status, its message.
    ///
    /// # Panics
    /// If it is not told so.
    pub fn is_told(&self, text: &str) {
        let told = || self.terminal.screen().contains(text);
        wait_up_to(Duration::from_secs(30), &format!("{text:?} about a buddy"), || {
            if told() {
                return true;
            }
            // What is shown of a buddy is shown anew when the cursor comes to it.
            self.terminal.key("C-p");
            self.terminal.key("C-n");
            std::thread::sleep(Duration::from_millis(600));
            told()
        });
    }

    /// Opens a conversation with a buddy, the only one of the list.
    ///
    /// # Panics
    /// If no window opens.
    pub fn opens(&self, buddy: &str) {
        let window = format!("{buddy} (joe");
        wait_up_to(Duration::from_secs(30), &format!("a window {window:?}"), || {
            if self.terminal.screen().contains(&window) {
                return true;
            }
            self.terminal.key("C-n");
            std::thread::sleep(Duration::from_millis(200));
            self.terminal.key("Enter");
            std::thread::sleep(Duration::from_millis(400));
            self.terminal.screen().contains(&window)
        });
    }

    /// Says something in the open conversation.
    pub fn says(&self, text: &str) {
        self.terminal.types(text);
    }

    /// Waits until a text is on the screen.
    ///
    /// # Panics
    /// If it is not in time.
    pub fn hears(&self, text: &str) {
        self.terminal.shows(text);
    }

    /// Closes the open conversation.
    pub fn closes(&self) {
        self.terminal.key("M-c");
    }

    /// Returns what is on its screen.
    #[must_use]
    pub fn screen(&self) -> String {
        self.terminal.screen()
    }

    /// Quits, as its person would: it says goodbye.
    pub fn quits(&self) {
        self.terminal.key("M-q");
    }
}

/// Whether the list has a line with a buddy: `│   ◯ Ann` (an own line, not the title of a window).
fn listed(screen: &str, buddy: &str) -> bool {
    // A long name is cut off at the list's width.
    let shown: String = buddy.chars().take(13).collect();
    screen.lines().any(|line| {
        line.trim_start_matches('│').get(..3) == Some("   ")
            && line.contains(&shown)
            && ["◯", "⊖", "●", "○", "◌", "⊗"].iter().any(|icon| line.contains(icon))
    })
}
