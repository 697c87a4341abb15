//! EAP-FAST as `radius_peer` does it, and the file with its PACs.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use eap_rs::fast::{FastPeerConfigBuilder, GtcForm, PacFile, PacStore};

use crate::peer_tls;
use crate::tls_flags::TlsFlags;

/// What the flags say. The PACs are those of the file, if there is one.
pub(crate) fn config(
    mut config: FastPeerConfigBuilder,
    flags: &TlsFlags,
) -> Result<FastPeerConfigBuilder, Box<dyn Error>> {
    if flags.has("ca") || flags.has("insecure-no-server-authentication") {
        config = config.tls(peer_tls::builder(flags)?);
    }
    if let Some(path) = flags.get("pac-file") {
        config = config.pacs(read(path)?);
    }
    if let Some(provisioning) = flags.provisioning() {
        config = config.provisioning(provisioning);
    }
    if flags.has("gtc-plain") {
        config = config.gtc_form(GtcForm::Plain);
    }
    Ok(config)
}

fn read(path: &str) -> Result<PacStore, String> {
    let mut pacs = PacStore::new();
    match fs::read(path) {
        Ok(octets) => pacs.load(&octets).map_err(|error| named(path, &error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(named(path, &error)),
    }
    Ok(pacs)
}

/// Puts the PACs into the file in the place of those that are there: all of them or, if that
/// cannot be, none.
pub(crate) fn write(path: &str, pacs: &PacFile) -> Result<(), String> {
    replace(Path::new(path), pacs.expose()).map_err(|error| named(path, &error))
}

fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut temporary = PathBuf::from(folder);
    temporary.push(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = create(&temporary, octets).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // It has keys in it.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    File::open(folder)?.sync_all()
}

fn create(path: &Path, octets: &[u8]) -> io::Result<()> {
    // What a killed run has left behind.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

fn named(path: &str, error: &dyn std::fmt::Display) -> String {
    format!("--pac-file {path}: {error}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nobody_else_reads_it() {
        let folder = std::env::temp_dir().join(format!("eap-pac-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("pacs");
        assert!(read(path.to_str().unwrap()).unwrap().is_empty());
        for octets in [&b"a longer one"[..], b"another"] {
            replace(&path, octets).unwrap();
            assert_eq!(fs::read(&path).unwrap(), octets);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(read(path.to_str().unwrap()).unwrap_err().contains("--pac-file"));
        assert!(replace(&folder.join("none").join("pacs"), b"x").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
