//! A new password in the place of one that has expired (RFC 5281 §11.2.4, RFC 2548 §2.1.7, §2.3.4).

use super::response::{MALFORMED, check_challenge};
use crate::crypto::NtHash;
use crate::crypto::mschap::{CHALLENGE_LEN, RESPONSE_LEN};
use crate::crypto::password_change::BLOCK_LEN;
use crate::methods::ttls::ImplicitChallenge;
use crate::methods::ttls::avp::{AvpBuffer, AvpCode, Avps, Unacceptable};

/// The Code of MS-CHAP-NT-Enc-PW.
const NT_ENC_PW: u8 = 6;
/// The Code of MS-CHAP2-CPW.
const CPW: u8 = 7;
/// What an attribute of RADIUS can carry of the encrypted password.
const PART_LEN: usize = 243;
/// Octets between the peer's challenge and its response.
const RESERVED_LEN: usize = 8;
const FLAGS_LEN: usize = 2;

/// What a peer sends that changes its password.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::methods::ttls) struct PasswordChange {
    pub(super) encrypted_password: [u8; BLOCK_LEN],
    pub(super) encrypted_hash: [u8; NtHash::LEN],
    pub(super) peer_challenge: [u8; CHALLENGE_LEN],
    pub(super) nt_response: [u8; RESPONSE_LEN],
}

impl PasswordChange {
    /// The encrypted password is in parts, as RADIUS has it, numbered from 1.
    pub(in crate::methods::ttls) fn write(&self, challenge: &ImplicitChallenge) -> AvpBuffer {
        let identifier = challenge.identifier;
        let parts = (1..=u8::MAX).zip(self.encrypted_password.chunks(PART_LEN));
        let parts = parts.fold(AvpBuffer::default(), |avps, (sequence, part)| {
            let header = [NT_ENC_PW, identifier, 0, sequence];
            avps.with(AvpCode::MS_CHAP_NT_ENC_PW, &[&header, part])
        });
        let Self { encrypted_hash, peer_challenge, nt_response, .. } = self;
        let change = [
            &[CPW, identifier][..],
            encrypted_hash,
            peer_challenge,
            &[0; RESERVED_LEN],
            nt_response,
            &[0; FLAGS_LEN],
        ];
        parts
            .with(AvpCode::MS_CHAP2_CPW, &change)
            .with(AvpCode::MS_CHAP_CHALLENGE, &[&challenge.octets])
    }

    /// Both challenge and identifier have to be those of the server's error.
    pub(in crate::methods::ttls) fn read(
        avps: &Avps<'_>,
        challenge: &ImplicitChallenge,
    ) -> Result<Self, Unacceptable> {
        let change = avps.get(AvpCode::MS_CHAP2_CPW)?.ok_or(MALFORMED)?;
        let ([CPW, identifier], rest) = change.split_first_chunk().ok_or(MALFORMED)? else {
            return Err(MALFORMED);
        };
        check_challenge(challenge, avps, AvpCode::MS_CHAP_CHALLENGE, *identifier)?;
        let (encrypted_hash, rest) = rest.split_first_chunk().ok_or(MALFORMED)?;
        let (peer_challenge, rest) = rest.split_first_chunk().ok_or(MALFORMED)?;
        let (_, rest) = rest.split_first_chunk::<RESERVED_LEN>().ok_or(MALFORMED)?;
        let (nt_response, flags) = rest.split_first_chunk().ok_or(MALFORMED)?;
        if flags.len() != FLAGS_LEN {
            return Err(MALFORMED);
        }
        Ok(Self {
            encrypted_password: encrypted_password(avps, *identifier)?,
            encrypted_hash: *encrypted_hash,
            peer_challenge: *peer_challenge,
            nt_response: *nt_response,
        })
    }
}

/// Joins the parts: all of them, in their order, and nothing else.
fn encrypted_password(avps: &Avps<'_>, identifier: u8) -> Result<[u8; BLOCK_LEN], Unacceptable> {
    let mut password = [0; BLOCK_LEN];
    let mut room = password.as_mut_slice();
    let numbers = 1..=u16::MAX;
    for (part, number) in avps.all(AvpCode::MS_CHAP_NT_ENC_PW).zip(numbers) {
        let ([code, ident, high, low], octets) = part.split_first_chunk().ok_or(MALFORMED)?;
        let is_next = *code == NT_ENC_PW
            && *ident == identifier
            && u16::from_be_bytes([*high, *low]) == number
            && !octets.is_empty();
        let (place, rest) = room.split_at_mut_checked(octets.len()).ok_or(MALFORMED)?;
        if !is_next {
            return Err(MALFORMED);
        }
        place.copy_from_slice(octets);
        room = rest;
    }
    if room.is_empty() { Ok(password) } else { Err(MALFORMED) }
}
