//! The RADIUS servers: what they are asked, and where they are.

use std::error::Error;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use eap_rs::eapol::{MacAddress, MacFormat};
use eap_rs::radius::{
    AccessRequest, AttributeType, RadiusClient, RadiusClientConfig, RadiusClientOutput, RadiusCode,
    RadiusReply, RequestId, SendError, ServerId, SharedSecret,
};
use eap_rs::{AaaRequest, AaaRequestId, Instant, QueryId, Secret};
use rand::rngs::StdRng;

use crate::command::Settings;
use crate::socket::connect;

/// NAS-Port-Type Ethernet (RFC 3580 §3.23).
const ETHERNET: u32 = 15;

/// Service-Type Framed (RFC 3580 §3.4).
const FRAMED: u32 = 2;

/// Service-Type Call-Check (RFC 2865 §5.6): the caller's number, here its address, is to be judged.
const CALL_CHECK: u32 = 10;

/// The most octets of a RADIUS attribute.
const MAX_USER_NAME: usize = 253;

/// What fits an Ethernet frame, with room for the headers in between.
const FRAMED_MTU: u32 = 1400;

/// The servers, in the order in which they are tried.
pub(crate) struct Servers {
    client: RadiusClient<StdRng>,
    /// One for each: what comes from elsewhere the kernel drops.
    sockets: Vec<(String, UdpSocket)>,
    nas_identifier: String,
    port: MacAddress,
    interface: String,
    mac_format: MacFormat,
    /// What is being asked.
    asked: Option<(RequestId, Question)>,
    /// The conversation's server and State.
    conversation: Option<(ServerId, Vec<u8>)>,
    /// Those of the session that was granted, for the request at its end (RFC 2865 §5.24).
    session: Option<(ServerId, Vec<u8>)>,
    /// An output that has been looked at ahead of its time.
    next: Option<RadiusClientOutput>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// EAP.
    Aaa(AaaRequestId),
    /// A station's address.
    Mac(QueryId),
}

/// What comes of it.
pub(crate) enum News {
    Reply(Question, RadiusReply),
    TimedOut(Question),
    /// A line for the log.
    Log(String),
}

impl Servers {
    pub(crate) fn connect(
        settings: &Settings,
        port: MacAddress,
        rng: StdRng,
    ) -> Result<Self, Box<dyn Error>> {
        let mut config = RadiusClientConfig::builder()
            .initial_wait(settings.radius_wait)
            .max_transmissions(settings.radius_tries);
        if settings.insecure_missing_message_authenticator {
            config = config.insecure_missing_message_authenticator();
        }
        let mut sockets = Vec::new();
        for server in &settings.servers {
            config = config.server(SharedSecret::new(settings.secret.expose())?);
            let socket = connect(server)
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .map_err(|error| format!("{server}: {error}"))?;
            sockets.push((server.clone(), socket));
        }
        Ok(Self {
            client: RadiusClient::new(Arc::new(config.build()?), rng),
            sockets,
            nas_identifier: settings.nas_identifier.clone(),
            port,
            interface: settings.interface.clone(),
            mac_format: settings.mac_format,
            asked: None,
            conversation: None,
            session: None,
            next: None,
        })
    }

