//! The server's side: a store of sessions, and tickets.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rustls::crypto::SecureRandom;
use rustls::server::{ProducesTickets, StoresServerSessions};
use zeroize::Zeroizing;

use super::{Owner, TicketKeys, lock};
use crate::config::check_range;
use crate::{ConfigError, Identity, InnerOutcome, MethodType};

/// How a server lets its peers resume sessions. A resumed login needs no certificate exchange: it
/// has fewer round trips and costs a fraction of the time.
///
/// A session can be resumed for its lifetime, counted from the login with a certificate, by the
/// identity that made it and with the method that made it, as often as the lifetime allows; and
/// only if the login that made it succeeded as a whole. The client's certificate is judged again,
/// by the policy of then. What is resumed is taken away from others until the login has succeeded.
///
/// The lifetime is measured on the calendar: a session that was not told the time with
/// `set_unix_time` neither resumes nor is resumed.
#[derive(Clone, Debug)]
pub struct Resumption {
    lifetime: Duration,
    capacity: usize,
    ticket_keys: Option<Arc<TicketKeys>>,
    ask_host: bool,
}

impl Resumption {
    /// Sessions may be resumed for this long, 1 second to 7 days (RFC 8446 §4.6.1).
    #[must_use]
    pub fn for_lifetime(lifetime: Duration) -> Self {
        Self { lifetime, capacity: 1024, ticket_keys: None, ask_host: false }
    }

    /// The most sessions kept in memory, 1 to 1000000; 1024 if not set. The oldest go first.
    #[must_use]
    pub fn capacity(mut self, sessions: usize) -> Self {
        self.capacity = sessions;
        self
    }

    /// Asks the host ([`Query::Resume`](crate::Query::Resume)) whether who was authenticated inside a
    /// tunnel may still log in: an account may have been locked since the session was made. For
    /// PEAP and EAP-TTLS; certificates are judged again in any case.
    #[must_use]
    pub fn ask_host(mut self) -> Self {
        self.ask_host = true;
        self
    }

    /// Has the client keep the session, in a ticket sealed with these keys. Servers with the same
    /// keys resume each other's sessions. A ticket carries the client's certificates, so that a
    /// login takes some fragments more.
    ///
    /// This is for EAP-TLS, where TLS is the whole authentication. The methods that authenticate
    /// the peer inside the tunnel have to give tickets before they know who it is: their sessions
    /// are kept in memory, as are those of clients that take no tickets.
    #[must_use]
    pub fn ticket_keys(mut self, keys: Arc<TicketKeys>) -> Self {
        self.ticket_keys = Some(keys);
        self
    }
}

/// The sessions of one configuration.
#[derive(Debug)]
pub(crate) struct ServerSessions {
    lifetime: u64,
    capacity: usize,
    ticket_keys: Option<Arc<TicketKeys>>,
    ask_host: bool,
    random: &'static dyn SecureRandom,
    store: Mutex<Store>,
}

impl ServerSessions {
    pub(crate) fn new(
        settings: Resumption,
        random: &'static dyn SecureRandom,
    ) -> Result<Self, ConfigError> {
        let Resumption { lifetime, capacity, ticket_keys, ask_host } = settings;
        check_range("resumption lifetime", lifetime.as_secs(), 1..=604_800)?;
        let sessions = u64::try_from(capacity).unwrap_or(u64::MAX);
        check_range("resumption capacity", sessions, 1..=1_000_000)?;
        let lifetime = lifetime.as_secs();
        Ok(Self { lifetime, capacity, ticket_keys, ask_host, random, store: Mutex::default() })
    }

    /// Whether the host has the last word on a login inside a tunnel.
    pub(crate) const fn asks_host(&self) -> bool {
        self.ask_host
    }

    /// Opens the desk of one conversation that begins at this time.
    pub(crate) fn open(self: &Arc<Self>, owner: Owner, unix_time: u64) -> Arc<ServerDesk> {
        let drawer = Mutex::default();
        Arc::new(ServerDesk { sessions: Arc::clone(self), owner, unix_time, drawer })
    }
}

/// Sessions by their TLS name, and in the order in which they came.
#[derive(Default)]
struct Store {
    sessions: BTreeMap<Vec<u8>, (u64, Record)>,
    order: BTreeMap<u64, Vec<u8>>,
    next: u64,
}

impl Store {
    fn put(&mut self, id: Vec<u8>, record: Record) {
        self.take(&id);
        self.order.insert(self.next, id.clone());
        self.sessions.insert(id, (self.next, record));
        self.next = self.next.wrapping_add(1);
    }

    fn get(&self, id: &[u8]) -> Option<&Record> {
        self.sessions.get(id).map(|(_, record)| record)
    }

    fn take(&mut self, id: &[u8]) -> Option<Record> {
        let (number, record) = self.sessions.remove(id)?;
        self.order.remove(&number);
        Some(record)
    }

