//! A file that is replaced as a whole, or not at all.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::regular_file;

/// As many symbolic links as Linux follows.
const MAX_LINKS: u32 = 40;

/// What takes the place of a file. Unless it has, nothing is left of it.
pub(crate) struct Replacement {
    target: PathBuf,
    temporary: PathBuf,
    file: File,
}

impl Replacement {
    /// Begins one for the file that is meant by this path, which need not be there yet. It is for
    /// its owner alone, or for those for whom the old one is.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let old = match regular_file::metadata(path) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let target = resolve(path)?;
        let mut temporary = target.clone().into_os_string();
        temporary.push(format!(".{}", std::process::id()));
        let temporary = PathBuf::from(temporary);
        // What a killed run has left behind.
        let _ = fs::remove_file(&temporary);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        let new = Self { target, temporary, file };
        if let Some(old) = old {
            new.inherit(&old)?;
        }
        Ok(new)
    }

    /// Puts it in the file's place, with this in it.
    pub(crate) fn finish(mut self, octets: &[u8]) -> io::Result<()> {
        self.file.write_all(octets)?;
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.target)?;
        // So that the new name, too, survives a power failure; not every folder can be opened.
        let folder = self.target.parent().filter(|folder| *folder != Path::new(""));
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn inherit(&self, old: &Metadata) -> io::Result<()> {
        // What the group may read is not for another group.
        let same_group = fchown(&self.file, Some(old.uid()), Some(old.gid())).is_ok();
        let mode = old.mode() & if same_group { 0o777 } else { 0o700 };
        self.file.set_permissions(Permissions::from_mode(mode))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // Nothing has this name if it is in the file's place.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// The file behind symbolic links, which need not be there.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let Ok(link) = fs::read_link(&target) else { return Ok(target) };
        target = target.parent().unwrap_or(Path::new("")).join(link);
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nobody_else_reads_it() {
        let folder = Folder::new("whole");
        let path = folder.0.join("pacs");
        for octets in [&b"a longer one"[..], b"another"] {
            replace(&path, octets).unwrap();
            assert_eq!((fs::read(&path).unwrap(), mode(&path)), (octets.to_vec(), 0o600));
        }
        assert_eq!(folder.names(), ["pacs"]);
        assert!(replace(&folder.0.join("none").join("pacs"), b"x").is_err());
    }

    #[test]
    fn who_may_read_the_old_file_may_read_the_new_one() {
        let folder = Folder::new("mode");
        let path = folder.0.join("pacs");
        for mode_of_old in [0o640, 0o400, 0o604] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode_of_old)).unwrap();
            let old = fs::metadata(&path).unwrap();
            replace(&path, b"new").unwrap();
            let new = fs::metadata(&path).unwrap();
            assert_eq!(new.mode(), old.mode());
            assert_eq!((new.uid(), new.gid()), (old.uid(), old.gid()));
            assert_ne!(new.ino(), old.ino());
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced_or_made() {
        let folder = Folder::new("links");
        let [inside, link, other, target] =
            ["inside", "link", "other", "inside/target"].map(|name| folder.0.join(name));
        fs::create_dir(&inside).unwrap();
        symlink("other", &link).unwrap();
        symlink(&target, &other).unwrap();
        for octets in [b"made", b"kept"] {
            replace(&link, octets).unwrap();
            assert_eq!(fs::read(&target).unwrap(), octets);
        }
        assert_eq!(folder.names(), ["inside", "link", "other"]);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_file(&other).unwrap();
        symlink("link", &other).unwrap();
        assert!(replace(&link, b"x").is_err());
    }

    #[test]
    fn what_is_begun_and_not_finished_leaves_everything_as_it_was() {
        let folder = Folder::new("begun");
        let path = folder.0.join("pacs");
        drop(Replacement::create(&path).unwrap());
        assert!(folder.names().is_empty());
        fs::write(&path, "old").unwrap();
        drop(Replacement::create(&path).unwrap());
        assert_eq!(
            (folder.names(), fs::read(&path).unwrap()),
            (vec!["pacs".into()], b"old".into())
        );
    }

    #[test]
    fn only_a_regular_file_is_replaced() {
        let folder = Folder::new("regular");
        let pipe = folder.0.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = folder.0.join("link");
        symlink(&pipe, &link).unwrap();
        for path in [&folder.0, &pipe, &link] {
            assert_eq!(replace(path, b"x").unwrap_err().to_string(), "not a regular file");
            assert_eq!(regular_file::read(path).unwrap_err().to_string(), "not a regular file");
        }
        assert_eq!(folder.names(), ["link", "pipe"]);
    }

    fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
        Replacement::create(path)?.finish(octets)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    /// An empty folder that goes with the value.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("eap-replaced-{}-{name}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }

        fn names(&self) -> Vec<std::ffi::OsString> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
