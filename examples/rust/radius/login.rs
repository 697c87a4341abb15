//! One login: the peer on one side, the RADIUS client on the other.

use std::sync::Arc;

#[cfg(feature = "fast")]
use eap_rs::Event;
use eap_rs::radius::{MppeKeys, RadiusCode, RadiusReply, Vlan};
use eap_rs::{
    AccountRefusal, Answer, Code, Failure, Identity, Instant, Outcome, Output, Peer, PeerConfig,
    Query, Received, Secret, Signal,
};
use rand::rngs::StdRng;

use crate::client::{Client, Reply};
use crate::clock::{Clock, unix_time};
use crate::peer_command::Settings;
#[cfg(feature = "fast")]
use crate::peer_fast;

/// The Identity Request of a NAS (RFC 3748 §5.1).
const IDENTITY_REQUEST: [u8; 5] = [Code::Request as u8, 0, 0, 5, 1];

/// How a login went.
pub(crate) struct Report {
    /// What to tell the user if it failed.
    pub(crate) result: Result<(), String>,
    /// Whether both ends have keys, and the same.
    pub(crate) keys: bool,
    /// Whether a TLS session was resumed.
    pub(crate) resumed: bool,
    /// Whether a new PAC was put into its file.
    pub(crate) pac_stored: bool,
    /// Where the server wants the peer to be.
    pub(crate) vlan: Option<Vlan>,
    /// How long it took.
    pub(crate) millis: u64,
    /// Requests that were answered.
    pub(crate) round_trips: u32,
}

struct Success {
    keys: bool,
    resumed: bool,
    vlan: Option<Vlan>,
}

/// What a person would type.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    /// Password, token or one-time password.
    pub(crate) password: Option<String>,
    /// The password after a wrong one.
    pub(crate) retry: Option<String>,
    /// The password after an expired one.
    pub(crate) new: Option<String>,
}

/// The host of a peer.
pub(crate) struct Login<'a> {
    peer: Peer,
    typed: &'a Typed,
    /// Where PACs are kept, and what became of a new one.
    #[cfg(feature = "fast")]
    pac_file: Option<&'a str>,
    pac_stored: Option<Result<(), String>>,
    /// Why the network refused what was typed, if there is nothing else to type.
    refused: Option<AccountRefusal>,
    clock: Clock,
    finished: Option<Result<Outcome, Failure>>,
    round_trips: u32,
}

impl<'a> Login<'a> {
    pub(crate) fn new(config: Arc<PeerConfig>, settings: &'a Settings, rng: StdRng) -> Self {
        let mut peer = Peer::new(config, rng);
        peer.set_unix_time(unix_time(), Instant::from_millis(0));
        Self {
            peer,
            typed: &settings.typed,
            #[cfg(feature = "fast")]
            pac_file: settings.tls.get("pac-file"),
            pac_stored: None,
            refused: None,
            clock: Clock::start(),
            finished: None,
            round_trips: 0,
        }
    }

    /// Logs in.
    pub(crate) fn run(mut self, identity: &Identity, client: &mut Client) -> Report {
        let ended = self.converse(identity, client);
        let (result, Success { keys, resumed, vlan }) = match ended {
            Ok(success) => (Ok(()), success),
            Err(reason) => (Err(reason), Success { keys: false, resumed: false, vlan: None }),
        };
        let (result, pac_stored) = match self.pac_stored {
            // Without it, the next login would not go as this one.
            Some(Err(reason)) => (Err(reason), false),
            Some(Ok(())) => (result, true),
            None => (result, false),
        };
        Report {
            keys,
            resumed,
            pac_stored,
            vlan,
            result,
            millis: self.clock.now().as_millis(),
            round_trips: self.round_trips,
        }
    }

    /// The error is what to tell the user.
    fn converse(&mut self, identity: &Identity, client: &mut Client) -> Result<Success, String> {
        let mut conversation = None;
        let mut response = self.feed(&IDENTITY_REQUEST)?;
        loop {
            let packet = match (self.finished.take(), response) {
                (Some(Err(failure)), last) => {
                    // An alert, or what acknowledges one: with it, the server can end as well.
                    if let Some(packet) = last
                        && client.exchange(identity, conversation.as_ref(), &packet).is_ok()
                    {
                        self.round_trips += 1;
                    }
                    return Err(self.explain(&failure));
                }
                (None, Some(packet)) => packet,
                _ => return Err("the network expects an answer where there is none".into()),
            };
            let Reply { reply, conversation: next } =
                client.exchange(identity, conversation.as_ref(), &packet)?;
            self.round_trips += 1;
            match reply.code() {
                RadiusCode::ACCESS_ACCEPT => return self.accepted(&reply),
                RadiusCode::ACCESS_CHALLENGE => {
                    response = self.feed(&reply.eap_message().unwrap_or_default())?;
                    conversation = next;
                }
                _ => return Err(self.rejected(&reply)),
            }
        }
    }

