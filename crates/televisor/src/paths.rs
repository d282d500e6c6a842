//! Where the receiver and a secondary device keep their things when nobody says otherwise.

use std::path::{Path, PathBuf};

/// The receiver's data folder: `/var/lib/televisor` for root, else below `$XDG_DATA_HOME`.
pub(crate) fn data_dir() -> PathBuf {
    if is_root() {
        return PathBuf::from("/var/lib/televisor");
    }
    base("XDG_DATA_HOME", ".local/share").join("televisor")
}

/// A secondary device's own folder, below `$XDG_CONFIG_HOME`.
pub(crate) fn profile_dir() -> PathBuf {
    base("XDG_CONFIG_HOME", ".config").join("televisor")
}

/// The control socket within a data folder.
pub(crate) fn control_socket(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

fn base(variable: &str, below_home: &str) -> PathBuf {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")).join(below_home),
    }
}

/// Root owns its own process folder.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
