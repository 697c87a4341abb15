//! AVPs under attack, for the fuzz target `avp`: the data is a message of phase 2. It is read and
//! written again, and both sides of each protocol that is not EAP are given it, with a challenge
//! that is always the same.

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{ALIGNMENT, Avp, AvpBuffer, AvpCode, Avps, HEADER_LEN, MANDATORY};
use crate::method::{PeerContext, ServerContext};
use crate::methods::ttls::config::{PasswordConfig, PasswordProtocol};
use crate::methods::ttls::password::{PasswordChange, PasswordPeer, PasswordServer};
use crate::methods::ttls::{ImplicitChallenge, Said};
use crate::{AccountError, Answer, Credential, Event, Identifier, Identity, Secret};

/// The protocols, and the code of the response in each.
const PROTOCOLS: [(PasswordProtocol, AvpCode); 4] = [
    (PasswordProtocol::Pap, AvpCode::USER_PASSWORD),
    (PasswordProtocol::Chap, AvpCode::CHAP_PASSWORD),
    (PasswordProtocol::MsChap, AvpCode::MS_CHAP_RESPONSE),
    (PasswordProtocol::MsChapV2, AvpCode::MS_CHAP2_RESPONSE),
];

const PASSWORD: &str = "wonderland";

/// Reads the message.
pub(crate) fn avp(data: &[u8]) {
    let Ok(avps) = Avps::parse(data) else { return };
    let mut rest = data;
    for avp in &avps.0 {
        rest = behind(*avp, rest);
    }
    assert!(rest.is_empty());
    assert!(avps.eap_message().is_none_or(|packet| packet.len() < data.len()));
    written_again(&avps);
    for (protocol, code) in PROTOCOLS {
        served(protocol, code, &avps);
        heard(protocol, &avps);
    }
    tried_again(&avps);
    let challenge = challenge(PasswordProtocol::MsChapV2);
    if let Ok(change) = PasswordChange::read(&avps, &challenge) {
        let written = change.write(&challenge);
        let again = Avps::parse(written.as_slice())
            .and_then(|avps| PasswordChange::read(&avps, &challenge));
        assert_eq!(again, Ok(change));
    }
}

/// The message of a peer whose password was wrong, or has expired: it changes nothing without the
/// challenge of the error.
fn tried_again(avps: &Avps<'_>) {
    let protocol = PasswordProtocol::MsChapV2;
    let stored = || Credential::Cleartext(Secret::from(PASSWORD));
    for (typed, credential) in
        [("a typo", stored()), (PASSWORD, stored().restricted(AccountError::PasswordExpired))]
    {
        let mut host = Host::default();
        let (identity, password) = (Some(Identity::from("alice")), Some(Secret::from(typed)));
        let config = PasswordConfig { protocol, identity, password, nt_hash: None };
        let mut peer = PasswordPeer::new(&Arc::new(config), challenge(protocol));
        let Ok(Said { avps: response, .. }) = peer.begin(&mut host.peer()) else { return };
        let server = Avps::parse(response.as_slice()).and_then(|avps| {
            PasswordServer::begin(protocol, challenge(protocol), &avps, &mut host.server())
        });
        let Ok((mut server, _)) = server else { return };
        let mut cx = ServerContext { password_retries: 1, ..host.server() };
        let error = server.answer(Answer::Credential(credential), &mut cx);
        assert!(matches!(error, Ok(Said { result: None, .. })) && server.awaits_another());
        // The challenge is random: the message would have to know it.
        let said = server.handle(avps, &mut cx);
        assert!(said.is_err() && !server.awaits_another());
    }
}

/// The message begins with this AVP: alone, it is the same.
fn behind<'a>(avp: Avp<'_>, message: &'a [u8]) -> &'a [u8] {
    let (first, rest) = Avp::split(message).unzip();
    assert_eq!(first, Some(avp));
    let rest = rest.unwrap_or_default();
    let (octets, _) = message.split_at(message.len() - rest.len());
    assert!(avp.data.len() + HEADER_LEN <= octets.len());
    assert_eq!(Avp::split(octets), Some((avp, &[][..])));
    assert!(octets.get(4).is_some_and(|flags| avp.mandatory == (flags & MANDATORY != 0)));
    rest
}

/// What is written is read again.
fn written_again(avps: &Avps<'_>) {
    let written = avps.0.iter().fold(AvpBuffer::default(), |buffer, avp| {
        let (first, second) = avp.data.split_at(avp.data.len() / 2);
        buffer.with(avp.code, &[first, second])
    });
    assert!(written.as_slice().len().is_multiple_of(ALIGNMENT));
    let expected = avps.0.iter().map(|avp| Avp { mandatory: true, ..*avp }).collect();
    assert_eq!(Avps::parse(written.as_slice()), Ok(Avps(expected)));
}

