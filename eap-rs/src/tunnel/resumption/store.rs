//! The sessions that a server keeps in memory.

use core::fmt;
use std::collections::BTreeMap;

use super::record::Record;

/// Sessions by their TLS name, and in the order in which they came.
#[derive(Default)]
pub(super) struct Store {
    sessions: BTreeMap<Vec<u8>, (u64, Record)>,
    order: BTreeMap<u64, Vec<u8>>,
    next: u64,
}

impl Store {
    pub(super) fn put(&mut self, id: Vec<u8>, record: Record) {
        self.take(&id);
        self.order.insert(self.next, id.clone());
        self.sessions.insert(id, (self.next, record));
        self.next = self.next.wrapping_add(1);
    }

    pub(super) fn get(&self, id: &[u8]) -> Option<&Record> {
        self.sessions.get(id).map(|(_, record)| record)
    }

    pub(super) fn take(&mut self, id: &[u8]) -> Option<Record> {
        let (number, record) = self.sessions.remove(id)?;
        self.order.remove(&number);
        Some(record)
    }

    /// Lets the oldest go: those that are too many, and those whose time is over.
    pub(super) fn trim(&mut self, capacity: usize, is_over: impl Fn(&Record) -> bool) {
        while let Some((_, id)) = self.order.first_key_value()
            && (self.sessions.len() > capacity || self.get(id).is_none_or(&is_over))
        {
            let id = id.clone();
            self.take(&id);
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("sessions", &self.sessions.len()).finish()
    }
}
