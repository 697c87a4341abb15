//! The peer's side: the sessions that servers have given.

use core::fmt;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::{CertificateDer, ServerName};

use super::{Owner, lock};
use crate::tunnel::certificate::CertificatePolicy;

/// The most sessions a configuration keeps: a phone has one identity, and some servers give two
/// tickets.
const CAPACITY: usize = 16;

/// The sessions of one configuration.
#[derive(Default)]
pub(crate) struct ClientSessions {
    /// Oldest first.
    kept: Mutex<VecDeque<Kept>>,
    /// Whether only good tickets are kept any more. hostapd 2.10 knows the last ticket of a full
    /// handshake as good, and refuses the login of who comes with another.
    careful: AtomicBool,
}

struct Kept {
    owner: Owner,
    /// The server's, to be judged again.
    chain: Arc<[CertificateDer<'static>]>,
    session: Session,
    /// A session of TLS 1.2, or the last ticket of a full handshake.
    good: bool,
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
        let mut all = lock(&self.kept);
        let (mut spare, others): (Vec<_>, Vec<_>) =
            all.drain(..).partition(|kept| kept.owner == owner);
        all.extend(others);
        drop(all);
        spare.retain(|kept| policy.check(&kept.chain, unix_time).is_ok());
        let (offered, good) = match spare.pop() {
            Some(Kept { session, good, .. }) => (Some(session), good),
            None => (None, true),
        };
        let drawer = Drawer { offered, good, spare, collected: Vec::new() };
        Arc::new(ClientDesk { sessions: Arc::clone(self), owner, drawer: Mutex::new(drawer) })
    }
}

/// Shows no names and no secrets.
impl fmt::Debug for ClientSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSessions")
            .field("kept", &lock(&self.kept).len())
            .finish_non_exhaustive()
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
    /// Whether the server has no excuse for refusing it.
    good: bool,
    /// What the owner has besides.
    spare: Vec<Kept>,
    /// What this conversation has been given.
    collected: Vec<Session>,
}

impl ClientDesk {
    /// The conversation has succeeded with a server of this chain, by a resumed session or a full
    /// handshake.
    pub(crate) fn keep(&self, chain: &[CertificateDer<'static>], resumed: bool) {
        let mut drawer = lock(&self.drawer);
        drawer.good = true;
        let mut kept = core::mem::take(&mut drawer.spare);
        let chain: Arc<[_]> = chain.into();
        kept.extend(drawer.collected.drain(..).map(|session| Kept {
            owner: self.owner.clone(),
            chain: Arc::clone(&chain),
            good: matches!(session, Session::Tls12(_)),
            session,
        }));
        if let Some(last) = kept.last_mut().filter(|_| !resumed) {
            last.good = true;
        }
        if self.sessions.careful.load(Ordering::Relaxed) {
            kept.retain(|kept| kept.good);
        }
        let mut all = lock(&self.sessions.kept);
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

/// The conversation has come to nothing, or its sessions are kept.
impl Drop for ClientDesk {
    fn drop(&mut self) {
        if !lock(&self.drawer).good {
            self.sessions.careful.store(true, Ordering::Relaxed);
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
