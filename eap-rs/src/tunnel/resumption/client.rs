//! The peer's side: the sessions that servers have given.

use core::fmt;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::{CertificateDer, ServerName};

use super::{Owner, lock};
use crate::InnerOutcome;
use crate::tunnel::certificate::CertificatePolicy;

/// The most sessions a configuration keeps: one for each identity, of which a phone has one.
const CAPACITY: usize = 16;

/// The sessions of one configuration, oldest first; one for each owner.
#[derive(Default)]
pub(crate) struct ClientSessions(Mutex<VecDeque<Kept>>);

struct Kept {
    owner: Owner,
    /// The server's, to be judged again.
    chain: Vec<CertificateDer<'static>>,
    /// Who has logged in inside the tunnel, if that is how.
    inner: Option<InnerOutcome>,
    session: Session,
}

enum Session {
    Tls12(Tls12ClientSessionValue),
    Tls13(Tls13ClientSessionValue),
}

impl ClientSessions {
    /// Takes the owner's session away, and opens a desk that offers it if the policy still accepts
    /// its server.
    pub(crate) fn open(
        self: &Arc<Self>,
        owner: Owner,
        policy: &CertificatePolicy,
        unix_time: Option<u64>,
    ) -> Arc<ClientDesk> {
        let kept = {
            let mut all = lock(&self.0);
            let place = all.iter().position(|kept| kept.owner == owner);
            place.and_then(|place| all.remove(place))
        };
        let (offered, inner) = kept
            .filter(|kept| policy.check(&kept.chain, unix_time).is_ok())
            .map(|kept| (kept.session, kept.inner))
            .unzip();
        let drawer = Mutex::new(Drawer { offered, inner: inner.flatten(), given: None });
        Arc::new(ClientDesk { sessions: Arc::clone(self), owner, drawer })
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
    /// Whose login that was.
    inner: Option<InnerOutcome>,
    /// What the server has given last. Of several tickets of TLS 1.3, hostapd 2.10 knows that one
    /// as good, and refuses the login of who comes with another.
    given: Option<Session>,
}

impl ClientDesk {
    /// Who has logged in inside the tunnel whose session is offered.
    pub(crate) fn inner(&self) -> Option<InnerOutcome> {
        lock(&self.drawer).inner.clone()
    }

    /// The conversation has succeeded with a server of this chain, and with this login inside the
    /// tunnel.
    pub(crate) fn keep(&self, chain: &[CertificateDer<'static>], inner: Option<&InnerOutcome>) {
        let Some(session) = lock(&self.drawer).given.take() else { return };
        let mut all = lock(&self.sessions.0);
        all.retain(|kept| kept.owner != self.owner);
        if all.len() >= CAPACITY {
            all.pop_front();
        }
        let (owner, inner) = (self.owner.clone(), inner.cloned());
        all.push_back(Kept { owner, chain: chain.to_vec(), inner, session });
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
        lock(&self.drawer).given = Some(Session::Tls12(session));
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
        lock(&self.drawer).given = Some(Session::Tls13(session));
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
