//! The server's side of EAP-FAST: opens the tunnel, and has phase 2 run in it.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use super::config::FastServerConfig;
use super::keys::{Randoms, pac_master_secret};
use super::opaque::KnownPac;
use super::phase2::server::{Phase2Server, ServerTurn};
use super::settings::{Opening, ServerSettings};
use super::{METHOD, VERSION, failed as method_failed, start, tunnel_keys};
use crate::method::{ServerContext, ServerMethod, ServerStep};
use crate::tls::TlsSummary;
use crate::tunnel::engine::TlsError;
use crate::tunnel::fast::{MasterSecret, TicketSecrets};
use crate::tunnel::resumption::Owner;
use crate::tunnel::server::{Expected, Heard, ServerEnd};
use crate::tunnel::{CLOSED, Tunnel, TunnelSource, fragment};
use crate::{Answer, Discard, Failure, InnerOutcome, Keys, PacketBuffer};

pub(crate) struct Server {
    config: Arc<FastServerConfig>,
    end: ServerEnd,
    shown: Arc<Shown>,
    phase2: Option<Phase2Server>,
    asking: Asking,
    keys: Option<Keys>,
}

/// Whose question is open.
enum Asking {
    Tunnel,
    Inner,
}

impl Server {
    pub(crate) fn new(config: Arc<FastServerConfig>) -> Self {
        let settings = Arc::clone(&config.settings);
        let shown =
            Arc::new(Shown { settings, pac: Mutex::default(), any: AtomicBool::new(false) });
        let source = Source { config: Arc::clone(&config), shown: Arc::clone(&shown) };
        let end = ServerEnd::new(Arc::new(source), METHOD, VERSION);
        Self { config, end, shown, phase2: None, asking: Asking::Tunnel, keys: None }
    }

    /// A message of the peer's has come, and nobody is left to be asked about its certificate.
    fn go_on(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        let data = match self.end.read() {
            Ok(_) if self.end.is_closed() => return self.end.fail(CLOSED.into(), request),
            Ok(data) => zeroize::Zeroizing::new(data),
            Err(error) => return self.end.fail(error.into(), request),
        };
        let turn = match &mut self.phase2 {
            Some(phase2) => phase2.handle(&data, cx),
            None => match self.phase_2() {
                Ok(None) => return self.end.send(request),
                // What a peer says before it is spoken to is not listened to.
                Ok(Some(_)) if !data.is_empty() => {
                    let failure = method_failed("the peer speaks first inside the tunnel");
                    return self.end.fail(failure, request);
                }
                // It rides behind our Finished, if that is still to be sent.
                Ok(Some(phase2)) => phase2.begin(cx),
                Err(failure) => return self.end.fail(failure, request),
            },
        };
        self.take(turn, request)
    }

    /// Phase 2, once there is a tunnel.
    fn phase_2(&mut self) -> Result<Option<&mut Phase2Server>, Failure> {
        let (Some(tunnel), Some(established)) = (self.end.tunnel(), self.end.established()) else {
            return Ok(None);
        };
        let (opening, keys) = tunnel_keys(established, tunnel.engine())
            .ok_or(method_failed("the tunnel has no keys"))?;
        let pac = self.shown.take().filter(|_| opening == Opening::Pac);
        if opening == Opening::Pac && pac.is_none() {
            return Err(method_failed("a tunnel was opened that no PAC opens"));
        }
        let settings = Arc::clone(&self.config.settings);
        let phase2 = self.phase2.insert(Phase2Server::new(settings, opening, pac, &keys));
        if opening == Opening::Certificate && self.shown.is_any() {
            phase2.replace_pac();
        }
        Ok(Some(phase2))
    }

    fn take(&mut self, turn: ServerTurn, request: &mut PacketBuffer) -> ServerStep {
        match turn {
            ServerTurn::Send(octets) => match self.end.write(&octets) {
                Ok(()) => self.end.send(request),
                Err(error) => self.end.fail(error.into(), request),
            },
            ServerTurn::Ask(query) => {
                self.asking = Asking::Inner;
                ServerStep::Ask(query)
            }
            ServerTurn::Succeed => {
                let session_id = self.end.session_id();
                let keys = self.phase2.as_ref().map(Phase2Server::keys);
                self.keys = keys.map(|keys| Keys { session_id, ..keys });
                ServerStep::Succeed
            }
            ServerTurn::Fail(failure) => ServerStep::Fail(failure),
        }
    }