    fn accepted(&mut self, reply: &RadiusReply) -> Result<Success, String> {
        self.feed(&reply.eap_message().unwrap_or_default())?;
        match self.finished.take() {
            Some(Ok(outcome)) => Ok(Success {
                keys: compare_keys(&outcome, reply.mppe_keys())?,
                resumed: outcome.tls.is_some_and(|tls| tls.resumed),
                vlan: reply.attributes().vlan().map_err(|error| error.to_string())?,
            }),
            Some(Err(failure)) => Err(failure.to_string()),
            None => Err("Access-Accept without EAP-Success".into()),
        }
    }

    /// An Access-Reject is a refusal whatever EAP packet is in it.
    fn rejected(&mut self, reply: &RadiusReply) -> String {
        let eap = reply.eap_message().unwrap_or_default();
        if eap.first() == Some(&(Code::Failure as u8)) {
            let _ = self.feed(&eap);
        }
        if self.finished.is_none() {
            self.peer.handle_signal(Signal::AltReject, self.clock.now());
            let _ = self.drain();
        }
        match self.finished.take() {
            Some(Err(failure)) => failure.to_string(),
            _ => "refused by an Access-Reject".into(),
        }
    }

    /// Gives the peer a packet, and returns its response.
    fn feed(&mut self, packet: &[u8]) -> Result<Option<Vec<u8>>, String> {
        if let Received::Discarded(reason) = self.peer.handle_packet(packet, self.clock.now()) {
            return Err(format!("the network sent a bad packet: {reason}"));
        }
        self.drain()
    }

    fn drain(&mut self) -> Result<Option<Vec<u8>>, String> {
        let mut response = None;
        while let Some(output) = self.peer.poll_output() {
            match output {
                Output::Send(packet) => response = Some(packet),
                Output::Finished(result) => self.finished = Some(result),
                #[cfg(feature = "fast")]
                Output::Event(Event::PacUpdated(pacs)) => {
                    self.pac_stored = self.pac_file.map(|path| peer_fast::write(path, &pacs));
                }
                Output::Ask(id, query) => {
                    let answer = self.answer(&query);
                    self.peer
                        .handle_answer(id, answer, self.clock.now())
                        .map_err(|error| error.to_string())?;
                }
                _ => {}
            }
        }
        Ok(response)
    }

    fn answer(&mut self, query: &Query) -> Answer {
        let (typed, refused) = match query.innermost() {
            Query::Token { .. } | Query::Password { refused: None, .. } => {
                (&self.typed.password, None)
            }
            Query::Password { refused, .. } => (&self.typed.retry, refused.clone()),
            Query::NewPassword { refused, .. } => (&self.typed.new, Some(refused.clone())),
            _ => (&None, None),
        };
        match typed {
            Some(password) => Answer::Secret(Secret::from(password.as_str())),
            None => {
                self.refused = refused;
                Answer::Decline
            }
        }
    }

    /// A login that was given up says why it could not go on.
    fn explain(&self, failure: &Failure) -> String {
        match (failure, &self.refused) {
            (Failure::Declined, Some(refused)) => refused.to_string(),
            _ => failure.to_string(),
        }
    }
}

/// Whether there are keys. The NAS would protect the link with the server's keys, the peer with
/// its own (RFC 3579 §3.2).
fn compare_keys(outcome: &Outcome, sent: Option<&MppeKeys>) -> Result<bool, String> {
    match (&outcome.keys, sent) {
        (None, None) => Ok(false),
        (Some(keys), Some(sent)) if sent.match_msk(&keys.msk) => Ok(true),
        (Some(_), Some(_)) => Err("the keys of the Access-Accept are others than ours".into()),
        (Some(_), None) => Err("the Access-Accept has no keys".into()),
        (None, Some(_)) => {
            Err(format!("the Access-Accept has keys, and {} derives none", outcome.method))
        }
    }
}
