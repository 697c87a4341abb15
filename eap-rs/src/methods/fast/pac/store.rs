//! The PACs of a peer.

use super::file;
use super::{Pac, PacFileError, PacType};
use crate::config::check_range;
use crate::{ConfigError, Identity, Secret};

/// The PACs of a peer, newest first. There is one of each server, type and identity at most.
///
/// It does no I/O: the host reads and writes the file, in the formats of `wpa_supplicant`. What is
/// in it is as secret as a password; it belongs to a file that only its owner can read, replaced
/// as a whole.
#[derive(Debug)]
pub struct PacStore {
    /// Newest first.
    pacs: Vec<Pac>,
    capacity: usize,
}

impl PacStore {
    /// How many PACs are kept if nothing else is said.
    pub const DEFAULT_CAPACITY: usize = 100;

    /// A store without a PAC, for at most [`DEFAULT_CAPACITY`](Self::DEFAULT_CAPACITY).
    #[must_use]
    pub const fn new() -> Self {
        Self { pacs: Vec::new(), capacity: Self::DEFAULT_CAPACITY }
    }

    /// A store without a PAC, for at most so many: 1 to 1000. What comes later has the oldest
    /// dropped.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`].
    pub fn with_capacity(capacity: usize) -> Result<Self, ConfigError> {
        let given = u64::try_from(capacity).unwrap_or(u64::MAX);
        check_range("pac_store_capacity", given, 1..=1000)?;
        Ok(Self { pacs: Vec::new(), capacity })
    }

    /// Takes the PACs of a file, text or binary, in place of those that are there. A file without
    /// a single octet has none. Of more than there is room for, the newest are taken.
    ///
    /// # Errors
    /// [`PacFileError`], which says where the file is wrong and what is accepted there; the PACs
    /// that are there stay.
    pub fn load(&mut self, file: &[u8]) -> Result<(), PacFileError> {
        let pacs = file::parse(file)?;
        self.pacs.clear();
        // The newest comes last, and pushes out what was there of the same key.
        pacs.into_iter().rev().for_each(|pac| self.insert(pac));
        Ok(())
    }

    /// The text file of `wpa_supplicant`, with all keys in it.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        file::to_text(&self.pacs)
    }

    /// The binary file of `wpa_supplicant`, with all keys in it.
    #[must_use]
    pub fn to_binary(&self) -> Secret {
        file::to_binary(&self.pacs)
    }

    /// The PACs, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Pac> {
        self.pacs.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pacs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pacs.is_empty()
    }

    /// Puts a PAC in front, in the place of the one of the same server, type and identity.
    pub fn insert(&mut self, pac: Pac) {
        self.pacs.retain(|other| {
            (other.kind, &other.info.authority, &other.info.identity)
                != (pac.kind, &pac.info.authority, &pac.info.identity)
        });
        self.pacs.insert(0, pac);
        self.pacs.truncate(self.capacity);
    }

    /// Drops the PACs whose time had passed at this time, in seconds since 1970-01-01 UTC.
    pub fn remove_expired(&mut self, unix_time: u64) {
        self.pacs.retain(|pac| !pac.is_expired(Some(unix_time)));
    }

    /// Drops the PAC with this PAC-Opaque.
    pub(in super::super) fn remove(&mut self, opaque: &[u8]) {
        self.pacs.retain(|pac| *pac.opaque != *opaque);
    }

    /// The PAC to open a tunnel with to the server that calls itself `authority`, for this
    /// identity, if it is known: the newest tunnel PAC, or else the newest machine PAC. The A-ID of
    /// a Start is in clear text, and may be somebody else's: it chooses, and proves nothing.
    pub(in super::super) fn select(
        &self,
        authority: &[u8],
        identity: Option<&Identity>,
        unix_time: Option<u64>,
    ) -> Option<&Pac> {
        let fits = |pac: &&Pac| {
            let for_another = pac.identity().zip(identity).is_some_and(|(own, other)| own != other);
            *pac.info.authority == *authority && !for_another && !pac.is_expired(unix_time)
        };
        let newest = |kind| self.iter().filter(fits).find(|pac| pac.kind == kind);
        newest(PacType::Tunnel).or_else(|| newest(PacType::Machine))
    }
}

impl Default for PacStore {
    fn default() -> Self {
        Self::new()
    }
}
