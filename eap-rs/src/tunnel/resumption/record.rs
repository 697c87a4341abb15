//! A session as it is kept: with what decides who may resume it, and until when.

use zeroize::Zeroizing;

use super::Owner;
use crate::tunnel::inner::{InnerMethod, InnerOutcome};
use crate::{Identity, MethodType};

pub(super) struct Record {
    pub(super) owner: Owner,
    /// When the owner was authenticated, in seconds since 1970.
    pub(super) authenticated: u64,
    /// Who was authenticated inside the tunnel, if that is how.
    pub(super) inner: Option<InnerOutcome>,
    /// The TLS library's own.
    pub(super) state: Zeroizing<Vec<u8>>,
}

impl Record {
    /// As it is sealed.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (protocol, inner) = match &self.inner {
            None => ([0; 8], &[][..]),
            Some(inner) => (encode_method(inner.method), inner.identity.as_bytes()),
        };
        let parts = [
            &self.owner.method.expanded()[..],
            &self.authenticated.to_be_bytes(),
            &length(self.owner.identity.as_bytes()),
            self.owner.identity.as_bytes(),
            &protocol,
            &length(inner),
            inner,
            &self.state,
        ];
        Zeroizing::new(parts.concat())
    }

    /// What opens is what [`Record::encode`] has made, by whichever version of it.
    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let (method, rest) = MethodType::parse_expanded(octets).ok()?;
        let (authenticated, rest) = rest.split_first_chunk()?;
        let (identity, rest) = split(rest)?;
        let (protocol, rest) = rest.split_first_chunk()?;
        let (inner, state) = split(rest)?;
        Some(Self {
            owner: Owner { method, identity },
            authenticated: u64::from_be_bytes(*authenticated),
            inner: match protocol {
                [0, 0, 0, 0, 0, 0, 0, 0] => None,
                protocol => {
                    Some(InnerOutcome { method: decode_method(protocol)?, identity: inner })
                }
            },
            state: Zeroizing::new(state.to_vec()),
        })
    }
}

/// Identities have 1015 octets at most.
fn length(text: &[u8]) -> [u8; 2] {
    u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes()
}

fn split(octets: &[u8]) -> Option<(Identity, &[u8])> {
    let (len, rest) = octets.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
    Some((Identity::new(text), rest))
}

/// The protocols of EAP-TTLS that are not EAP, by their last octet; Type 0 is no EAP method's.
const PROTOCOLS: [(u8, InnerMethod); 4] = [
    (1, InnerMethod::Pap),
    (2, InnerMethod::Chap),
    (3, InnerMethod::MsChap),
    (4, InnerMethod::MsChapV2),
];

/// An EAP method is an Expanded Type (RFC 3748 §5.7); other protocols have a zero in its place.
fn encode_method(method: InnerMethod) -> [u8; 8] {
    if let InnerMethod::Eap(method) = method {
        return method.expanded();
    }
    let number = PROTOCOLS.iter().find(|(_, protocol)| *protocol == method);
    [0, 0, 0, 0, 0, 0, 0, number.map_or(0, |(number, _)| *number)]
}

fn decode_method(octets: &[u8; 8]) -> Option<InnerMethod> {
    if let [0, 0, 0, 0, 0, 0, 0, number] = octets {
        return PROTOCOLS.iter().find(|(known, _)| known == number).map(|(_, protocol)| *protocol);
    }
    MethodType::parse_expanded(octets).ok().map(|(method, _)| InnerMethod::Eap(method))
}
