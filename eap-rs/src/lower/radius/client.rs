//! A RADIUS client: requests on their way to one of several servers (RFC 2865 §2, RFC 5080 §2.2.1).

mod config;
mod reply;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rand_core::CryptoRng;

pub use config::{RadiusClientConfig, RadiusClientConfigBuilder};
pub use reply::RadiusReply;

use super::access_request::AccessRequest;
use super::builder::RadiusBuildError;
use super::packet::{RadiusDiscard, RadiusPacket};
use crate::Instant;
use config::Server;

/// A server, by its place in the configuration: 0 is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub usize);

/// Names one request. Never reused within the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The number behind the id.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// RADIUS cannot carry it.
    #[error(transparent)]
    Unbuildable(#[from] RadiusBuildError),
    /// The conversation's server is none of this configuration.
    #[error("no server {}", .0.0)]
    NoSuchServer(ServerId),
    /// A request with State that does not say whose.
    #[error("a request with State belongs to the server that has given it: to whom?")]
    StateWithoutServer,
    /// An Identifier has eight bits: 256 requests are under way to every server that it could go to.
    #[error("256 requests are under way to each server, no more are possible")]
    TooManyRequests,
}

/// What a client has its host do.
#[derive(Debug)]
#[non_exhaustive]
pub enum RadiusClientOutput {
    /// Send this datagram to this server, always from the same address and port.
    Send {
        /// To whom.
        server: ServerId,
        /// The datagram.
        datagram: Vec<u8>,
    },
    /// This request was answered.
    Reply {
        /// Which one.
        request: RequestId,
        /// By whom: the next request of the conversation goes there.
        server: ServerId,
        /// The answer: it is genuine.
        reply: RadiusReply,
    },
    /// This request was answered by none of the servers that it could go to.
    TimedOut {
        /// Which one.
        request: RequestId,
        /// The last one that was tried.
        server: ServerId,
    },
    /// This server does not answer: others are tried first for a while. Worth logging.
    ServerDead(ServerId),
    /// This server answers again. Worth logging.
    ServerAlive(ServerId),
}

/// Access-Requests under way, to servers that may fail.
///
/// A request without State goes to the first server that is alive, and on to the next one when that
/// does not answer. A request with State belongs to the server that has begun the conversation, and
/// goes nowhere else: when it times out the conversation is lost, and the peer begins another.
///
/// A request is sent again as RFC 5080 §2.2.1 has it, octet by octet the same, so that a server
/// recognises it. What does not answer it is discarded and does not change when it is sent again.
///
/// The host owns the sockets: it sends what [`poll_output`](Self::poll_output) gives, and hands in
/// what comes, with the server whose address it comes from.
pub struct RadiusClient<R> {
    config: Arc<RadiusClientConfig>,
    rng: R,
    servers: Vec<ServerState>,
    requests: BTreeMap<RequestId, Pending>,
    timers: BTreeSet<(Instant, RequestId)>,
    last_request: u64,
    outputs: VecDeque<RadiusClientOutput>,
}

/// What is known of a server.
#[derive(Default)]
struct ServerState {
    /// It has not answered since, and is left in peace until then.
    dead_until: Option<Instant>,
    /// How many requests it was sent, retransmissions not counted.
    requests: u64,
    /// Which of them is the newest that it has answered.
    answered: u64,
    /// Requests under way, by Identifier.
    in_flight: BTreeMap<u8, RequestId>,
    last_identifier: u8,
}

/// A request under way.
struct Pending {
    request: AccessRequest,
    /// Whether it may go to other servers.
    is_bound: bool,
    /// Servers that have been tried in vain.
    tried: Vec<ServerId>,
    attempt: Attempt,
}

/// A request on its way to one server.
struct Attempt {
    server: ServerId,
    /// Which of the server's requests it is: the first is 1.
    number: u64,
    identifier: u8,
    authenticator: [u8; 16],
    datagram: Vec<u8>,
    first_sent: Instant,
    transmissions: u32,
    /// RT, in milliseconds.
    wait: u64,
    timer: Instant,
}