    fn heard(
        &mut self,
        heard: Heard,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        match heard {
            Heard::Step(step) => {
                if matches!(step, ServerStep::Ask(_)) {
                    self.asking = Asking::Tunnel;
                }
                step
            }
            // Of our alert.
            Heard::Acknowledged => self.end.end(),
            Heard::Message => self.go_on(cx, request),
        }
    }
}

impl ServerMethod for Server {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        let step = self.end.start(cx, request);
        request.extend(&start::start(&self.config.settings.authority));
        step
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        if fragment::version(data).is_some_and(|version| version != VERSION) {
            return Err(Discard::TunnelVersion);
        }
        self.end.check(data, Expected { acknowledgement: false, message: true })
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        let heard = self.end.receive(data, cx, request);
        self.heard(heard, cx, request)
    }

    fn handle_answer(
        &mut self,
        answer: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        if let (Asking::Inner, Some(phase2)) = (&self.asking, &mut self.phase2) {
            let turn = phase2.answered(answer, cx);
            return self.take(turn, request);
        }
        let heard = self.end.answered(&answer, cx, request);
        self.heard(heard, cx, request)
    }

    fn timeout(&self) -> Option<Duration> {
        self.phase2.as_ref()?.timeout()
    }

    fn rejection(&self) -> Option<Failure> {
        let phase2 = self.phase2.as_ref().and_then(Phase2Server::rejection);
        phase2.or_else(|| self.end.rejection())
    }

    fn keys(&mut self) -> Option<Keys> {
        self.keys.take()
    }

    fn tls(&self) -> Option<TlsSummary> {
        self.end.tls()
    }

    fn inner(&self) -> Option<InnerOutcome> {
        self.phase2.as_ref()?.inner().cloned()
    }
}

struct Source {
    config: Arc<FastServerConfig>,
    shown: Arc<Shown>,
}

impl TunnelSource for Source {
    fn tunnel(&self, _: Owner, unix_time: Option<u64>) -> Result<Tunnel, TlsError> {
        let secrets = ServerSecrets { shown: Arc::clone(&self.shown), unix_time };
        self.config.server.tunnel(unix_time, Arc::new(secrets))
    }
}

/// The PAC that the peer has shown.
struct Shown {
    settings: Arc<ServerSettings>,
    /// If it is good.
    pac: Mutex<Option<KnownPac>>,
    /// Whether there was any.
    any: AtomicBool,
}

impl Shown {
    fn is_any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    fn take(&self) -> Option<KnownPac> {
        self.pac.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct ServerSecrets {
    shown: Arc<Shown>,
    unix_time: Option<u64>,
}

impl ServerSecrets {
    /// RFC 4851 §3.2.2: with a PAC that is not good, the handshake is a full one. Without a
    /// calendar nobody knows whether it is.
    fn open(&self, ticket: &[u8]) -> Option<KnownPac> {
        let ServerSettings { pac_keys, authority, .. } = &*self.shown.settings;
        let known = pac_keys.as_ref()?.open(start::opaque(ticket)?, authority)?;
        (known.remaining(self.unix_time?) > 0).then_some(known)
    }
}

impl TicketSecrets for ServerSecrets {
    fn ticket(&self, ticket: &[u8]) {
        self.shown.any.store(!ticket.is_empty(), Ordering::Relaxed);
        let known = self.open(ticket);
        *self.shown.pac.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn master_secret(&self, client: &[u8; 32], server: &[u8; 32]) -> Option<MasterSecret> {
        let pac = self.shown.pac.lock().unwrap_or_else(PoisonError::into_inner);
        Some(pac_master_secret(pac.as_ref()?.key.expose(), Randoms { client, server }))
    }
}
