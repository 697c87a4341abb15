//! The server's side: sessions in memory, sessions that the host keeps for several servers, tickets.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use rustls::crypto::SecureRandom;
use rustls::server::{ProducesTickets, StoresServerSessions};
use zeroize::Zeroizing;

use super::record::Record;
use super::shared::{self, SealedSession};
use super::store::Store;
use super::{Owner, TicketKeys, lock};
use crate::config::check_range;
use crate::{ConfigError, InnerOutcome, MethodType};

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
    share: bool,
}

impl Resumption {
    /// Sessions may be resumed for this long, 1 second to 7 days (RFC 8446 §4.6.1).
    #[must_use]
    pub fn for_lifetime(lifetime: Duration) -> Self {
        Self { lifetime, capacity: 1024, ticket_keys: None, ask_host: false, share: false }
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
    /// are kept in memory, as are those of clients that take no tickets, or are
    /// [shared](Self::share_sessions).
    #[must_use]
    pub fn ticket_keys(mut self, keys: Arc<TicketKeys>) -> Self {
        self.ticket_keys = Some(keys);
        self
    }

    /// Has the host keep the sessions that would be kept in memory, where servers with the same
    /// ticket keys find them: in a database, for example. They come out with the success that makes
    /// them ([`Outcome::session`](crate::Outcome::session)), sealed with the ticket keys, and are
    /// asked for by name ([`Query::StoredSession`](crate::Query::StoredSession)).
    ///
    /// Whoever writes to that store can take sessions away and put old ones back, but not make any.
    #[must_use]
    pub fn share_sessions(mut self) -> Self {
        self.share = true;
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
    share: bool,
    random: &'static dyn SecureRandom,
    store: Mutex<Store>,
}

impl ServerSessions {
    pub(crate) fn new(
        settings: Resumption,
        random: &'static dyn SecureRandom,
    ) -> Result<Self, ConfigError> {
        let Resumption { lifetime, capacity, ticket_keys, ask_host, share } = settings;
        check_range("resumption lifetime", lifetime.as_secs(), 1..=604_800)?;
        let sessions = u64::try_from(capacity).unwrap_or(u64::MAX);
        check_range("resumption capacity", sessions, 1..=1_000_000)?;
        if share && ticket_keys.is_none() {
            return Err(ConfigError::Needs { field: "share_sessions", needs: "ticket_keys" });
        }
        let lifetime = lifetime.as_secs();
        let store = Mutex::default();
        Ok(Self { lifetime, capacity, ticket_keys, ask_host, share, random, store })
    }

    /// Whether the host has the last word on a login inside a tunnel.
    pub(crate) const fn asks_host(&self) -> bool {
        self.ask_host
    }

    /// Opens the desk of one conversation that begins at this time.
    pub(crate) fn open(self: &Arc<Self>, owner: Owner, unix_time: u64) -> Arc<ServerDesk> {
        let lookup = if self.share { Lookup::Possible } else { Lookup::Over };
        let drawer = Mutex::new(Drawer { lookup, ..Drawer::default() });
        Arc::new(ServerDesk { sessions: Arc::clone(self), owner, unix_time, drawer })
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
    lookup: Lookup,
}

/// Whether the host is asked for the session that is to be resumed.
#[derive(Default)]
enum Lookup {
    /// Not any more, or not at all.
    #[default]
    Over,
    /// As soon as there is one.
    Possible,
    /// It has to be, for the one of this TLS name.
    Wanted(Vec<u8>),
    /// It had this one.
    Found(Vec<u8>, Record),
}

impl ServerDesk {
    /// Who was authenticated, in the tunnel whose session is resumed.
    pub(crate) fn inner(&self) -> Option<InnerOutcome> {
        lock(&self.drawer).inner.clone()
    }

    /// The conversation has succeeded, with this peer inside the tunnel. What the host shall keep
    /// is returned.
    pub(crate) fn keep(&self, inner: Option<&InnerOutcome>) -> Option<SealedSession> {
        let mut drawer = lock(&self.drawer);
        let taken = drawer.taken.take();
        drawer.made.iter_mut().for_each(|(_, record)| record.inner = inner.cloned());
        let mut kept = taken.into_iter().chain(drawer.made.drain(..));
        if self.sessions.share {
            return kept.next_back().and_then(|(id, record)| self.seal(&id, &record));
        }
        let mut store = lock(&self.sessions.store);
        for (id, record) in kept {
            store.put(id, record);
        }
        store.trim(self.sessions.capacity, |record| !self.is_alive(record));
        None
    }

    /// Whether the host keeps the sessions.
    pub(crate) fn is_shared(&self) -> bool {
        self.sessions.share
    }

    /// The name of the session that the host has to be asked for, before there is an answer to the
    /// ClientHello.
    pub(crate) fn wanted(&self) -> Option<[u8; SealedSession::NAME_LEN]> {
        match &lock(&self.drawer).lookup {
            Lookup::Wanted(id) => Some(shared::name(&self.owner, id)),
            _ => None,
        }
    }

    /// What the host has under that name; the same ClientHello is processed again.
    pub(crate) fn looked_up(&self, sealed: Option<&[u8]>) {
        let mut drawer = lock(&self.drawer);
        if let Lookup::Wanted(id) = core::mem::take(&mut drawer.lookup)
            && let Some(record) = sealed.and_then(|sealed| self.unseal(&id, sealed))
        {
            drawer.lookup = Lookup::Found(id, record);
        }
    }

    /// From here on the host is not asked any more.
    pub(crate) fn end_lookup(&self) {
        lock(&self.drawer).lookup = Lookup::Over;
    }

    fn seal(&self, id: &[u8], record: &Record) -> Option<SealedSession> {
        let name = shared::name(&self.owner, id);
        let keys = self.sessions.ticket_keys.as_ref()?;
        let octets = keys.seal(&record.encode(), &name, self.sessions.random)?;
        let lifetime = Duration::from_secs(self.remaining(record.authenticated));
        Some(SealedSession { name, octets, lifetime })
    }

    fn unseal(&self, id: &[u8], sealed: &[u8]) -> Option<Record> {
        let name = shared::name(&self.owner, id);
        Record::decode(&self.sessions.ticket_keys.as_ref()?.open(sealed, &name)?)
    }

    /// How long a session of someone authenticated then will be of use, in seconds.
    fn remaining(&self, authenticated: u64) -> u64 {
        authenticated.saturating_add(self.sessions.lifetime).saturating_sub(self.unix_time)
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
        if self.sessions.share {
            return self.take_shared(id);
        }
        let mut store = lock(&self.sessions.store);
        if !self.may_resume(store.get(id)?) {
            return None;
        }
        store.take(id)
    }

    fn take_shared(&self, id: &[u8]) -> Option<Record> {
        let lookup = &mut lock(&self.drawer).lookup;
        match core::mem::take(lookup) {
            Lookup::Found(known, record) if known == id => {
                Some(record).filter(|record| self.may_resume(record))
            }
            Lookup::Possible => {
                *lookup = Lookup::Wanted(id.to_vec());
                None
            }
            other => {
                *lookup = other;
                None
            }
        }
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

/// What a ticket is sealed as: no name of a session.
const TICKET: &[u8] = b"ticket";

impl ProducesTickets for ServerDesk {
    /// A ticket cannot be taken back: it is for methods that know the peer before they give it.
    fn enabled(&self) -> bool {
        self.owner.method == MethodType::TLS && self.sessions.ticket_keys.is_some()
    }

    fn lifetime(&self) -> u32 {
        let authenticated = lock(&self.drawer).authenticated.unwrap_or(self.unix_time);
        u32::try_from(self.remaining(authenticated)).unwrap_or(u32::MAX)
    }

    fn encrypt(&self, state: &[u8]) -> Option<Vec<u8>> {
        let keys = self.sessions.ticket_keys.as_ref()?;
        keys.seal(&self.record(state.to_vec()).encode(), TICKET, self.sessions.random)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let plain = self.sessions.ticket_keys.as_ref()?.open(ticket, TICKET)?;
        let record = Record::decode(&plain).filter(|record| self.may_resume(record))?;
        let mut drawer = lock(&self.drawer);
        if drawer.closed {
            return None;
        }
        drawer.authenticated = Some(record.authenticated);
        Some(record.state.to_vec())
    }
}
