//! The server: requests in, replies out, one conversation for each State.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use eap_rs::radius::{
    AttributeType, DuplicateCache, RadiusBuilder, RadiusCode, RadiusDiscard, RadiusPacket, Seen,
    SessionOutput, SessionState, SessionTable, SharedSecret,
};
use eap_rs::{AuthenticatorConfig, Failure, Identity, MethodType, Outcome, Query};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::clock::{Clock, unix_time};
use crate::key_file::Refresh;
use crate::realms::Realms;
use crate::server_command::Settings;
use crate::users::Users;

/// How many conversations there may be at a time.
const MAX_SESSIONS: usize = 10_000;

/// How many answered requests are remembered.
const MAX_DUPLICATES: usize = 20_000;

/// Termination-Action RADIUS-Request (RFC 2865 §5.29).
const RADIUS_REQUEST: u32 = 1;

/// A RADIUS server on one socket.
pub(crate) struct Server<'a, W> {
    socket: UdpSocket,
    secret: &'a SharedSecret,
    users: &'a Users,
    realms: &'a Realms,
    /// What is offered to those who are served.
    methods: Vec<MethodType>,
    key_files: Vec<Box<dyn Refresh>>,
    clock: Clock,
    sessions: SessionTable<StdRng>,
    duplicates: DuplicateCache<SocketAddr>,
    /// The request that each conversation owes a reply to.
    waiting: BTreeMap<SessionState, Request>,
    rng: StdRng,
    log: W,
}

struct Request {
    source: SocketAddr,
    octets: Vec<u8>,
}

impl<'a, W: Write> Server<'a, W> {
    pub(crate) fn new(
        socket: UdpSocket,
        settings: &'a Settings,
        config: AuthenticatorConfig,
        key_files: Vec<Box<dyn Refresh>>,
        mut rng: StdRng,
        log: W,
    ) -> Self {
        Self {
            socket,
            secret: &settings.secret,
            users: &settings.users,
            realms: &settings.realms,
            methods: settings.methods.iter().map(|method| method.facts.method).collect(),
            key_files,
            clock: Clock::start(),
            sessions: SessionTable::new(Arc::new(config), MAX_SESSIONS, rng.fork()),
            duplicates: DuplicateCache::new(MAX_DUPLICATES, DuplicateCache::<SocketAddr>::LIFETIME),
            waiting: BTreeMap::new(),
            rng,
            log,
        }
    }

