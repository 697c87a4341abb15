//! The TLVs of phase 2 (RFC 4851 §4.2), and which of them go together (§4.3).
//!
//! # Departures
//!
//! - The M bit of a TLV that is known says nothing: wpa_supplicant clears it on PAC and
//!   Request-Action.
//! - A message has one PAC TLV at most, where RFC 5422 §4.1.4 allows several. Nobody sends two.
//! - A NAK TLV is taken only alone, where RFC 4851 §4.2.3 has a "should not".
//! - What is optional and unknown is skipped without a look into it, the PKCS#7 and
//!   Server-Trusted-Root TLVs (RFC 5422 §4.3) among it.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

use super::binding::{BINDING_LEN, Binding};
use crate::Code;

const MANDATORY: u16 = 0x8000;
/// The highest two bits are flags.
const TYPE: u16 = 0x3fff;

const RESULT: u16 = 3;
const NAK: u16 = 4;
const ERROR: u16 = 5;
const VENDOR_SPECIFIC: u16 = 7;
const EAP_PAYLOAD: u16 = 9;
const INTERMEDIATE_RESULT: u16 = 10;
const PAC: u16 = 11;
const CRYPTO_BINDING: u16 = 12;
const SERVER_TRUSTED_ROOT: u16 = 18;
const REQUEST_ACTION: u16 = 19;
const PKCS7: u16 = 20;

/// Type and length.
pub(super) const HEADER_LEN: usize = 4;
const EAP_HEADER_LEN: usize = 4;

/// How the sender sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success = 1,
    Failure = 2,
}

/// What a peer wants of a server that would be content (RFC 4851 §4.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Look at the TLVs that come with it: a request for a PAC.
    ProcessTlv = 1,
    /// Run another method.
    NegotiateEap = 2,
}

/// Who has sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Server,
    Peer,
}

/// What has gone wrong (RFC 4851 §4.2.4). Below 2000 it is no more than a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ErrorCode(pub(super) u32);

impl ErrorCode {
    pub(super) const TUNNEL_COMPROMISE: Self = Self(2001);
    pub(super) const UNEXPECTED_TLVS: Self = Self(2002);

    fn is_fatal(self) -> bool {
        self.0 >= 2000
    }
}

/// A TLV that was not understood (RFC 4851 §4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nak {
    /// Whose it was: 0 for the TLVs of EAP-FAST.
    pub(super) vendor: u32,
    /// Its type.
    pub(super) kind: u16,
}

/// Why a message is not taken, and so what has to be said to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A TLV that had to be understood: the answer is a NAK TLV, and the rest of the message has
    /// not been there (RFC 4851 §4.2).
    Unknown(Nak),
    /// A violation of the rules: the answer is a Result TLV of failure with this error, and the
    /// end (RFC 4851 §3.6.2).
    Fatal(ErrorCode, &'static str),
}

impl Refusal {
    /// The message to answer with.
    pub(super) fn answer(self) -> Message<'static> {
        match self {
            Self::Unknown(nak) => Message { nak: Some(nak), ..Message::default() },
            Self::Fatal(error, _) => Message::failure(Some(error)),
        }
    }
}

