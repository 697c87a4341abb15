//! Regular files. A pipe would be waited for, and a device may never end.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// What is known of a file that is there.
pub(crate) fn metadata(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other("not a regular file")) }
}

/// What is in it.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    metadata(path)?;
    fs::read(path)
}
