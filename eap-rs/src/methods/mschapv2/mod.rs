//! EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2, RFC 2759): both sides prove that they know the
//! password, and a password that has expired can be changed.
//!
//! What travels lets an eavesdropper try passwords until one fits: it belongs into a tunnel.
//!
//! # Departures
//!
//! - The MSK has 32 octets. The 32 zeros that would make it 64 are no key; hostap and FreeRADIUS
//!   export none either.
//! - A response for another user than the identity is a wrong password: to look one account up and
//!   verify another would let the two be played off against each other.

mod packet;
mod peer;
mod server;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

use crate::crypto::NtHash;
use crate::crypto::mschap::{CHALLENGE_LEN, MasterKeys, RESPONSE_LEN};
use crate::method::MethodFacts;
use crate::{Keys, MethodType, Msk};

pub(super) use packet::{FailureMessage, authenticator_response, success_text};
pub(super) use peer::MAX_RETRIES;
pub(crate) use peer::Peer;
pub(crate) use server::Server;

pub(crate) const FACTS: MethodFacts = MethodFacts {
    method: MethodType::MSCHAPV2,
    name: "mschapv2",
    document: "draft-kamath, RFC 2759",
    derives_keys: true,
    mutual: true,
};

/// Challenges that both sides take from a tunnel nobody has authenticated (RFC 5422 §3.2.3): those
/// that travel are zeros, and ignored. There is one try, and no change of the password: another
/// challenge would have to travel.
#[derive(Clone)]
pub(crate) struct TunnelChallenges {
    pub(crate) server: Zeroizing<[u8; CHALLENGE_LEN]>,
    pub(crate) peer: Zeroizing<[u8; CHALLENGE_LEN]>,
}

/// Shows sizes.
impl core::fmt::Debug for TunnelChallenges {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TunnelChallenges(2 of {CHALLENGE_LEN} octets)")
    }
}

/// The version of MS-CHAP that a Failure names (RFC 2759 §6).
const MSCHAP_VERSION: u32 = 3;

/// \[MS-CHAP\] §3.1.5.1: MasterReceiveKey, then MasterSendKey, as the authenticator calls them.
fn keys(password: &NtHash, nt_response: &[u8; RESPONSE_LEN]) -> Keys {
    let MasterKeys { receive, send } = MasterKeys::derive(password, nt_response);
    let mut octets = Zeroizing::new([0; 32]);
    for (place, octet) in octets.iter_mut().zip(receive.iter().chain(send.iter())) {
        *place = *octet;
    }
    Keys { msk: Msk::new(octets.as_slice()), emsk: None, session_id: None }
}
