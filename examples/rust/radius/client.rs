//! The NAS: carries EAP to a RADIUS server and back (RFC 3579 §2).

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use eap_rs::Identity;
use eap_rs::radius::{
    AccessRequest, AttributeType, RadiusClient, RadiusClientConfig, RadiusClientOutput,
    RadiusDiscard, RadiusReply, ServerId, SharedSecret,
};
use rand::rngs::StdRng;

use crate::clock::Clock;
use crate::socket::connect;

/// How often a request is sent to one server.
const TRIES: u32 = 3;

/// What an EAP packet may have: what fits an Ethernet frame (RFC 3579 §2.4).
const FRAMED_MTU: u32 = 1400;

/// Framed (RFC 2865 §5.6).
const SERVICE_TYPE: u32 = 2;

/// Ethernet (RFC 2865 §5.41).
const NAS_PORT_TYPE: u32 = 15;

/// A RADIUS client that asks one thing at a time.
pub(crate) struct Client {
    /// One for each server.
    sockets: Vec<UdpSocket>,
    radius: RadiusClient<StdRng>,
    clock: Clock,
}

/// A genuine answer.
pub(crate) struct Reply {
    pub(crate) reply: RadiusReply,
    /// For the next request.
    pub(crate) conversation: Option<Conversation>,
}

/// What a server calls a conversation, and which one it is.
pub(crate) struct Conversation {
    server: ServerId,
    state: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(
        servers: &[String],
        secret: &SharedSecret,
        timeout: Duration,
        rng: StdRng,
    ) -> Result<Self, String> {
        // Jitter takes a tenth of it at most (RFC 5080 §2.2.1): each try has the whole time.
        let wait = timeout * 10 / 9;
        let mut config = RadiusClientConfig::builder()
            .initial_wait(wait)
            .max_wait(wait)
            .max_transmissions(TRIES)
            .max_duration(timeout * (TRIES + 1));
        let mut sockets = Vec::new();
        for server in servers {
            sockets.push(connect(server).map_err(|error| format!("{server}: {error}"))?);
            let secret = SharedSecret::new(secret.expose()).map_err(|error| error.to_string())?;
            config = config.server(secret);
        }
        let config = config.build().map_err(|error| error.to_string())?;
        Ok(Self {
            sockets,
            radius: RadiusClient::new(Arc::new(config), rng),
            clock: Clock::start(),
        })
    }

    /// Sends an EAP packet and waits for the answer; the error is what to tell the user.
    pub(crate) fn exchange(
        &mut self,
        identity: &Identity,
        conversation: Option<&Conversation>,
        eap: &[u8],
    ) -> Result<Reply, String> {
        let mut request = AccessRequest::new()
            .attribute(AttributeType::USER_NAME, identity.as_bytes())
            .attribute(AttributeType::NAS_IDENTIFIER, "radius_peer")
            .number(AttributeType::NAS_PORT_TYPE, NAS_PORT_TYPE)
            .number(AttributeType::SERVICE_TYPE, SERVICE_TYPE)
            .number(AttributeType::FRAMED_MTU, FRAMED_MTU)
            .attribute(AttributeType::CALLING_STATION_ID, "02-00-00-00-00-01")
            .eap_message(eap);
        if let Some(conversation) = conversation {
            request = request.attribute(AttributeType::STATE, &conversation.state);
        }
        let server = conversation.map(|conversation| conversation.server);
        self.radius.send(request, server, self.clock.now()).map_err(|error| error.to_string())?;
        let mut dropped = None;
        let unreachable = |error| format!("the network cannot be reached: {error}");
        loop {
            match self.outputs().map_err(unreachable)? {
                Progress::Answered(reply) => return Ok(reply),
                Progress::Waiting(server) => {
                    self.receive(server, &mut dropped).map_err(unreachable)?;
                }
                Progress::Over => break,
            }
            self.radius.handle_timeout(self.clock.now());
        }
        Err(match dropped {
            None => "the network did not answer".into(),
            Some(reason) => {
                format!("the network did not answer; what came instead was dropped: {reason}")
            }
        })
    }

    /// Does what there is to do.
    fn outputs(&mut self) -> io::Result<Progress> {
        let mut asked = None;
        while let Some(output) = self.radius.poll_output() {
            match output {
                RadiusClientOutput::Send { server, datagram } => {
                    if let Some(socket) = self.sockets.get(server.0) {
                        let sent = socket.send(&datagram).map(|_| ());
                        self.tolerate(sent)?;
                    }
                    asked = Some(server);
                }
                RadiusClientOutput::Reply { server, reply, .. } => {
                    let state = reply.state().map(<[u8]>::to_vec);
                    let conversation = state.map(|state| Conversation { server, state });
                    return Ok(Progress::Answered(Reply { reply, conversation }));
                }
                RadiusClientOutput::TimedOut { .. } => return Ok(Progress::Over),
                _ => {}
            }
        }
        Ok(asked.map_or(Progress::Over, Progress::Waiting))
    }

    /// Waits for an answer until the request has to be sent again.
    fn receive(&mut self, server: ServerId, dropped: &mut Option<RadiusDiscard>) -> io::Result<()> {
        let Some(socket) = self.sockets.get(server.0) else { return Ok(()) };
        let mut buffer = [0; 4096];
        while let Some(deadline) = self.radius.poll_timeout() {
            let left = deadline.saturating_since(self.clock.now());
            if left.is_zero() {
                return Ok(());
            }
            socket.set_read_timeout(Some(left))?;
            let len = match socket.recv(&mut buffer) {
                Ok(len) => len,
                Err(error) if is_timeout(&error) => continue,
                Err(error) => {
                    self.tolerate(Err(error))?;
                    continue;
                }
            };
            let datagram = buffer.get(..len).unwrap_or_default();
            match self.radius.handle_datagram(server, datagram) {
                Ok(()) => return Ok(()),
                Err(reason) => *dropped = Some(reason),
            }
        }
        Ok(())
    }

    /// Nobody listens on the server's port: where there are others, that is as good as no answer.
    fn tolerate(&self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error)
                if error.kind() == ErrorKind::ConnectionRefused && self.sockets.len() > 1 =>
            {
                Ok(())
            }
            result => result,
        }
    }
}

enum Progress {
    Answered(Reply),
    Waiting(ServerId),
    Over,
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
