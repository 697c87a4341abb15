//! The packets of EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2 §2): an OpCode, and behind it, in
//! all but the short acknowledgements, MS-CHAPv2-ID, MS-Length and data.

mod failure;

use crate::crypto::mschap::{AUTHENTICATOR_RESPONSE_LEN, CHALLENGE_LEN, RESPONSE_LEN};
use crate::crypto::{NtHash, password_change};
use crate::{Discard, Identity, PacketBuffer};

pub(in crate::methods) use failure::FailureMessage;

const CHALLENGE: u8 = 1;
const RESPONSE: u8 = 2;
const SUCCESS: u8 = 3;
const FAILURE: u8 = 4;
const CHANGE_PASSWORD: u8 = 7;

/// OpCode, MS-CHAPv2-ID and MS-Length.
const HEADER_LEN: usize = 4;

/// Octets between the peer's challenge and its response.
const RESERVED_LEN: usize = 8;

/// Value-Size of a Response: challenge, reserved octets, NT-Response and flags.
const RESPONSE_VALUE_LEN: usize = CHALLENGE_LEN + RESERVED_LEN + RESPONSE_LEN + 1;

/// The Type-Data of a Request.
#[derive(Debug)]
pub(super) enum Request<'a> {
    Challenge {
        id: u8,
        challenge: &'a [u8; CHALLENGE_LEN],
    },
    /// `None` if there is no authenticator response in it.
    Success {
        authenticator_response: Option<[u8; AUTHENTICATOR_RESPONSE_LEN]>,
    },
    Failure {
        id: u8,
        message: FailureMessage,
    },
}

impl<'a> Request<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, Discard> {
        let op_code = *data.first().ok_or(Discard::MschapLength)?;
        match op_code {
            CHALLENGE => {
                let (id, [size, rest @ ..]) = body(data)? else {
                    return Err(Discard::MschapLength);
                };
                if usize::from(*size) != CHALLENGE_LEN {
                    return Err(Discard::MschapValueSize);
                }
                let challenge = rest.first_chunk().ok_or(Discard::MschapLength)?;
                Ok(Self::Challenge { id, challenge })
            }
            SUCCESS => {
                let (_, text) = body(data)?;
                Ok(Self::Success { authenticator_response: authenticator_response(text) })
            }
            FAILURE => {
                let (id, text) = body(data)?;
                Ok(Self::Failure { id, message: FailureMessage::parse(text) })
            }
            other => Err(Discard::MschapOpCode(other)),
        }
    }

    pub(super) fn op_code(&self) -> u8 {
        match self {
            Self::Challenge { .. } => CHALLENGE,
            Self::Success { .. } => SUCCESS,
            Self::Failure { .. } => FAILURE,
        }
    }
}

pub(super) fn write_challenge(
    id: u8,
    challenge: &[u8; CHALLENGE_LEN],
    server_name: &str,
    out: &mut PacketBuffer,
) {
    write(CHALLENGE, id, &[&[CHALLENGE_LEN as u8], challenge, server_name.as_bytes()], out);
}

pub(super) fn write_success(
    id: u8,
    authenticator_response: &[u8; AUTHENTICATOR_RESPONSE_LEN],
    out: &mut PacketBuffer,
) {
    let text = success_text(authenticator_response);
    write(SUCCESS, id, &[text.as_bytes(), b" M=OK"], out);
}

/// RFC 2759 §5, without a message.
pub(in crate::methods) fn success_text(
    authenticator_response: &[u8; AUTHENTICATOR_RESPONSE_LEN],
) -> String {
    let digits: String = authenticator_response.iter().map(|o| format!("{o:02X}")).collect();
    format!("S={digits}")
}

pub(super) fn write_failure(id: u8, message: &FailureMessage, out: &mut PacketBuffer) {
    write(FAILURE, id, &[message.to_string().as_bytes()], out);
}

/// The Type-Data of a Response.
#[derive(Debug)]
pub(super) enum Response<'a> {
    Proof(Proof<'a>),
    /// Acknowledges a Success.
    Success,
    /// Acknowledges a Failure, or refuses a Success.
    Failure,
    ChangePassword(Box<ChangePassword>),
}

/// A Response of MS-CHAPv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proof<'a> {
    pub(super) peer_challenge: &'a [u8; CHALLENGE_LEN],
    pub(super) nt_response: &'a [u8; RESPONSE_LEN],
    /// The user's, as it was sent.
    pub(super) name: &'a [u8],
}

/// What changes a password (draft-kamath §2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangePassword {
    pub(super) encrypted_password: [u8; password_change::BLOCK_LEN],
    pub(super) encrypted_hash: [u8; NtHash::LEN],
    pub(super) peer_challenge: [u8; CHALLENGE_LEN],
    pub(super) nt_response: [u8; RESPONSE_LEN],
}

