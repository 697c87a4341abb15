//! What both sides of phase 2 are told.

use std::sync::Arc;

use super::gtc::{self, GtcForm};
use super::opaque::PacKeys;
use crate::method::{PeerFactory, ServerFactory};
use crate::methods::mschapv2::{self, TunnelChallenges};
use crate::{AuthenticatorConfig, MethodType, PeerConfig};

/// In which tunnels a peer may be given a PAC that has none (RFC 5422 §2). One that it has is
/// renewed in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provisioning {
    /// In none.
    Off,
    /// In those in which the server has shown a certificate.
    #[default]
    Authenticated,
    /// In those in which nobody has shown anything: for the one who reads along, and may be the
    /// server, the password is a matter of trying (RFC 5422 §6.2). A peer that knows no CA then
    /// drops a PAC that a server does not take, for another.
    Anonymous,
    /// In both.
    Both,
}

impl Provisioning {
    pub(super) const fn allows(self, opening: Opening) -> bool {
        match (self, opening) {
            (_, Opening::Pac) | (Self::Both, _) => true,
            (Self::Off, _) => false,
            (Self::Authenticated, _) => matches!(opening, Opening::Certificate),
            (Self::Anonymous, _) => matches!(opening, Opening::Anonymous),
        }
    }
}

/// How a tunnel was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// By a PAC, which both sides know.
    Pac,
    /// By the server's certificate.
    Certificate,
    /// By nothing that would say who is at the other end.
    Anonymous,
}

/// The peer's.
#[derive(Debug)]
pub(super) struct PeerSettings {
    inner: Arc<PeerConfig>,
    pub(super) provisioning: Provisioning,
    /// Whether a server has to run a method inside the tunnel. It always has to inside one that is
    /// anonymous.
    pub(super) require_inner_method: bool,
}

impl PeerSettings {
    pub(super) fn new(inner: &PeerConfig, gtc: GtcForm, provisioning: Provisioning) -> Self {
        let inner = inner.with_methods(|method, start| match method {
            MethodType::GTC => {
                let start: PeerFactory = Arc::new(move || Box::new(gtc::Peer::new(gtc)));
                Some(start)
            }
            _ => Some(Arc::clone(start)),
        });
        Self { inner: Arc::new(inner), provisioning, require_inner_method: true }
    }

    /// What runs inside a tunnel. With challenges that is MSCHAPv2 alone: RFC 5422 §3.2.2 has no
    /// other method for anonymous tunnels.
    pub(super) fn inner(&self, anonymous: Option<&TunnelChallenges>) -> Arc<PeerConfig> {
        let Some(challenges) = anonymous else { return Arc::clone(&self.inner) };
        let start: PeerFactory = {
            let challenges = challenges.clone();
            Arc::new(move || Box::new(mschapv2::Peer::with_challenges(challenges.clone())))
        };
        let only = |method, _: &_| (method == MethodType::MSCHAPV2).then(|| Arc::clone(&start));
        Arc::new(self.inner.with_methods(only))
    }
}

/// The server's.
#[derive(Debug)]
pub(super) struct ServerSettings {
    /// One after the other; one at least.
    inner: Vec<Arc<AuthenticatorConfig>>,
    pub(super) provisioning: Provisioning,
    /// A-ID: 1 to 1015 octets, 16 if others are to be content (RFC 5422 §4.2.4).
    pub(super) authority: Box<[u8]>,
    /// A-ID-Info: for people, at most 1015 octets.
    pub(super) authority_name: Box<str>,
    /// Without them no PAC is issued.
    pub(super) pac_keys: Option<Arc<PacKeys>>,
    /// For how many seconds a PAC is good.
    pub(super) pac_lifetime: u32,
    /// With how many seconds left, or fewer, it is renewed.
    pub(super) pac_renewal: u32,
}

impl ServerSettings {
    /// Without PACs.
    pub(super) fn new<'a>(
        inner: impl IntoIterator<Item = &'a AuthenticatorConfig>,
        gtc: GtcForm,
        authority: &[u8],
    ) -> Self {
        let change = |method, start: &ServerFactory| match method {
            MethodType::GTC => {
                let start: ServerFactory = Arc::new(move || Box::new(gtc::Server::new(gtc)));
                Some(start)
            }
            _ => Some(Arc::clone(start)),
        };
        Self {
            inner: inner.into_iter().map(|inner| Arc::new(inner.with_methods(change))).collect(),
            provisioning: Provisioning::default(),
            authority: authority.into(),
            authority_name: "".into(),
            pac_keys: None,
            pac_lifetime: 7 * 86_400,
            pac_renewal: 86_400,
        }
    }

    /// What runs inside a tunnel, one after the other. With challenges that is MSCHAPv2 alone: RFC
    /// 5422 §3.2.2 has no other method for anonymous tunnels.
    pub(super) fn inner(
        &self,
        anonymous: Option<&TunnelChallenges>,
    ) -> Vec<Arc<AuthenticatorConfig>> {
        let Some(challenges) = anonymous else { return self.inner.clone() };
        let start: ServerFactory = {
            let challenges = challenges.clone();
            Arc::new(move || Box::new(mschapv2::Server::with_challenges(challenges.clone())))
        };
        let only = |method, _: &_| (method == MethodType::MSCHAPV2).then(|| Arc::clone(&start));
        let with_mschapv2 = self.inner.iter().find(|inner| inner.has_method(MethodType::MSCHAPV2));
        with_mschapv2.map(|inner| Arc::new(inner.with_methods(only))).into_iter().collect()
    }
}