/// The TLVs of one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) result: Option<Status>,
    pub(super) error: Option<ErrorCode>,
    pub(super) nak: Option<Nak>,
    pub(super) intermediate: Option<Status>,
    pub(super) binding: Option<Binding>,
    /// A whole EAP packet, of at most 65,535 octets.
    pub(super) payload: Option<&'a [u8]>,
    pub(super) action: Option<Action>,
    /// The attributes of a PAC TLV (RFC 5422 §4.2), at most 65,535 octets.
    pub(super) pac: Option<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// Reads what `sender` has sent.
    ///
    /// # Errors
    /// What has to be said to it.
    pub(super) fn parse(octets: &'a [u8], sender: Sender) -> Result<Self, Refusal> {
        check_known(octets)?;
        let mut message = Self::default();
        let mut rest = octets;
        while let Some((tlv, behind)) = Tlv::split_from(rest) {
            message.take(&tlv, sender)?;
            rest = behind;
        }
        message.check(sender)?;
        Ok(message)
    }

    fn take(&mut self, tlv: &Tlv<'a>, sender: Sender) -> Result<(), Refusal> {
        let value = tlv.value;
        match tlv.kind() {
            RESULT => set(&mut self.result, parse_status(value)?, "two Result TLVs"),
            ERROR => {
                let code = value.try_into().map_err(|_| unexpected("a malformed Error TLV"))?;
                let code = ErrorCode(u32::from_be_bytes(code));
                // There may be several (RFC 4851 §4.3): the worst counts.
                if self.error.is_none_or(|other| code.0 > other.0) {
                    self.error = Some(code);
                }
                Ok(())
            }
            NAK => {
                // There may be several, and one is enough to give up.
                let nak = parse_nak(value)?;
                self.nak.get_or_insert(nak);
                Ok(())
            }
            INTERMEDIATE_RESULT => {
                let (status, hints) = value.split_at_checked(2).unwrap_or_default();
                check_hints(hints)?;
                set(&mut self.intermediate, parse_status(status)?, "two Intermediate-Result TLVs")
            }
            CRYPTO_BINDING => {
                let binding = <[u8; BINDING_LEN]>::try_from(tlv.octets).map(Binding);
                let binding = binding.map_err(|_| compromised("a Crypto-Binding TLV too short"))?;
                set(&mut self.binding, binding, "two Crypto-Binding TLVs")
            }
            EAP_PAYLOAD => {
                let packet = parse_payload(value, sender)?;
                set(&mut self.payload, packet, "two EAP-Payload TLVs")
            }
            REQUEST_ACTION => {
                let action = match value {
                    [0, 1] => Action::ProcessTlv,
                    [0, 2] => Action::NegotiateEap,
                    _ => return Err(unexpected("a Request-Action TLV that says nothing")),
                };
                set(&mut self.action, action, "two Request-Action TLVs")
            }
            PAC => set(&mut self.pac, value, "two PAC TLVs"),
            _ => Ok(()),
        }
    }

    /// RFC 4851 §4.3, and what the sections on the TLVs say.
    fn check(&self, sender: Sender) -> Result<(), Refusal> {
        let is_fatal = self.error.is_some_and(ErrorCode::is_fatal);
        let is_nak_alone = Self { nak: self.nak, ..Self::default() } == *self;
        match self.result {
            _ if self.nak.is_some() && !is_nak_alone => Err(unexpected("a NAK TLV beside others")),
            _ if is_fatal && self.result != Some(Status::Failure) => {
                Err(unexpected("a fatal error without a Result of failure"))
            }
            Some(_) if self.payload.is_some() => Err(unexpected("an EAP-Payload TLV at the end")),
            Some(Status::Failure) if self.binding.is_some() => {
                Err(unexpected("a Crypto-Binding TLV beside a failure"))
            }
            _ if self.action.is_some() && sender == Sender::Server => {
                Err(unexpected("a Request-Action TLV of a server"))
            }
            // RFC 4851 §3.6: a binding that is missing is a compromise of the tunnel.
            _ if self.intermediate == Some(Status::Success) && self.binding.is_none() => {
                Err(compromised("a method is not bound to the tunnel"))
            }
            _ => Ok(()),
        }
    }

    /// It has failed, because of this.
    pub(super) fn failure(error: Option<ErrorCode>) -> Self {
        Self { result: Some(Status::Failure), error, ..Self::default() }
    }

    /// As it is sent. The Result comes first: nothing that is provisioned may stand before it (RFC
    /// 5422 §3.2). Wiped when dropped: there may be a password in it.
    pub(super) fn to_octets(self) -> Zeroizing<Vec<u8>> {
        let status = |status: Status| [0, status as u8];
        let result = self.result.map(status);
        let error = self.error.map(|error| error.0.to_be_bytes());
        let nak = self.nak.map(|Nak { vendor, kind }| {
            let ([v0, v1, v2, v3], [k0, k1]) = (vendor.to_be_bytes(), kind.to_be_bytes());
            [v0, v1, v2, v3, k0, k1]
        });
        let intermediate = self.intermediate.map(status);
        let action = self.action.map(|action| [0, action as u8]);
        let binding = self.binding.as_ref().map(Binding::value);
        let tlvs: [(u16, Option<&[u8]>); 8] = [
            (RESULT, result.as_ref().map(|value| &value[..])),
            (ERROR, error.as_ref().map(|value| &value[..])),
            (NAK, nak.as_ref().map(|value| &value[..])),
            (INTERMEDIATE_RESULT, intermediate.as_ref().map(|value| &value[..])),
            (CRYPTO_BINDING, binding),
            (EAP_PAYLOAD, self.payload),
            (REQUEST_ACTION, action.as_ref().map(|value| &value[..])),
            (PAC, self.pac),
        ];
        let len = tlvs.iter().filter_map(|(_, value)| *value).map(|value| HEADER_LEN + value.len());
        // Grown once, so that nothing stays behind where it was before.
        let mut octets = Zeroizing::new(Vec::with_capacity(len.sum()));
        for (kind, value) in tlvs {
            if let Some(value) = value {
                write(MANDATORY | kind, &[value], &mut octets);
            }
        }
        octets
    }
}

