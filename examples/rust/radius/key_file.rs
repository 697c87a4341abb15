//! A file of keys, which several servers may share: those of session tickets, or of PACs.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use eap_rs::ConfigError;
#[cfg(feature = "fast")]
use eap_rs::fast::PacKeys;
use eap_rs::tls::TicketKeys;
use rand::Rng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};

use crate::{regular_file, tls_flags};

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// What a key is made of has at least this many octets.
const MIN_LEN: usize = 32;

/// Keys that sessions use while they may be replaced.
pub(crate) trait Keys: Sized {
    /// The flag that names the file.
    const FLAG: &str;
    /// What they are called.
    const NAME: &str;

    fn new(keys: &[[u8; 32]]) -> Result<Self, ConfigError>;

    fn replace(&self, keys: &[[u8; 32]]) -> Result<(), ConfigError>;
}

impl Keys for TicketKeys {
    const FLAG: &str = "ticket-key";
    const NAME: &str = "ticket keys";

    fn new(keys: &[[u8; 32]]) -> Result<Self, ConfigError> {
        Self::new(keys)
    }

    fn replace(&self, keys: &[[u8; 32]]) -> Result<(), ConfigError> {
        self.replace(keys)
    }
}

#[cfg(feature = "fast")]
impl Keys for PacKeys {
    const FLAG: &str = "pac-key";
    const NAME: &str = "PAC keys";

    fn new(keys: &[[u8; 32]]) -> Result<Self, ConfigError> {
        Self::new(keys)
    }

    fn replace(&self, keys: &[[u8; 32]]) -> Result<(), ConfigError> {
        self.replace(keys)
    }
}

/// A file that may change.
pub(crate) trait Refresh {
    /// Takes new keys if there are any; gives a line for the log then, and also if they are none.
    fn refresh(&mut self) -> Option<String>;
}

/// The keys as they are in the file; read again whenever it has changed.
pub(crate) struct KeyFile<K> {
    path: PathBuf,
    keys: Arc<K>,
    modified: Option<SystemTime>,
    looked: Instant,
}

impl<K: Keys> KeyFile<K> {
    /// Reads the file. If there is none, it is made, with a new key, readable by its owner only.
    pub(crate) fn open(path: &str, rng: &mut StdRng) -> Result<Self, String> {
        let named = |error: &dyn std::fmt::Display| format!("--{} {path}: {error}", K::FLAG);
        create(path, rng).map_err(|error| named(&error))?;
        let octets = regular_file::read(path.as_ref()).map_err(|error| named(&error))?;
        let keys = parse(&octets).map_err(|error| named(&error))?;
        let keys = K::new(&keys).map_err(|error| named(&error))?;
        let modified = modified(path.as_ref());
        Ok(Self { path: path.into(), keys: Arc::new(keys), modified, looked: Instant::now() })
    }

    pub(crate) fn keys(&self) -> Arc<K> {
        Arc::clone(&self.keys)
    }
}

impl<K: Keys> Refresh for KeyFile<K> {
    fn refresh(&mut self) -> Option<String> {
        if self.looked.elapsed() < INTERVAL {
            return None;
        }
        self.looked = Instant::now();
        let modified = modified(&self.path);
        if modified == self.modified {
            return None;
        }
        self.modified = modified;
        let read = regular_file::read(&self.path).map_err(|error| error.to_string());
        let replaced = read
            .and_then(|octets| parse(&octets).map_err(str::to_owned))
            .and_then(|keys| self.keys.replace(&keys).map_err(|error| error.to_string()));
        let path = self.path.display();
        Some(match replaced {
            Ok(()) => format!("new {} from {path}", K::NAME),
            Err(error) => format!("{} stay as they are, {path}: {error}", K::NAME),
        })
    }
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    fs::metadata(path).as_ref().map(Metadata::modified).ok()?.ok()
}

fn create(path: &str, rng: &mut StdRng) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        other => other?,
    };
    let mut key = [0_u8; 32];
    rng.fill_bytes(&mut key);
    let digits: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
    // In one piece: another server may read it already.
    file.write_all(format!("{digits}\n").as_bytes())
}

/// Text has a key in each line, the newest first; anything else is one key.
fn parse(octets: &[u8]) -> Result<Vec<[u8; 32]>, &'static str> {
    let text = std::str::from_utf8(octets).ok().filter(|text| !text.contains('\0'));
    let Some(text) = text else { return Ok(vec![hashed(octets)?]) };
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            // Digits of which some are missing are a mistake, and no secret of another kind.
            let is_digits = |c: char| c.is_ascii_hexdigit() || c.is_ascii_whitespace();
            if line.chars().all(is_digits) { hexadecimal(line) } else { hashed(line.as_bytes()) }
        })
        .collect()
}

fn hexadecimal(line: &str) -> Result<[u8; 32], &'static str> {
    let octets = tls_flags::hexadecimal(line).and_then(|octets| octets.try_into().ok());
    octets.ok_or("hexadecimal digits; accepted: 64 of them in each line, without spaces")
}

fn hashed(secret: &[u8]) -> Result<[u8; 32], &'static str> {
    if secret.len() < MIN_LEN {
        return Err("accepted: lines of 64 hexadecimal digits, or any 32 random octets or more");
    }
    Ok(Sha256::digest(secret).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_which_some_are_missing_are_no_key() {
        let expected = "hexadecimal digits; accepted: 64 of them in each line, without spaces";
        let good = "ab".repeat(32);
        for wrong in [
            "ab".repeat(31),
            "0".repeat(63),
            "AB".repeat(33),
            "12".into(),
            "ab ".repeat(32),
            format!("{good}\n{}", "ab".repeat(31)),
        ] {
            assert_eq!(parse(wrong.as_bytes()), Err(expected), "{wrong}");
            assert_eq!(parse(format!("{wrong}\n").as_bytes()), Err(expected), "{wrong}");
        }
        assert_eq!(parse(good.as_bytes()), Ok(vec![[0xab; 32]]));
        // Not digits alone.
        assert!(parse(format!("{}g", "ab".repeat(31)).as_bytes()).is_ok());
    }

    #[test]
    fn lines_of_digits_are_keys_and_other_secrets_are_hashed() {
        let digits = "0a".repeat(32);
        let text = format!("# newest first\n{digits}\n\n{}\n", "passphrase ".repeat(4));
        let keys = parse(text.as_bytes()).unwrap();
        assert_eq!((keys.len(), keys[0]), (2, [10; 32]));
        assert_eq!(parse(&[0xff; 48]).unwrap().len(), 1);
        assert!(parse(b"too short\n").is_err());
        assert!(parse(&[0xff; 31]).is_err());
        // That there are none is said by the library.
        assert_eq!(parse(b"# nothing\n"), Ok(vec![]));
    }
}
