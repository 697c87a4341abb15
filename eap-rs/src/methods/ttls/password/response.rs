//! The responses to an implicit challenge, as RADIUS has them.

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use crate::crypto::NtHash;
use crate::crypto::mschap::{self, Exchange, RESPONSE_LEN};
use crate::methods::ttls::ImplicitChallenge;
use crate::methods::ttls::avp::{AvpBuffer, AvpCode, Avps, Unacceptable};
use crate::{Identity, Secret};

/// Octets of the LM-Response, which nobody should use (RFC 2433 §5).
const LM_RESPONSE_LEN: usize = 24;
/// Has the NT-Response used (RFC 2548 §2.1.3).
const USE_NT_RESPONSE: u8 = 1;
/// Octets between the peer's challenge and its response (RFC 2548 §2.3.2).
const RESERVED_LEN: usize = 8;
/// User-Password is padded to hide its length (RFC 5281 §11.2.5).
const PASSWORD_BLOCK: usize = 16;

pub(super) const MALFORMED: Unacceptable = Unacceptable("malformed response inside the tunnel");

/// The User-Name, and the password itself.
pub(super) fn write_password(name: &Identity, password: &Secret) -> AvpBuffer {
    let password = password.expose();
    let len = password.len().next_multiple_of(PASSWORD_BLOCK).max(PASSWORD_BLOCK);
    let zeros = vec![0; len - password.len()];
    user(name).with(AvpCode::USER_PASSWORD, &[password, &zeros])
}

/// What [`write_password`] has written.
pub(super) fn read_password(avp: &[u8]) -> Secret {
    let len = avp.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    Secret::new(avp.get(..len).unwrap_or_default())
}

fn user(name: &Identity) -> AvpBuffer {
    AvpBuffer::default().with(AvpCode::USER_NAME, &[name.as_bytes()])
}

/// Checks that the peer answers the tunnel's challenge and not one of its own (RFC 5281 §11.2.2).
pub(super) fn check_challenge(
    challenge: &ImplicitChallenge,
    avps: &Avps<'_>,
    code: AvpCode,
    identifier: u8,
) -> Result<(), Unacceptable> {
    let octets = avps.get(code)?.ok_or(Unacceptable("no challenge inside the tunnel"))?;
    let same = challenge.octets.ct_eq(octets) & challenge.identifier.ct_eq(&identifier);
    if !bool::from(same) {
        return Err(Unacceptable("the challenge is not the tunnel's"));
    }
    Ok(())
}

/// RFC 1994 §4.1.
pub(super) struct ChapResponse([u8; 16]);

impl ChapResponse {
    pub(super) fn compute(challenge: &ImplicitChallenge, password: &Secret) -> Self {
        let mut hash = Md5::new();
        hash.update([challenge.identifier]);
        hash.update(password.expose());
        hash.update(&challenge.octets);
        Self(hash.finalize().into())
    }

    pub(super) fn write(&self, challenge: &ImplicitChallenge, name: &Identity) -> AvpBuffer {
        user(name)
            .with(AvpCode::CHAP_CHALLENGE, &[&challenge.octets])
            .with(AvpCode::CHAP_PASSWORD, &[&[challenge.identifier], &self.0])
    }

    pub(super) fn read(
        avp: &[u8],
        avps: &Avps<'_>,
        challenge: &ImplicitChallenge,
    ) -> Result<Self, Unacceptable> {
        let (identifier, response) = avp.split_first().ok_or(MALFORMED)?;
        check_challenge(challenge, avps, AvpCode::CHAP_CHALLENGE, *identifier)?;
        response.try_into().map(Self).map_err(|_| MALFORMED)
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// RFC 2548 §2.1.3.
pub(super) struct MsChapResponse([u8; RESPONSE_LEN]);

impl MsChapResponse {
    pub(super) fn compute(
        challenge: &ImplicitChallenge,
        password: &NtHash,
    ) -> Result<Self, Unacceptable> {
        let octets = challenge.octets.as_slice().try_into().map_err(|_| MALFORMED)?;
        Ok(Self(mschap::nt_challenge_response(octets, password)))
    }

    pub(super) fn write(&self, challenge: &ImplicitChallenge, name: &Identity) -> AvpBuffer {
        let header = [challenge.identifier, USE_NT_RESPONSE];
        user(name)
            .with(AvpCode::MS_CHAP_CHALLENGE, &[&challenge.octets])
            .with(AvpCode::MS_CHAP_RESPONSE, &[&header, &[0; LM_RESPONSE_LEN], &self.0])
    }

    pub(super) fn read(
        avp: &[u8],
        avps: &Avps<'_>,
        challenge: &ImplicitChallenge,
    ) -> Result<Self, Unacceptable> {
        let ([identifier, _flags], rest) = avp.split_first_chunk().ok_or(MALFORMED)?;
        check_challenge(challenge, avps, AvpCode::MS_CHAP_CHALLENGE, *identifier)?;
        let (_, response) = rest.split_at_checked(LM_RESPONSE_LEN).ok_or(MALFORMED)?;
        response.try_into().map(Self).map_err(|_| MALFORMED)
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// RFC 2548 §2.3.2.
pub(super) struct MsChap2Response {
    pub(super) peer_challenge: [u8; mschap::CHALLENGE_LEN],
    pub(super) nt_response: [u8; RESPONSE_LEN],
}

impl MsChap2Response {
    pub(super) fn write(&self, challenge: &ImplicitChallenge, name: &Identity) -> AvpBuffer {
        let flags = 0;
        let header = [challenge.identifier, flags];
        let parts = [&header[..], &self.peer_challenge, &[0; RESERVED_LEN], &self.nt_response];
        user(name)
            .with(AvpCode::MS_CHAP_CHALLENGE, &[&challenge.octets])
            .with(AvpCode::MS_CHAP2_RESPONSE, &parts)
    }

    pub(super) fn read(
        avp: &[u8],
        avps: &Avps<'_>,
        challenge: &ImplicitChallenge,
    ) -> Result<Self, Unacceptable> {
        let ([identifier, _flags], rest) = avp.split_first_chunk().ok_or(MALFORMED)?;
        check_challenge(challenge, avps, AvpCode::MS_CHAP_CHALLENGE, *identifier)?;
        let (peer_challenge, rest) = rest.split_first_chunk().ok_or(MALFORMED)?;
        let (_, nt_response) = rest.split_at_checked(RESERVED_LEN).ok_or(MALFORMED)?;
        let nt_response = nt_response.try_into().map_err(|_| MALFORMED)?;
        Ok(Self { peer_challenge: *peer_challenge, nt_response })
    }
}

/// The exchange that a response of MS-CHAP-V2 belongs to.
pub(super) fn exchange<'a>(
    challenge: &'a ImplicitChallenge,
    peer_challenge: &'a [u8; mschap::CHALLENGE_LEN],
    name: &'a Identity,
) -> Result<Exchange<'a>, Unacceptable> {
    let authenticator_challenge = challenge.octets.as_slice().try_into().map_err(|_| MALFORMED)?;
    Ok(Exchange { authenticator_challenge, peer_challenge, name: name.as_bytes() })
}