/// The message of a peer: whoever is let in by it has a name, a response and the password.
fn served(protocol: PasswordProtocol, code: AvpCode, avps: &Avps<'_>) {
    let mut host = Host::default();
    let begin = |host: &mut Host| {
        PasswordServer::begin(protocol, challenge(protocol), avps, &mut host.server())
    };
    let Ok((mut server, said)) = begin(&mut host) else { return };
    assert!(said.question.is_some() && said.result.is_none());
    let challenges = [AvpCode::CHAP_CHALLENGE, AvpCode::MS_CHAP_CHALLENGE];
    let is_known = |other| {
        other == AvpCode::USER_NAME
            || challenges.contains(&other)
            || PROTOCOLS.iter().any(|(_, response)| *response == other)
    };
    assert!(avps.0.iter().all(|avp| !avp.mandatory || is_known(avp.code)));
    assert_eq!(avps.all(code).count(), 1);
    let names: Vec<&[u8]> = avps.all(AvpCode::USER_NAME).collect();
    assert_eq!(names.len(), 1);
    for answer in [Answer::Verdict(false), Answer::Credential(Credential::Unknown)] {
        let Ok((mut server, _)) = begin(&mut host) else { return };
        let said = server.answer(answer, &mut host.server());
        assert!(matches!(said, Ok(Said { result: Some(Err(_)), .. })));
    }
    let said = server.answer(favourable(protocol), &mut host.server());
    assert!(said.as_ref().is_ok_and(|said| said.question.is_none() && said.result.is_some()));
    if let Ok(Said { result: Some(Ok(inner)), .. }) = said {
        assert_eq!(names, [inner.identity.as_bytes()]);
    }
}

/// The message of a server, to a peer that has sent its response: MS-CHAP-V2 is content with the
/// right proof only.
fn heard(protocol: PasswordProtocol, avps: &Avps<'_>) {
    let mut host = Host::default();
    let (identity, password) = (Some(Identity::from("alice")), Some(Secret::from(PASSWORD)));
    let config = PasswordConfig { protocol, identity, password, nt_hash: None };
    let mut peer = PasswordPeer::new(&Arc::new(config), challenge(protocol));
    let response = peer.begin(&mut host.peer()).map(|said| said.avps).unwrap_or_default();
    let said = Avps::parse(response.as_slice())
        .and_then(|avps| {
            PasswordServer::begin(protocol, challenge(protocol), &avps, &mut host.server())
        })
        .and_then(|(mut server, _)| server.answer(favourable(protocol), &mut host.server()));
    assert!(matches!(&said, Ok(Said { result: Some(Ok(_)), .. })), "our server lets our peer in");
    let proof = said.map(|said| said.avps).unwrap_or_default();

    let said = peer.handle(avps, &host.peer());
    let known = [AvpCode::REPLY_MESSAGE, AvpCode::MS_CHAP2_SUCCESS, AvpCode::MS_CHAP_ERROR];
    let is_understood = avps.0.iter().all(|avp| !avp.mandatory || known.contains(&avp.code));
    assert!(is_understood || said.is_err());
    if protocol == PasswordProtocol::MsChapV2 && peer.is_content() {
        let expected = Avps::parse(proof.as_slice());
        let expected = expected.ok().and_then(|avps| proved(&avps));
        let heard = proved(avps);
        assert!(expected.zip(heard).is_some_and(|(right, it)| it.eq_ignore_ascii_case(right)));
    }
}

fn proved<'a>(avps: &Avps<'a>) -> Option<&'a [u8]> {
    avps.get(AvpCode::MS_CHAP2_SUCCESS).ok().flatten()?.get(..PROOF_LEN)
}

/// The identifier, "S=" and 40 digits (RFC 2548 §2.3.3, RFC 2759 §5).
const PROOF_LEN: usize = 43;

/// What the tunnel would say.
fn challenge(protocol: PasswordProtocol) -> ImplicitChallenge {
    let octets = (0..).take(protocol.challenge_len().unwrap_or(0)).collect();
    ImplicitChallenge { octets, identifier: 0x5a }
}

fn favourable(protocol: PasswordProtocol) -> Answer {
    match protocol {
        PasswordProtocol::Pap => Answer::Verdict(true),
        _ => Answer::Credential(Credential::Cleartext(Secret::from(PASSWORD))),
    }
}

/// What a side may use.
struct Host {
    identity: Identity,
    events: Vec<Event>,
    rng: ChaCha20Rng,
}

impl Default for Host {
    fn default() -> Self {
        let rng = ChaCha20Rng::from_seed([0; 32]);
        Self { identity: Identity::from("@example.org"), events: Vec::new(), rng }
    }
}

impl Host {
    fn peer(&mut self) -> PeerContext<'_> {
        PeerContext {
            identifier: Identifier(1),
            identity: &self.identity,
            password: None,
            nt_hash: None,
            unix_time: None,
            tunneled: false,
            events: &mut self.events,
            rng: &mut self.rng,
        }
    }

    fn server(&mut self) -> ServerContext<'_> {
        ServerContext {
            identifier: Identifier(1),
            identity: &self.identity,
            server_name: "",
            prompt: "",
            password_retries: 0,
            unix_time: None,
            mtu: 1020,
            events: &mut self.events,
            rng: &mut self.rng,
        }
    }
}
