//! The peer's side of EAP-FAST: opens the tunnel, by a PAC if there is one for this server, and has
//! phase 2 run in it.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::config::FastPeerConfig;
use super::keys::{Randoms, pac_master_secret};
use super::pac::PacKey;
use super::phase2::peer::{Conclusion, PeerTurn, Phase2Peer};
use super::settings::Opening;
use super::{METHOD, VERSION, failed as method_failed, start, tunnel_keys};
use crate::method::{PeerContext, PeerMethod, PeerStep, Progress, Willingness};
use crate::tls::{TlsAlert, TlsSummary};
use crate::tunnel::engine::TlsError;
use crate::tunnel::fast::{MasterSecret, TicketSecrets};
use crate::tunnel::peer::{Heard, PeerEnd, failed, refused};
use crate::tunnel::resumption::Owner;
use crate::tunnel::{CLOSED, Tunnel, TunnelSource, fragment};
use crate::{Answer, Discard, Event, Failure, InnerOutcome, Keys, PacketBuffer};

/// Servers refuse with a bare EAP-Failure, without an alert: it has to be heard. A Success is too
/// early.
const NOT_YET: Progress = Progress::MayEnd(Willingness::Fail);

const HANDSHAKE_FAILURE: TlsAlert = TlsAlert(40);

pub(crate) struct Peer {
    config: Arc<FastPeerConfig>,
    /// From the Start on.
    end: Option<PeerEnd>,
    /// A-ID, as the Start had it.
    authority: Vec<u8>,
    /// The SessionTicket extension with the PAC that was shown.
    ticket: Option<Vec<u8>>,
    phase2: Option<Phase2Peer>,
    asking: Asking,
}

/// Whose question is open.
enum Asking {
    Tunnel,
    Inner,
}

impl Peer {
    pub(crate) fn new(config: Arc<FastPeerConfig>) -> Self {
        Self {
            config,
            end: None,
            authority: Vec::new(),
            ticket: None,
            phase2: None,
            asking: Asking::Tunnel,
        }
    }

    /// RFC 4851 §4.1.1: the A-ID chooses the PAC. It is not authenticated.
    fn begin(&mut self, data: &[u8], cx: &PeerContext<'_>, reply: &mut PacketBuffer) -> PeerStep {
        let Some((flags, authority)) = data.split_first().filter(|_| fragment::is_start(data))
        else {
            return PeerStep::Discard(Discard::TunnelNotStarted);
        };
        if fragment::version(data).is_none_or(|offered| offered < VERSION) {
            return PeerStep::Fail(method_failed("the server does not speak version 1"));
        }
        self.authority = start::authority(authority).to_vec();
        let pac = self.config.pac(&self.authority, cx.unix_time);
        if pac.is_none() && !self.config.knows_certificates && !self.allows_anonymous() {
            return PeerStep::Fail(method_failed("there is no PAC for this server, and no CA"));
        }
        self.ticket = pac.as_ref().map(|(ticket, _)| ticket.clone());
        let source = Source { config: Arc::clone(&self.config), pac };
        let mut end = PeerEnd::new(Arc::new(source), METHOD, VERSION);
        let begun = end.receive(&[*flags], cx, reply);
        self.end = Some(end);
        match begun {
            Ok(_) => PeerStep::Reply(NOT_YET),
            Err(refusal) => refused(METHOD, refusal),
        }
    }

    /// A message of the server's has come, and nobody is left to be asked about it.
    fn go_on(&mut self, cx: &mut PeerContext<'_>, reply: &mut PacketBuffer) -> PeerStep {
        let Some(end) = &mut self.end else { return PeerStep::Discard(Discard::TunnelNotStarted) };
        let data = match end.read() {
            Ok(_) if end.is_closed() => return failed(end.fail(CLOSED, reply)),
            Ok(data) => Zeroizing::new(data),
            Err(error) => return failed(end.fail(error, reply)),
        };
        if let (None, Some(tunnel), Some(established)) =
            (&self.phase2, end.tunnel(), end.established())
        {
            let Some((opening, keys)) = tunnel_keys(established, tunnel.engine()) else {
                return PeerStep::Fail(method_failed("the tunnel has no keys"));
            };
            let settings = Arc::clone(&self.config.settings);
            self.phase2 = Some(Phase2Peer::new(settings, opening, &keys, &self.authority));
        }
        match &mut self.phase2 {
            Some(phase2) if !data.is_empty() => {
                let turn = phase2.handle(&data, cx);
                self.take(turn, cx, reply)
            }
            _ => {
                end.reply(reply);
                PeerStep::Reply(self.progress())
            }
        }
    }

    fn take(
        &mut self,
        turn: PeerTurn,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let (Some(end), Some(phase2)) = (&mut self.end, &mut self.phase2) else {
            return PeerStep::Discard(Discard::TunnelNotStarted);
        };
        let octets = match turn {
            PeerTurn::Send(octets) => octets,
            PeerTurn::Ask(query) => {
                self.asking = Asking::Inner;
                return PeerStep::Ask(query);
            }
            PeerTurn::Store(pac) => {
                cx.events.push(Event::PacUpdated(self.config.store(*pac, cx.unix_time)));
                let turn = phase2.stored(true);
                return self.take(turn, cx, reply);
            }
        };
        match end.send(&octets, reply) {
            Ok(()) => PeerStep::Reply(self.progress()),
            Err(error) => PeerStep::Fail(error.into()),
        }
    }