impl<R: CryptoRng> RadiusClient<R> {
    /// A client of these servers.
    pub fn new(config: Arc<RadiusClientConfig>, rng: R) -> Self {
        let servers = config.servers.iter().map(|_| ServerState::default()).collect();
        Self {
            config,
            rng,
            servers,
            requests: BTreeMap::new(),
            timers: BTreeSet::new(),
            last_request: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Sends a request: to this server if it belongs to a conversation, or else to the first that
    /// is alive.
    ///
    /// # Errors
    /// [`SendError`]: then nothing is under way.
    pub fn send(
        &mut self,
        request: AccessRequest,
        to: Option<ServerId>,
        now: Instant,
    ) -> Result<RequestId, SendError> {
        let mut tried = Vec::new();
        let attempt = match to {
            Some(server) => self.attempt(&request, server, now)?,
            None if request.has_state() => return Err(SendError::StateWithoutServer),
            None => self.attempt_any(&request, &mut tried, now)?,
        };
        self.last_request = self.last_request.saturating_add(1);
        let id = RequestId(self.last_request);
        self.begin(id, Pending { request, is_bound: to.is_some(), tried, attempt });
        Ok(id)
    }

    /// Forgets a request: nothing more comes of it.
    pub fn cancel(&mut self, request: RequestId) {
        self.end(request);
    }

    /// Takes a datagram that has come from this server's address.
    ///
    /// # Errors
    /// The reason to drop it: nothing has changed.
    pub fn handle_datagram(
        &mut self,
        server: ServerId,
        datagram: &[u8],
    ) -> Result<(), RadiusDiscard> {
        let packet = RadiusPacket::parse(datagram)?;
        let unexpected = RadiusDiscard::UnexpectedResponse;
        let state = self.servers.get(server.0).ok_or(unexpected)?;
        let id = *state.in_flight.get(&packet.identifier()).ok_or(unexpected)?;
        let pending = self.requests.get(&id).ok_or(unexpected)?;
        let Server { secret } = self.config.servers.get(server.0).ok_or(unexpected)?;
        let Attempt { identifier, authenticator, .. } = &pending.attempt;
        if self.config.insecure_missing_message_authenticator && !pending.request.has_eap() {
            packet.insecure_check_response(secret, *identifier, authenticator)?;
        } else {
            packet.check_response(secret, *identifier, authenticator)?;
        }
        let keys = packet.mppe_keys(secret, authenticator)?;
        let reply = RadiusReply::new(&packet, keys)?;
        let ended = self.end(id);
        if let (Some(state), Some(Pending { attempt, .. })) =
            (self.servers.get_mut(server.0), ended)
        {
            state.answered = state.answered.max(attempt.number);
        }
        self.revive(server);
        self.outputs.push_back(RadiusClientOutput::Reply { request: id, server, reply });
        Ok(())
    }

    /// Tells the time. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((timer, id)) = self.timers.first().copied()
            && now >= timer
        {
            self.timers.remove(&(timer, id));
            self.expired(id, now);
        }
    }

    /// The next thing to do, or `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<RadiusClientOutput> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called; changes with every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(timer, _)| *timer)
    }

    /// How many requests are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether no request is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The first server that is alive and has not been tried; if none is alive, the first that has
    /// not been tried.
    fn choose(&self, tried: &[ServerId], now: Instant) -> Option<ServerId> {
        let untried = || (0..self.servers.len()).map(ServerId).filter(|id| !tried.contains(id));
        let is_alive = |id: &ServerId| {
            let dead_until = self.servers.get(id.0).and_then(|state| state.dead_until);
            dead_until.is_none_or(|until| now >= until)
        };
        untried().find(is_alive).or_else(|| untried().next())
    }

    /// Makes the packet for the next server that can take it, and remembers those that cannot.
    fn attempt_any(
        &mut self,
        request: &AccessRequest,
        tried: &mut Vec<ServerId>,
        now: Instant,
    ) -> Result<Attempt, SendError> {
        while let Some(server) = self.choose(tried, now) {
            match self.attempt(request, server, now) {
                Err(SendError::TooManyRequests) => tried.push(server),
                result => return result,
            }
        }
        Err(SendError::TooManyRequests)
    }

    /// Makes the packet for this server.
    fn attempt(
        &mut self,
        request: &AccessRequest,
        server: ServerId,
        now: Instant,
    ) -> Result<Attempt, SendError> {
        let missing = SendError::NoSuchServer(server);
        let Server { secret } = self.config.servers.get(server.0).ok_or(missing)?;
        let state = self.servers.get(server.0).ok_or(missing)?;
        let identifier = (1..=u8::MAX)
            .chain([0])
            .map(|step| state.last_identifier.wrapping_add(step))
            .find(|identifier| !state.in_flight.contains_key(identifier))
            .ok_or(SendError::TooManyRequests)?;
        let number = state.requests.saturating_add(1);
        let mut authenticator = [0; 16];
        self.rng.fill_bytes(&mut authenticator);
        let datagram = request.build(identifier, authenticator, secret)?;
        let wait = self.jittered(self.config.initial);
        Ok(Attempt {
            server,
            number,
            identifier,
            authenticator,
            datagram,
            first_sent: now,
            transmissions: 1,
            wait,
            timer: Instant::from_millis(now.as_millis().saturating_add(wait)),
        })
    }