impl<'a> Response<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, Discard> {
        let op_code = *data.first().ok_or(Discard::MschapLength)?;
        match op_code {
            RESPONSE => Proof::parse(data).map(Self::Proof),
            // Six octets in all, as a rule; what else there may be says nothing.
            SUCCESS => Ok(Self::Success),
            FAILURE => Ok(Self::Failure),
            CHANGE_PASSWORD => ChangePassword::parse(data)
                .map(|change| Self::ChangePassword(Box::new(change)))
                .ok_or(Discard::MschapLength),
            other => Err(Discard::MschapOpCode(other)),
        }
    }

    pub(super) fn op_code(&self) -> u8 {
        match self {
            Self::Proof(_) => RESPONSE,
            Self::Success => SUCCESS,
            Self::Failure => FAILURE,
            Self::ChangePassword(_) => CHANGE_PASSWORD,
        }
    }
}

impl<'a> Proof<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, Discard> {
        let (_, [size, rest @ ..]) = body(data)? else { return Err(Discard::MschapLength) };
        if usize::from(*size) != RESPONSE_VALUE_LEN {
            return Err(Discard::MschapValueSize);
        }
        let proof = || {
            let (peer_challenge, rest) = rest.split_first_chunk()?;
            let (_reserved, rest) = rest.split_first_chunk::<RESERVED_LEN>()?;
            let (nt_response, rest) = rest.split_first_chunk()?;
            let (_flags, name) = rest.split_first()?;
            Some(Self { peer_challenge, nt_response, name })
        };
        match proof().ok_or(Discard::MschapLength)? {
            Self { name, .. } if name.len() > Identity::MAX_LEN => Err(Discard::ResponseTooLong),
            proof => Ok(proof),
        }
    }

    pub(super) fn write(&self, id: u8, out: &mut PacketBuffer) {
        let Self { peer_challenge, nt_response, name } = self;
        let size = [RESPONSE_VALUE_LEN as u8];
        let parts: [&[u8]; 6] =
            [&size, *peer_challenge, &[0; RESERVED_LEN], *nt_response, &[0], name];
        write(RESPONSE, id, &parts, out);
    }
}

impl ChangePassword {
    fn parse(data: &[u8]) -> Option<Self> {
        let (_, rest) = body(data).ok()?;
        let (encrypted_password, rest) = rest.split_first_chunk()?;
        let (encrypted_hash, rest) = rest.split_first_chunk()?;
        let (peer_challenge, rest) = rest.split_first_chunk()?;
        let (_reserved, rest) = rest.split_first_chunk::<RESERVED_LEN>()?;
        let (nt_response, [_, _]) = rest.split_first_chunk()? else { return None };
        Some(Self {
            encrypted_password: *encrypted_password,
            encrypted_hash: *encrypted_hash,
            peer_challenge: *peer_challenge,
            nt_response: *nt_response,
        })
    }

    pub(super) fn write(&self, id: u8, out: &mut PacketBuffer) {
        let Self { encrypted_password, encrypted_hash, peer_challenge, nt_response } = self;
        let parts: [&[u8]; 6] = [
            encrypted_password,
            encrypted_hash,
            peer_challenge,
            &[0; RESERVED_LEN],
            nt_response,
            &[0, 0],
        ];
        write(CHANGE_PASSWORD, id, &parts, out);
    }
}

/// The peer takes a Success.
pub(super) fn write_success_response(out: &mut PacketBuffer) {
    out.push(SUCCESS);
}

/// The peer has seen a Failure.
pub(super) fn write_failure_response(out: &mut PacketBuffer) {
    out.push(FAILURE);
}

fn write(op_code: u8, id: u8, parts: &[&[u8]], out: &mut PacketBuffer) {
    let len = HEADER_LEN + parts.iter().map(|part| part.len()).sum::<usize>();
    // A length that does not fit is that of a packet that the machine refuses to send.
    let len = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    out.extend(&[op_code, id]);
    out.extend(&len);
    for part in parts {
        out.extend(part);
    }
}

/// MS-CHAPv2-ID and data. MS-Length says what the EAP Length says, too: if they differ, one is
/// wrong.
fn body(data: &[u8]) -> Result<(u8, &[u8]), Discard> {
    let ([_, id, high, low], body) =
        data.split_first_chunk::<HEADER_LEN>().ok_or(Discard::MschapLength)?;
    if usize::from(u16::from_be_bytes([*high, *low])) != data.len() {
        return Err(Discard::MschapLength);
    }
    Ok((*id, body))
}

/// RFC 2759 §5: "S=" and 40 digits in the beginning.
pub(in crate::methods) fn authenticator_response(
    text: &[u8],
) -> Option<[u8; AUTHENTICATOR_RESPONSE_LEN]> {
    let text = text.strip_prefix(b"S=")?;
    let digits = text.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
    hex_octets(text.get(..digits)?)
}

fn hex_octets<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *octet = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests;