    fn allows_anonymous(&self) -> bool {
        self.config.settings.provisioning.allows(Opening::Anonymous)
    }

    /// RFC 4851 §3.2.3: a server that does not take the PAC goes on with a full handshake, of which
    /// who knows no CA makes nothing. Where anonymous provisioning is allowed, the PAC makes way for
    /// another. Anybody who plays the server can bring that about, as they can for peers that have
    /// no PAC yet.
    fn handshake_failed(&mut self, failure: Failure, cx: &mut PeerContext<'_>) -> Failure {
        let full =
            matches!(&failure, Failure::Certificate(_) | Failure::TlsAlert(HANDSHAKE_FAILURE));
        let Some(ticket) = self.ticket.take().filter(|_| full && !self.config.knows_certificates)
        else {
            return failure;
        };
        if !self.allows_anonymous() {
            return method_failed("the server did not take the PAC");
        }
        cx.events.push(Event::PacUpdated(self.config.forget(&ticket)));
        method_failed("the server did not take the PAC; the next login asks for another")
    }

    fn progress(&self) -> Progress {
        match (&self.end, &self.phase2) {
            (Some(end), Some(phase2)) if !end.is_sending() => phase2.progress(),
            _ => NOT_YET,
        }
    }
}

impl PeerMethod for Peer {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        let Some(end) = &mut self.end else { return self.begin(data, cx, reply) };
        if fragment::version(data).is_some_and(|version| version != VERSION) {
            return PeerStep::Discard(Discard::TunnelVersion);
        }
        match end.receive(data, cx, reply) {
            Ok(Heard::Answered) => PeerStep::Reply(self.progress()),
            Ok(Heard::YourTurn) => PeerStep::Discard(Discard::TunnelAckUnexpected),
            Ok(Heard::Message) => self.go_on(cx, reply),
            Ok(Heard::Ask(query)) => {
                self.asking = Asking::Tunnel;
                PeerStep::Ask(query)
            }
            Ok(Heard::Failed(failure)) => failed(self.handshake_failed(failure, cx)),
            Err(refusal) => refused(METHOD, refusal),
        }
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        match (&self.asking, &mut self.end, &mut self.phase2) {
            (Asking::Inner, _, Some(phase2)) => {
                let turn = phase2.answered(answer, cx);
                self.take(turn, cx, reply)
            }
            (_, Some(end), _) => match end.answered(&answer) {
                Ok(()) => self.go_on(cx, reply),
                Err(failure) => {
                    end.close(reply);
                    failed(failure)
                }
            },
            _ => PeerStep::Discard(Discard::TunnelNotStarted),
        }
    }

    fn keys(&mut self) -> Option<Keys> {
        let keys = self.phase2.as_ref()?.keys()?;
        let session_id = self.end.as_ref()?.session_id();
        Some(Keys { session_id, ..keys })
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.as_ref()?.tls()
    }

    fn rejection(&self) -> Option<Failure> {
        let inside = self.phase2.as_ref().and_then(Phase2Peer::rejection);
        let reason = inside.or_else(|| self.end.as_ref()?.rejection());
        // A PAC is not at fault: what is inside runs in any case.
        Some(reason.unwrap_or(Failure::Rejected { method: METHOD }))
    }

    fn inner(&self) -> Option<InnerOutcome> {
        match self.phase2.as_ref()?.conclusion()? {
            Conclusion::Granted(inner) => inner.clone(),
            Conclusion::Provisioned | Conclusion::Refused(_) => None,
        }
    }
}

/// A tunnel to one server.
struct Source {
    config: Arc<FastPeerConfig>,
    /// Its body of the SessionTicket extension, and its key.
    pac: Option<(Vec<u8>, PacKey)>,
}

impl TunnelSource for Source {
    fn tunnel(&self, _: Owner, unix_time: Option<u64>) -> Result<Tunnel, TlsError> {
        let pac = self.pac.as_ref().map(|(ticket, key)| {
            let secrets: Arc<dyn TicketSecrets> = Arc::new(OwnPac(key.clone()));
            (ticket.clone(), secrets)
        });
        // RFC 5422 §3.2: who has a PAC need not talk to a server that shows nothing.
        let anonymous =
            pac.is_none() && self.config.settings.provisioning.allows(Opening::Anonymous);
        self.config.client.tunnel(unix_time, anonymous, pac)
    }
}

/// The PAC that is shown.
struct OwnPac(PacKey);

impl TicketSecrets for OwnPac {
    fn ticket(&self, _: &[u8]) {}

    fn master_secret(&self, client: &[u8; 32], server: &[u8; 32]) -> Option<MasterSecret> {
        Some(pac_master_secret(self.0.expose(), Randoms { client, server }))
    }
}