    /// `RT + RAND * RT`, in milliseconds.
    fn jittered(&mut self, millis: u64) -> u64 {
        let tenth = millis / 10;
        let span = tenth.saturating_mul(2).saturating_add(1);
        (millis - tenth).saturating_add(u64::from(self.rng.next_u32()) % span)
    }

    fn begin(&mut self, id: RequestId, pending: Pending) {
        let Attempt { server, number, identifier, timer, .. } = pending.attempt;
        if let Some(state) = self.servers.get_mut(server.0) {
            state.requests = number;
            state.in_flight.insert(identifier, id);
            state.last_identifier = identifier;
        }
        self.timers.insert((timer, id));
        let datagram = pending.attempt.datagram.clone();
        self.outputs.push_back(RadiusClientOutput::Send { server, datagram });
        self.requests.insert(id, pending);
    }

    fn end(&mut self, id: RequestId) -> Option<Pending> {
        let pending = self.requests.remove(&id)?;
        let Attempt { server, identifier, timer, .. } = pending.attempt;
        self.timers.remove(&(timer, id));
        if let Some(state) = self.servers.get_mut(server.0) {
            state.in_flight.remove(&identifier);
        }
        Some(pending)
    }

    /// RT is over for a request.
    fn expired(&mut self, id: RequestId, now: Instant) {
        let Some(Pending { attempt, .. }) = self.requests.get(&id) else { return };
        let elapsed = now.saturating_since(attempt.first_sent).as_millis();
        let is_over = attempt.transmissions >= self.config.max_transmissions
            || elapsed >= u128::from(self.config.max_duration);
        if is_over {
            return self.unanswered(id, now);
        }
        // RT = 2*RTprev + RAND*RTprev, bounded by MRT and by what is left of MRD.
        let doubled = attempt.wait.saturating_add(self.jittered_of(id));
        let bounded = if doubled > self.config.max { None } else { Some(doubled) };
        let wait = match bounded {
            Some(wait) => wait,
            None => self.jittered(self.config.max),
        };
        let Some(Pending { attempt, .. }) = self.requests.get_mut(&id) else { return };
        let end = attempt.first_sent.as_millis().saturating_add(self.config.max_duration);
        attempt.transmissions = attempt.transmissions.saturating_add(1);
        attempt.wait = wait;
        attempt.timer = Instant::from_millis(now.as_millis().saturating_add(wait).min(end));
        self.timers.insert((attempt.timer, id));
        let (server, datagram) = (attempt.server, attempt.datagram.clone());
        self.outputs.push_back(RadiusClientOutput::Send { server, datagram });
    }

    /// `RTprev + RAND * RTprev`.
    fn jittered_of(&mut self, id: RequestId) -> u64 {
        let wait = self.requests.get(&id).map_or(0, |pending| pending.attempt.wait);
        self.jittered(wait)
    }

    /// A server has not answered: the next one is tried, where that is allowed.
    fn unanswered(&mut self, id: RequestId, now: Instant) {
        let Some(mut pending) = self.end(id) else { return };
        let server = pending.attempt.server;
        // Who has answered a newer one is there, and may have had a reason to keep silent about
        // this: what a peer sends can be made such that no server answers it.
        if let Some(state) = self.servers.get_mut(server.0)
            && state.answered < pending.attempt.number
            && state.dead_until.replace(now + self.config.dead_time).is_none()
        {
            self.outputs.push_back(RadiusClientOutput::ServerDead(server));
        }
        pending.tried.push(server);
        if !pending.is_bound
            && let Ok(attempt) = self.attempt_any(&pending.request, &mut pending.tried, now)
        {
            pending.attempt = attempt;
            return self.begin(id, pending);
        }
        self.outputs.push_back(RadiusClientOutput::TimedOut { request: id, server });
    }

    fn revive(&mut self, server: ServerId) {
        let state = self.servers.get_mut(server.0);
        if state.is_some_and(|state| state.dead_until.take().is_some()) {
            self.outputs.push_back(RadiusClientOutput::ServerAlive(server));
        }
    }
}

impl<R> core::fmt::Debug for RadiusClient<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RadiusClient")
            .field("servers", &self.servers.len())
            .field("requests", &self.requests.len())
            .finish_non_exhaustive()
    }
}
