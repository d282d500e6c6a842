//! Making, resuming, flushing and removing the files; free space. Blocking: callers leave the async
//! threads first.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use televisor_broadcast::ts::PACKET_LEN;

/// Left free at all times, so that `household.db`, which may be on the same disk, can be written.
const RESERVE: u64 = 64 * 1024 * 1024;

/// How many recordings may have the same title, minute and channel.
const MOST_NAMESAKES: u32 = 1000;

/// Where recordings are kept.
pub(crate) trait Folder: Send + Sync {
    /// Makes an empty file named after `stem`, under a name that nothing else has.
    fn create(&self, stem: &str) -> io::Result<PathBuf>;

    /// Opens a file to go on with it; it is made if it has gone. Cut to whole packets.
    fn resume(&self, path: &Path) -> io::Result<Box<dyn Tape>>;

    /// Removes a file that holds nothing, and its sidecar.
    fn remove(&self, path: &Path);

    /// Returns how many bytes are free for recordings.
    fn free(&self) -> Option<u64>;

    /// Returns the folder.
    fn path(&self) -> &Path;
}

/// One file being written.
pub(crate) trait Tape: Send {
    /// Puts whole packets at the end. On failure the file is as long as before.
    fn append(&mut self, packets: &[u8]) -> io::Result<()>;

    /// Returns when everything so far is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Returns how long the file is.
    fn size(&self) -> u64;

    /// Returns when something was last written, as the file system has it.
    fn written_at(&self) -> Option<Timestamp>;
}

/// A folder of the file system.
#[derive(Debug)]
pub(crate) struct DiskFolder {
    path: PathBuf,
}

impl DiskFolder {
    /// Makes the folder if need be.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Folder for DiskFolder {
    fn create(&self, stem: &str) -> io::Result<PathBuf> {
        for count in 1..=MOST_NAMESAKES {
            let name =
                if count == 1 { format!("{stem}.ts") } else { format!("{stem} ({count}).ts") };
            let path = self.path.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return sync_folder(&self.path).map(|()| path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many files of that name"))
    }

    fn resume(&self, path: &Path) -> io::Result<Box<dyn Tape>> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let meta = file.metadata()?;
        let whole = meta.len() - meta.len() % PACKET_LEN as u64;
        if whole != meta.len() {
            file.set_len(whole)?;
        }
        let written_at = meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
        Ok(Box::new(DiskTape { file, folder: self.path.clone(), size: whole, written_at }))
    }

    fn remove(&self, path: &Path) {
        for path in [path.to_owned(), path.with_extension("json")] {
            // What cannot be removed is an empty file with a readable name; no harm.
            drop(std::fs::remove_file(path));
        }
    }

    fn free(&self) -> Option<u64> {
        free(&self.path)
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

fn free(path: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(path).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize).saturating_sub(RESERVE))
}

struct DiskTape {
    file: File,
    folder: PathBuf,
    size: u64,
    written_at: Option<Timestamp>,
}

impl Tape for DiskTape {
    fn append(&mut self, packets: &[u8]) -> io::Result<()> {
        let length = packets.len() as u64;
        if free(&self.folder).is_some_and(|free| free < length) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Err(error) = self.file.write_all(packets) {
            // Half a packet in the middle of a file would be worse than a gap.
            self.file.set_len(self.size)?;
            return Err(error);
        }
        self.size += length;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn written_at(&self) -> Option<Timestamp> {
        self.written_at
    }
}

/// Makes new names in the folder survive a power cut.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namesakes_get_a_number() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DiskFolder::open(dir.path().join("recordings")).unwrap();
        let names: Vec<String> = (0..3)
            .map(|_| folder.create("News").unwrap().file_name().unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["News.ts", "News (2).ts", "News (3).ts"]);
    }

    #[test]
    fn a_resumed_file_is_cut_to_whole_packets() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DiskFolder::open(dir.path().to_owned()).unwrap();
        let path = folder.create("News").unwrap();
        std::fs::write(&path, vec![0x47; 2 * PACKET_LEN + 5]).unwrap();
        let mut tape = folder.resume(&path).unwrap();
        tape.append(&[0x47; PACKET_LEN]).unwrap();
        tape.sync().unwrap();
        assert_eq!(tape.size(), 3 * PACKET_LEN as u64);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 3 * PACKET_LEN as u64);
    }
}