    /// Lets the oldest go: those that are too many, and those whose time is over.
    fn trim(&mut self, capacity: usize, is_over: impl Fn(&Record) -> bool) {
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

/// A session, with what decides who may resume it, and until when.
struct Record {
    owner: Owner,
    /// When the owner showed a certificate, in seconds since 1970.
    authenticated: u64,
    /// Who was authenticated inside the tunnel, if that is how.
    inner: Option<InnerOutcome>,
    /// The TLS library's own.
    state: Zeroizing<Vec<u8>>,
}

impl Record {
    /// As it stands in a ticket.
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let identity = self.owner.identity.as_bytes();
        let len = u16::try_from(identity.len()).unwrap_or(u16::MAX);
        let parts = [
            &self.owner.method.expanded()[..],
            &self.authenticated.to_be_bytes(),
            &len.to_be_bytes(),
            identity,
            &self.state,
        ];
        Zeroizing::new(parts.concat())
    }

    /// A ticket that opens is one that [`Record::encode`] has made, by whichever version of it.
    fn decode(octets: &[u8]) -> Option<Self> {
        let (method, rest) = MethodType::parse_expanded(octets).ok()?;
        let (authenticated, rest) = rest.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (identity, state) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
        Some(Self {
            owner: Owner { method, identity: Identity::new(identity) },
            authenticated: u64::from_be_bytes(*authenticated),
            inner: None,
            state: Zeroizing::new(state.to_vec()),
        })
    }
}

/// One conversation's share of the sessions.
pub(crate) struct ServerDesk {
    sessions: Arc<ServerSessions>,
    owner: Owner,
    unix_time: u64,
    drawer: Mutex<Drawer>,
}

#[derive(Default)]
struct Drawer {
    /// Nothing is resumed any more: what was to be, the policy has refused.
    closed: bool,
    /// When the session being resumed began, and whose it is.
    authenticated: Option<u64>,
    inner: Option<InnerOutcome>,
    /// What was taken from the store, and may be used again.
    taken: Option<(Vec<u8>, Record)>,
    /// What this conversation has made.
    made: Vec<(Vec<u8>, Record)>,
}

impl ServerDesk {
    /// Who was authenticated, in the tunnel whose session is resumed.
    pub(crate) fn inner(&self) -> Option<InnerOutcome> {
        lock(&self.drawer).inner.clone()
    }

    /// The conversation has succeeded, with this peer inside the tunnel.
    pub(crate) fn keep(&self, inner: Option<&InnerOutcome>) {
        let mut drawer = lock(&self.drawer);
        let taken = drawer.taken.take();
        drawer.made.iter_mut().for_each(|(_, record)| record.inner = inner.cloned());
        let mut store = lock(&self.sessions.store);
        for (id, record) in taken.into_iter().chain(drawer.made.drain(..)) {
            store.put(id, record);
        }
        store.trim(self.sessions.capacity, |record| !self.is_alive(record));
    }

    /// From here on only a full handshake will do.
    pub(crate) fn close(&self) {
        *lock(&self.drawer) = Drawer { closed: true, ..Drawer::default() };
    }

    fn is_alive(&self, record: &Record) -> bool {
        let age = self.unix_time.checked_sub(record.authenticated);
        age.is_some_and(|age| age < self.sessions.lifetime)
    }

    fn may_resume(&self, record: &Record) -> bool {
        record.owner == self.owner && self.is_alive(record)
    }

    /// Takes a session out of the store, if it is this owner's: others cannot make it go away.
    fn take_out(&self, id: &[u8]) -> Option<Record> {
        if lock(&self.drawer).closed {
            return None;
        }
        let mut store = lock(&self.sessions.store);
        if !self.may_resume(store.get(id)?) {
            return None;
        }
        store.take(id)
    }

    fn record(&self, state: Vec<u8>) -> Record {
        let authenticated = lock(&self.drawer).authenticated.unwrap_or(self.unix_time);
        let owner = self.owner.clone();
        Record { owner, authenticated, inner: None, state: Zeroizing::new(state) }
    }
}

impl fmt::Debug for ServerDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerDesk").finish_non_exhaustive()
    }
}

impl StoresServerSessions for ServerDesk {
    fn put(&self, id: Vec<u8>, state: Vec<u8>) -> bool {
        let record = self.record(state);
        lock(&self.drawer).made.push((id, record));
        true
    }

    /// Of TLS 1.2: it may be used again.
    fn get(&self, id: &[u8]) -> Option<Vec<u8>> {
        let record = self.take_out(id)?;
        let state = record.state.to_vec();
        let mut drawer = lock(&self.drawer);
        drawer.authenticated = Some(record.authenticated);
        drawer.inner = record.inner.clone();
        drawer.taken = Some((id.to_vec(), record));
        Some(state)
    }

    /// Of TLS 1.3: there will be a new one.
    fn take(&self, id: &[u8]) -> Option<Vec<u8>> {
        let record = self.take_out(id)?;
        let mut drawer = lock(&self.drawer);
        drawer.authenticated = Some(record.authenticated);
        drawer.inner = record.inner.clone();
        Some(record.state.to_vec())
    }

    fn can_cache(&self) -> bool {
        true
    }
}

impl ProducesTickets for ServerDesk {
    /// A ticket cannot be taken back: it is for methods that know the peer before they give it.
    fn enabled(&self) -> bool {
        self.owner.method == MethodType::TLS && self.sessions.ticket_keys.is_some()
    }

    fn lifetime(&self) -> u32 {
        let authenticated = lock(&self.drawer).authenticated.unwrap_or(self.unix_time);
        let end = authenticated.saturating_add(self.sessions.lifetime);
        u32::try_from(end.saturating_sub(self.unix_time)).unwrap_or(u32::MAX)
    }

    fn encrypt(&self, state: &[u8]) -> Option<Vec<u8>> {
        let keys = self.sessions.ticket_keys.as_ref()?;
        keys.seal(&self.record(state.to_vec()).encode(), self.sessions.random)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let plain = self.sessions.ticket_keys.as_ref()?.open(ticket)?;
        let record = Record::decode(&plain).filter(|record| self.may_resume(record))?;
        let mut drawer = lock(&self.drawer);
        if drawer.closed {
            return None;
        }
        drawer.authenticated = Some(record.authenticated);
        Some(record.state.to_vec())
    }
}