    /// For ever.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        writeln!(self.log, "listening on {}", self.socket.local_addr()?)?;
        self.sessions.set_unix_time(unix_time(), self.clock.now());
        let mut buffer = [0; 4096];
        loop {
            self.socket.set_read_timeout(self.time_left())?;
            match self.socket.recv_from(&mut buffer) {
                Ok((len, source)) => {
                    for line in self.key_files.iter_mut().filter_map(|file| file.refresh()) {
                        writeln!(self.log, "{line}")?;
                    }
                    let octets = buffer.get(..len).unwrap_or_default();
                    if let Err(reason) = self.request(octets, source)? {
                        writeln!(self.log, "drop from {source}: {reason}")?;
                    }
                }
                Err(error) if is_no_news(&error) => {}
                Err(error) => return Err(error),
            }
            let now = self.clock.now();
            self.sessions.handle_timeout(now);
            self.sessions.set_unix_time(unix_time(), now);
            self.outputs()?;
        }
    }

    /// Takes a request; the inner result is why it was dropped.
    fn request(
        &mut self,
        octets: &[u8],
        source: SocketAddr,
    ) -> io::Result<Result<(), RadiusDiscard>> {
        let now = self.clock.now();
        let packet = match RadiusPacket::parse(octets) {
            Ok(packet) => packet,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Err(reason) = packet.check_request(self.secret) {
            return Ok(Err(reason));
        }
        if packet.code() != RadiusCode::ACCESS_REQUEST {
            return Ok(Err(RadiusDiscard::UnexpectedCode(packet.code().0)));
        }
        match self.duplicates.check(source, &packet, now) {
            Seen::New => {}
            Seen::InProgress => return Ok(Err(RadiusDiscard::Duplicate)),
            Seen::Answered(reply) => {
                self.socket.send_to(reply, source)?;
                return Ok(Ok(()));
            }
        }
        Ok(self.sessions.handle_packet(&packet, now).map(|session| {
            self.waiting.insert(session, Request { source, octets: octets.to_vec() });
        }))
    }

    fn outputs(&mut self) -> io::Result<()> {
        while let Some((session, output)) = self.sessions.poll_output() {
            match output {
                SessionOutput::Challenge { eap_message, method_timeout } => {
                    self.reply(session, RadiusCode::ACCESS_CHALLENGE, |_, reply| {
                        let reply = reply
                            .attribute(AttributeType::STATE, session.0)
                            .eap_message(&eap_message);
                        match method_timeout.and_then(|time| time.as_secs().try_into().ok()) {
                            Some(seconds) => reply.number(AttributeType::SESSION_TIMEOUT, seconds),
                            None => reply,
                        }
                    })?;
                }
                SessionOutput::Ask(id, query) => {
                    let answer = match &query {
                        Query::Policy { identity } => self.realms.offer(identity, &self.methods),
                        query => self.users.answer(query),
                    };
                    let now = self.clock.now();
                    if let Err(error) = self.sessions.handle_answer(session, id, answer, now) {
                        writeln!(self.log, "answer not taken: {error}")?;
                    }
                }
                SessionOutput::Finished { eap_message, identity, result, .. } => {
                    let eap = eap_message.unwrap_or_default();
                    match result {
                        Ok(outcome) => self.accept(session, &eap, &identity, &outcome)?,
                        Err(failure) => self.reject(session, &eap, &identity, &failure)?,
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn accept(
        &mut self,
        session: SessionState,
        eap: &[u8],
        identity: &Identity,
        outcome: &Outcome,
    ) -> io::Result<()> {
        let (secret, mut rng) = (self.secret, self.rng.fork());
        let granted = self.users.granted(outcome.inner.as_ref().map_or(identity, |i| &i.identity));
        self.reply(session, RadiusCode::ACCESS_ACCEPT, |request, reply| {
            let mut reply =
                reply.attribute(AttributeType::USER_NAME, identity.as_bytes()).eap_message(eap);
            if let Some(keys) = &outcome.keys {
                reply = reply.mppe_keys(&keys.msk, secret, &mut rng);
                if let (Some(id), true) = (&keys.session_id, request.asks_eap_key_name()) {
                    reply = reply.attribute(AttributeType::EAP_KEY_NAME, id.expose());
                }
            }
            if let Some(vlan) = &granted.vlan {
                reply = reply.vlan(vlan);
            }
            if let Some(seconds) = granted.session_timeout {
                // RFC 3580 §3.17: to be authenticated again, not to be thrown out.
                reply = reply
                    .number(AttributeType::SESSION_TIMEOUT, seconds)
                    .number(AttributeType::TERMINATION_ACTION, RADIUS_REQUEST);
            }
            reply
        })?;
        let resumed = match &outcome.tls {
            Some(tls) if tls.resumed => ", resumed",
            _ => "",
        };
        let (who, how) = match &outcome.inner {
            Some(inner) => (&inner.identity, format!("{} with {}", outcome.method, inner.method)),
            None => (identity, outcome.method.to_string()),
        };
        write!(self.log, "accept {who} ({how}{resumed})")?;
        if let Some(name) = other_name(who, outcome) {
            write!(self.log, ", certificate of {name}")?;
        }
        if let Some(vlan) = &granted.vlan {
            write!(self.log, ", VLAN {vlan}")?;
        }
        writeln!(self.log)
    }

    fn reject(
        &mut self,
        session: SessionState,
        eap: &[u8],
        identity: &Identity,
        failure: &Failure,
    ) -> io::Result<()> {
        if !self.waiting.contains_key(&session) {
            // It is the peer that has not answered.
            return writeln!(self.log, "gave up {identity}: {failure}");
        }
        self.reply(session, RadiusCode::ACCESS_REJECT, |_, reply| reply.eap_message(eap))?;
        writeln!(self.log, "reject {identity}: {failure}")
    }

    fn reply(
        &mut self,
        session: SessionState,
        code: RadiusCode,
        fill: impl FnOnce(&RadiusPacket<'_>, RadiusBuilder) -> RadiusBuilder,
    ) -> io::Result<()> {
        let Some(Request { source, octets }) = self.waiting.remove(&session) else { return Ok(()) };
        let Ok(request) = RadiusPacket::parse(&octets) else { return Ok(()) };
        let reply = match fill(&request, RadiusBuilder::response(code, &request)).build(self.secret)
        {
            Ok(reply) => reply,
            Err(error) => return writeln!(self.log, "no reply to {source}: {error}"),
        };
        let (id, authenticator) = (request.identifier(), request.authenticator());
        self.duplicates.answered(source, id, authenticator, &reply);
        self.socket.send_to(&reply, source)?;
        Ok(())
    }

    /// Until the next deadline; a socket's time-out must not be zero.
    fn time_left(&self) -> Option<Duration> {
        let deadline = self.sessions.poll_timeout()?;
        Some(deadline.saturating_since(self.clock.now()).max(Duration::from_millis(1)))
    }
}

/// Who the certificate says it is, if that is not who the peer has said it is. The two may differ,
/// and then only the certificate counts (RFC 5216 §2.2, §5.2).
fn other_name<'a>(identity: &Identity, outcome: &'a Outcome) -> Option<&'a str> {
    let certificate = outcome.tls.as_ref()?.certificate.as_deref()?;
    let names = || {
        [&certificate.mail_addresses, &certificate.principal_names, &certificate.dns_names]
            .into_iter()
            .flatten()
            .chain(&certificate.common_name)
            .chain([&certificate.subject])
    };
    let differs = names().all(|name| identity.as_bytes() != name.as_bytes());
    names().next().filter(|_| differs).map(String::as_str)
}

/// A deadline has come; or a client has gone before its reply came.
fn is_no_news(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
    )
}