/// Appends a TLV whose value are these parts. One that its length cannot describe is left out.
pub(super) fn write(kind: u16, parts: &[&[u8]], out: &mut Vec<u8>) {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let Ok(len) = u16::try_from(len) else { return };
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&len.to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// One TLV.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tlv<'a> {
    /// All of it.
    octets: &'a [u8],
    /// The two octets of its type, flags included.
    flags_and_kind: u16,
    pub(super) value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The first one, and what follows it; `None` if there is no whole one.
    pub(super) fn split_from(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let ([k0, k1, l0, l1], _) = octets.split_first_chunk::<HEADER_LEN>()?;
        let len = usize::from(u16::from_be_bytes([*l0, *l1]));
        let (octets, rest) = octets.split_at_checked(HEADER_LEN + len)?;
        let value = octets.get(HEADER_LEN..)?;
        Some((Self { octets, flags_and_kind: u16::from_be_bytes([*k0, *k1]), value }, rest))
    }

    pub(super) fn kind(&self) -> u16 {
        self.flags_and_kind & TYPE
    }

    fn is_mandatory(&self) -> bool {
        self.flags_and_kind & MANDATORY != 0
    }

    /// What has to be said if it had to be understood, and is not.
    fn nak(&self) -> Result<Option<Nak>, Refusal> {
        match self.kind() {
            RESULT | NAK | ERROR | EAP_PAYLOAD | INTERMEDIATE_RESULT | PAC | CRYPTO_BINDING
            | REQUEST_ACTION => Ok(None),
            // RFC 5422 §4.3: never answered with a NAK.
            SERVER_TRUSTED_ROOT | PKCS7 => Ok(None),
            _ if !self.is_mandatory() => Ok(None),
            // No vendor is known.
            VENDOR_SPECIFIC => match self.value {
                [0, v1, v2, v3, ..] => {
                    let vendor = u32::from_be_bytes([0, *v1, *v2, *v3]);
                    Ok(Some(Nak { vendor, kind: VENDOR_SPECIFIC }))
                }
                _ => Err(unexpected("a Vendor-Specific TLV of no vendor")),
            },
            kind => Ok(Some(Nak { vendor: 0, kind })),
        }
    }
}

/// Whether all of it is TLVs, and none is mandatory and unknown: then nothing else in the message
/// counts (RFC 4851 §4.2), but that a Result must not be answered with a NAK (§4.2.3).
fn check_known(octets: &[u8]) -> Result<(), Refusal> {
    let (mut unknown, mut has_result) = (None, false);
    let mut rest = octets;
    while !rest.is_empty() {
        let (tlv, behind) = Tlv::split_from(rest).ok_or(unexpected("a TLV is cut short"))?;
        unknown = unknown.or(tlv.nak()?);
        has_result |= tlv.kind() == RESULT;
        rest = behind;
    }
    match unknown {
        None => Ok(()),
        Some(_) if has_result => Err(unexpected("an unknown TLV is mandatory")),
        Some(nak) => Err(Refusal::Unknown(nak)),
    }
}

fn set<T>(place: &mut Option<T>, value: T, twice: &'static str) -> Result<(), Refusal> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(unexpected(twice)),
    }
}

fn parse_status(value: &[u8]) -> Result<Status, Refusal> {
    match value {
        [0, 1] => Ok(Status::Success),
        [0, 2] => Ok(Status::Failure),
        _ => Err(unexpected("a result that says nothing")),
    }
}

fn parse_nak(value: &[u8]) -> Result<Nak, Refusal> {
    let [0, v1, v2, v3, k0, k1, hints @ ..] = value else {
        return Err(unexpected("a malformed NAK TLV"));
    };
    check_hints(hints)?;
    let vendor = u32::from_be_bytes([0, *v1, *v2, *v3]);
    Ok(Nak { vendor, kind: u16::from_be_bytes([*k0, *k1]) })
}

/// The packet; TLVs behind it are hints (RFC 4851 §4.2.6). A Success or Failure has no business
/// here: the Result TLVs say it.
fn parse_payload(value: &[u8], sender: Sender) -> Result<&[u8], Refusal> {
    let expected = match sender {
        Sender::Server => Code::Request,
        Sender::Peer => Code::Response,
    };
    let Some([code, _, l0, l1]) = value.first_chunk() else {
        return Err(unexpected("an EAP-Payload TLV without a packet"));
    };
    if *code != expected as u8 {
        return Err(unexpected("an EAP-Payload TLV with the other side's packet"));
    }
    let len = usize::from(u16::from_be_bytes([*l0, *l1]));
    match value.split_at_checked(len) {
        Some((packet, hints)) if len > EAP_HEADER_LEN => check_hints(hints).map(|()| packet),
        _ => Err(unexpected("an EAP-Payload TLV with a packet cut short")),
    }
}

/// TLVs inside another one are never mandatory (RFC 4851 §4.2.3, §4.2.6, §4.2.7), and none has a
/// meaning yet.
fn check_hints(mut octets: &[u8]) -> Result<(), Refusal> {
    while !octets.is_empty() {
        let (tlv, rest) = Tlv::split_from(octets).ok_or(unexpected("a TLV is cut short"))?;
        if tlv.is_mandatory() {
            return Err(unexpected("a TLV inside another is mandatory"));
        }
        octets = rest;
    }
    Ok(())
}

pub(super) const fn unexpected(reason: &'static str) -> Refusal {
    Refusal::Fatal(ErrorCode::UNEXPECTED_TLVS, reason)
}

pub(super) const fn compromised(reason: &'static str) -> Refusal {
    Refusal::Fatal(ErrorCode::TUNNEL_COMPROMISE, reason)
}
