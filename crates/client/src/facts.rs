//! What this device knows about its person and itself, for the vCard on the server.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// Larger pictures are left out: the whole vCard has to fit into one stanza.
const PICTURE_LIMIT: u64 = 96 * 1024;

/// Facts held locally. `None` means not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The person's full name.
    pub full_name: Option<String>,
    /// The device's host name.
    pub host_name: Option<String>,
    /// The person's picture.
    pub picture: Option<Picture>,
}

/// A picture in one of the formats every client shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/png`, `image/jpeg` or `image/gif`.
    pub media_type: &'static str,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

impl Picture {
    /// Takes the bytes of a picture, if they are one of a known kind.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        let media_type = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            "image/png"
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            "image/jpeg"
        } else if bytes.starts_with(b"GIF8") {
            "image/gif"
        } else {
            return None;
        };
        Some(Self { media_type, bytes })
    }
}

impl Facts {
    /// Collects what this device knows: the full name from the user database, the host name, and
    /// the picture in `~/.face`.
    #[must_use]
    pub fn of_this_device() -> Self {
        Self { full_name: full_name(), host_name: host_name(), picture: picture() }
    }
}

fn full_name() -> Option<String> {
    let uid = fs::metadata("/proc/self").ok()?.uid();
    full_name_in(&fs::read_to_string("/etc/passwd").ok()?, uid)
}

/// Reads the first part of the fifth field (GECOS). `&` stands for the capitalised login name
/// there. Root's is a role, not a person.
fn full_name_in(passwd: &str, uid: u32) -> Option<String> {
    let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&uid.to_string()))?;
    let mut fields = line.split(':');
    let login = fields.next()?;
    let name = fields.nth(3)?.split(',').next()?.trim();
    if name.is_empty() || uid == 0 {
        return None;
    }
    let mut letters = login.chars();
    let capitalised: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect())?;
    Some(name.replace('&', &capitalised))
}

fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| fs::read_to_string("/etc/hostname"))
        .ok()?;
    let name = name.trim();
    (!name.is_empty() && name != "localhost" && name != "(none)").then(|| name.to_owned())
}

fn picture() -> Option<Picture> {
    let path = PathBuf::from(std::env::var_os("HOME")?).join(".face");
    if fs::metadata(&path).ok()?.len() > PICTURE_LIMIT {
        return None;
    }
    Picture::new(fs::read(path).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        joe:x:1000:1000:Joe Bloggs,,,:/home/joe:/bin/bash\n\
        ann:x:1001:1001:& Bloggs:/home/ann:/bin/sh\n\
        svc:x:1002:1002::/:/bin/false\n";

    #[test]
    fn the_full_name_is_the_first_part_of_gecos() {
        assert_eq!(full_name_in(PASSWD, 1000).as_deref(), Some("Joe Bloggs"));
        assert_eq!(full_name_in(PASSWD, 1001).as_deref(), Some("Ann Bloggs"));
    }

    #[test]
    fn a_role_or_an_empty_name_is_no_name() {
        assert_eq!(full_name_in(PASSWD, 0), None);
        assert_eq!(full_name_in(PASSWD, 1002), None);
        assert_eq!(full_name_in(PASSWD, 9), None);
    }

    #[test]
    fn only_pictures_are_pictures() {
        assert!(Picture::new(b"\x89PNG\r\n\x1a\n....".to_vec()).is_some());
        assert!(Picture::new(b"#!/bin/sh".to_vec()).is_none());
    }
}
