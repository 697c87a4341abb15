//! MD5-Challenge (RFC 3748 §5.4, RFC 1994 §4). Derives no keys and authenticates one way only.

use md5::{Digest, Md5};

use crate::method::{
    MethodFacts, PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod,
    ServerStep, Verdict,
};
use crate::{
    AccountRefusal, Answer, Credential, CredentialKind, Discard, Failure, Identifier, MethodType,
    PacketBuffer, Query, Secret,
};

pub(crate) const FACTS: MethodFacts = MethodFacts {
    method: MethodType::MD5,
    name: "md5",
    document: "RFC 3748 §5.4",
    derives_keys: false,
    mutual: false,
};

const DIGEST_LEN: usize = 16;

/// Type-Data of both directions: a counted Value, then a Name (RFC 1994 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value<'a> {
    value: &'a [u8],
    name: &'a [u8],
}

impl<'a> Value<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, Discard> {
        data.split_first()
            .and_then(|(size, rest)| rest.split_at_checked(usize::from(*size)))
            .filter(|(value, _)| !value.is_empty())
            .map(|(value, name)| Self { value, name })
            .ok_or(Discard::MalformedMd5Value)
    }

    /// A Value longer than its count octet can say is cut; ours has 16 octets.
    fn write(&self, out: &mut PacketBuffer) {
        let size = u8::try_from(self.value.len()).unwrap_or(u8::MAX);
        out.push(size);
        out.extend(self.value.get(..usize::from(size)).unwrap_or_default());
        out.extend(self.name);
    }
}

/// RFC 1994 §4.1: the Identifier, the secret and the challenge.
fn digest(identifier: Identifier, password: &Secret, challenge: &[u8]) -> [u8; DIGEST_LEN] {
    let mut hash = Md5::new();
    hash.update([identifier.0]);
    hash.update(password.expose());
    hash.update(challenge);
    hash.finalize().into()
}

/// Keeps the challenge while the password is being asked for.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    challenge: Vec<u8>,
}

impl Peer {
    fn respond(
        &self,
        password: &Secret,
        cx: &PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let value = &digest(cx.identifier, password, &self.challenge);
        Value { value, name: cx.identity.as_bytes() }.write(reply);
        PeerStep::Reply(Progress::Done(Verdict::CondSucc))
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let challenge = match Value::parse(data) {
            Ok(challenge) => challenge.value,
            Err(reason) => return PeerStep::Discard(reason),
        };
        self.challenge.clear();
        self.challenge.extend_from_slice(challenge);
        match cx.password {
            Some(password) => self.respond(password, cx, reply),
            None => PeerStep::Ask(Query::Password { identity: cx.identity.clone(), refused: None }),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match answer {
            Answer::Secret(password) => self.respond(&password, cx, reply),
            _ => PeerStep::Fail(Failure::Declined),
        }
    }
}

/// Keeps the peer's response while its credential is being looked up.
#[derive(Debug, Default)]
pub(crate) struct Server {
    challenge: [u8; DIGEST_LEN],
    response: [u8; DIGEST_LEN],
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        cx.rng.fill_bytes(&mut self.challenge);
        Value { value: &self.challenge, name: cx.server_name.as_bytes() }.write(request);
        ServerStep::Request
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        match Value::parse(data)?.value.len() {
            DIGEST_LEN => Ok(()),
            _ => Err(Discard::MalformedMd5Value),
        }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        match Value::parse(data).ok().and_then(|v| v.value.try_into().ok()) {
            Some(response) => self.response = response,
            None => return ServerStep::Fail(Failure::BadCredentials),
        }
        ServerStep::Ask(Query::Credential {
            identity: cx.identity.clone(),
            method: FACTS.method,
            accepts: &[CredentialKind::Cleartext],
        })
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        _: &mut PacketBuffer,
    ) -> ServerStep {
        let Answer::Credential(credential) = answer else {
            return ServerStep::Fail(Failure::UnknownIdentity);
        };
        let (Credential::Cleartext(password), restriction) = credential.split() else {
            return ServerStep::Fail(Failure::UnknownIdentity);
        };
        let expected = Secret::new(digest(cx.identifier, &password, &self.challenge));
        match (expected.ct_eq(&self.response), restriction) {
            (true, None) => ServerStep::Succeed,
            (true, Some(error)) => {
                ServerStep::Fail(Failure::Account(AccountRefusal::new(error, "")))
            }
            (false, _) => ServerStep::Fail(Failure::BadCredentials),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_and_name() {
        assert_eq!(Value::parse(&[2, 7, 8, b'n']), Ok(Value { value: &[7, 8], name: b"n" }));
        for malformed in [&[][..], &[0], &[0, 1], &[3, 7, 8], &[255]] {
            assert_eq!(Value::parse(malformed), Err(Discard::MalformedMd5Value));
        }
    }

    #[test]
    fn value_round_trip() {
        for size in 1..=255_usize {
            let octets: Vec<u8> = (0..=254).take(size).collect();
            let value = Value { value: &octets, name: b"switch" };
            let mut out = PacketBuffer::default();
            value.write(&mut out);
            assert_eq!(Value::parse(out.as_slice()), Ok(value));
        }
    }

    #[test]
    fn digest_is_md5_of_identifier_secret_and_challenge() {
        // printf '\001hello0123456789abcdef' | md5sum
        assert_eq!(
            u128::from_be_bytes(digest(Identifier(1), &Secret::from("hello"), b"0123456789abcdef")),
            0xc6a7_2e73_d500_080d_b218_ebcf_fa63_6c03
        );
    }

    #[test]
    fn server_takes_sixteen_octets_only() {
        let server = Server::default();
        for size in 0..=255_u8 {
            let mut data = vec![size];
            data.extend(std::iter::repeat_n(0, usize::from(size)));
            assert_eq!(server.check(&data).is_ok(), size == 16, "{size}");
        }
    }
}
