//! The peer's side: the sessions that servers have given.

use core::fmt;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::{CertificateDer, ServerName};

use super::{Owner, lock};
use crate::tunnel::certificate::CertificatePolicy;

/// The most sessions a configuration keeps: a phone has one identity, and some servers give two
/// tickets.
const CAPACITY: usize = 16;

/// The sessions of one configuration, oldest first.
#[derive(Default)]
pub(crate) struct ClientSessions(Mutex<VecDeque<Kept>>);

struct Kept {
    owner: Owner,
    /// The server's, to be judged again.
    chain: Arc<[CertificateDer<'static>]>,
    session: Session,
}

enum Session {
    Tls12(Tls12ClientSessionValue),
    Tls13(Tls13ClientSessionValue),
}

impl ClientSessions {
    /// Takes the owner's sessions away, and opens a desk that offers the newest of those whose
    /// server the policy still accepts.
    pub(crate) fn open(
        self: &Arc<Self>,
        owner: Owner,
        policy: &CertificatePolicy,
        unix_time: Option<u64>,
    ) -> Arc<ClientDesk> {
        let mut all = lock(&self.0);
        let (mut spare, others): (Vec<_>, Vec<_>) =
            all.drain(..).partition(|kept| kept.owner == owner);
        all.extend(others);
        drop(all);
        spare.retain(|kept| policy.check(&kept.chain, unix_time).is_ok());
        let offered = spare.pop().map(|kept| kept.session);
        let drawer = Drawer { offered, spare, collected: Vec::new() };
        Arc::new(ClientDesk { sessions: Arc::clone(self), owner, drawer: Mutex::new(drawer) })
    }
}

/// Shows no names and no secrets.
impl fmt::Debug for ClientSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSessions").field("kept", &lock(&self.0).len()).finish()
    }
}

/// One conversation's share of the sessions.
pub(crate) struct ClientDesk {
    sessions: Arc<ClientSessions>,
    owner: Owner,
    drawer: Mutex<Drawer>,
}

struct Drawer {
    offered: Option<Session>,
    /// What the owner has besides.
    spare: Vec<Kept>,
    /// What this conversation has been given.
    collected: Vec<Session>,
}

impl ClientDesk {
    /// The conversation has succeeded with a server of this chain.
    pub(crate) fn keep(&self, chain: &[CertificateDer<'static>]) {
        let mut drawer = lock(&self.drawer);
        let mut kept = core::mem::take(&mut drawer.spare);
        let chain: Arc<[_]> = chain.into();
        kept.extend(drawer.collected.drain(..).map(|session| Kept {
            owner: self.owner.clone(),
            chain: Arc::clone(&chain),
            session,
        }));
        let mut all = lock(&self.sessions.0);
        all.extend(kept);
        let surplus = all.len().saturating_sub(CAPACITY);
        all.drain(..surplus);
    }

    fn collect(&self, session: Session) {
        let collected = &mut lock(&self.drawer).collected;
        // A server may send tickets without end.
        if collected.len() < CAPACITY {
            collected.push(session);
        }
    }
}

impl fmt::Debug for ClientDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientDesk").finish_non_exhaustive()
    }
}

/// The server's name has no say: it is the owner who counts.
impl ClientSessionStore for ClientDesk {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.collect(Session::Tls12(session));
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        match lock(&self.drawer).offered.take()? {
            Session::Tls12(session) => Some(session),
            Session::Tls13(_) => None,
        }
    }

    /// It has been taken out already.
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, session: Tls13ClientSessionValue) {
        self.collect(Session::Tls13(session));
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let offered = &mut lock(&self.drawer).offered;
        match offered.take()? {
            Session::Tls13(session) => Some(session),
            tls12 @ Session::Tls12(_) => {
                *offered = Some(tls12);
                None
            }
        }
    }
}