    /// Readable when an answer has come.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = RawFd> {
        self.sockets.iter().map(|(_, socket)| socket.as_raw_fd())
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.client.poll_timeout()
    }

    /// A conversation begins; in a session, to go on with it.
    pub(crate) fn begin(&mut self, in_session: bool) {
        self.forget();
        self.conversation = self.session.take().filter(|_| in_session);
    }

    /// What was said so far is of no account any more.
    pub(crate) fn forget(&mut self) {
        if let Some((request, _)) = self.asked.take() {
            self.client.cancel(request);
        }
        self.conversation = None;
    }

    /// Passes an EAP packet on.
    pub(crate) fn ask(
        &mut self,
        station: Option<MacAddress>,
        aaa: &AaaRequest,
        now: Instant,
    ) -> Result<(), SendError> {
        let (mut request, server) = self.about(station);
        request = request
            .number(AttributeType::SERVICE_TYPE, FRAMED)
            .number(AttributeType::FRAMED_MTU, FRAMED_MTU)
            .eap_message(&aaa.eap_message);
        let name = aaa.identity.as_bytes();
        // One that is longer than RADIUS can carry is in the EAP packet only.
        if (1..=MAX_USER_NAME).contains(&name.len()) {
            request = request.attribute(AttributeType::USER_NAME, name);
        }
        let request = self.client.send(request, server, now)?;
        self.asked = Some((request, Question::Aaa(aaa.id)));
        Ok(())
    }

    /// Asks whether a station may in by its address.
    pub(crate) fn ask_mac(
        &mut self,
        id: QueryId,
        mac: MacAddress,
        now: Instant,
    ) -> Result<(), SendError> {
        let name = mac.to_text(self.mac_format);
        let (request, server) = self.about(Some(mac));
        let request = request
            .number(AttributeType::SERVICE_TYPE, CALL_CHECK)
            .attribute(AttributeType::USER_NAME, &name)
            .user_password(Secret::from(name.as_str()));
        let request = self.client.send(request, server, now)?;
        self.asked = Some((request, Question::Mac(id)));
        Ok(())
    }

    /// What every request says (RFC 3580 §3), and to whom, if that is not open.
    fn about(&self, station: Option<MacAddress>) -> (AccessRequest, Option<ServerId>) {
        let mut request = AccessRequest::new()
            .attribute(AttributeType::NAS_IDENTIFIER, &self.nas_identifier)
            .number(AttributeType::NAS_PORT_TYPE, ETHERNET)
            .attribute(AttributeType::NAS_PORT_ID, &self.interface)
            .attribute(AttributeType::CALLED_STATION_ID, self.port.to_text(MacFormat::STATION_ID));
        if let Some(station) = station {
            let station = station.to_text(MacFormat::STATION_ID);
            request = request.attribute(AttributeType::CALLING_STATION_ID, station);
        }
        match &self.conversation {
            Some((server, state)) => {
                (request.attribute(AttributeType::STATE, state), Some(*server))
            }
            None => (request, None),
        }
    }

    /// Takes what has come from the servers; gives what was dropped, and why.
    pub(crate) fn receive(&mut self) -> Vec<String> {
        let mut dropped = Vec::new();
        let mut buffer = [0; 4096];
        for (i, (name, socket)) in self.sockets.iter().enumerate() {
            loop {
                let len = match socket.recv(&mut buffer) {
                    Ok(len) => len,
                    // Nobody listens there: the time-out says so.
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
                    Err(_) => break,
                };
                let datagram = buffer.get(..len).unwrap_or_default();
                if let Err(reason) = self.client.handle_datagram(ServerId(i), datagram) {
                    dropped.push(format!("drop from {name}: {reason}"));
                }
            }
        }
        dropped
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.client.handle_timeout(now);
    }

    /// The next thing to know.
    pub(crate) fn poll(&mut self) -> Option<News> {
        loop {
            match self.next.take().or_else(|| self.client.poll_output())? {
                RadiusClientOutput::Send { server, datagram } => self.send(server, &datagram),
                RadiusClientOutput::Reply { request, server, reply } => {
                    let Some(question) = self.answered(request) else { continue };
                    let state = reply.state().map(|state| (server, state.to_vec()));
                    (self.conversation, self.session) = match reply.code() {
                        RadiusCode::ACCESS_ACCEPT => (None, state),
                        _ => (state, None),
                    };
                    return Some(News::Reply(question, reply));
                }
                RadiusClientOutput::TimedOut { request, .. } => {
                    let Some(question) = self.answered(request) else { continue };
                    self.conversation = None;
                    return Some(News::TimedOut(question));
                }
                RadiusClientOutput::ServerDead(server) => {
                    self.next = self.client.poll_output();
                    let line = format!("server {} does not answer", self.name(server));
                    return Some(News::Log(match &self.next {
                        Some(RadiusClientOutput::Send { server, .. }) => {
                            format!("{line}; trying {}", self.name(*server))
                        }
                        _ => line,
                    }));
                }
                RadiusClientOutput::ServerAlive(server) => {
                    return Some(News::Log(format!("server {} answers again", self.name(server))));
                }
                _ => {}
            }
        }
    }

    fn answered(&mut self, request: RequestId) -> Option<Question> {
        let (_, question) = self.asked.take_if(|(asked, _)| *asked == request)?;
        Some(question)
    }

    /// What is not sent is as good as lost, and sent again.
    fn send(&self, server: ServerId, datagram: &[u8]) {
        if let Some((_, socket)) = self.sockets.get(server.0) {
            let _ = socket.send(datagram);
        }
    }

    fn name(&self, server: ServerId) -> &str {
        self.sockets.get(server.0).map_or("", |(name, _)| name)
    }
}
