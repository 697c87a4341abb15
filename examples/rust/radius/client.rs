//! The NAS: carries EAP to a RADIUS server and back (RFC 3579 §2).

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use eap_rs::Identity;
use eap_rs::radius::{
    AttributeType, MppeKeys, RadiusBuilder, RadiusCode, RadiusDiscard, RadiusPacket, SharedSecret,
};
use rand::Rng;
use rand::rngs::StdRng;

/// How often a request is sent.
const TRIES: u32 = 3;

/// What an EAP packet may have: what fits an Ethernet frame (RFC 3579 §2.4).
const FRAMED_MTU: u32 = 1400;

/// Framed (RFC 2865 §5.6).
const SERVICE_TYPE: u32 = 2;

/// Ethernet (RFC 2865 §5.41).
const NAS_PORT_TYPE: u32 = 15;

/// A RADIUS client of one server.
pub(crate) struct Client<'a> {
    socket: UdpSocket,
    secret: &'a SharedSecret,
    timeout: Duration,
    identifier: u8,
    rng: StdRng,
}

/// A genuine answer.
pub(crate) struct Reply {
    /// Accept, Reject or Challenge.
    pub(crate) code: RadiusCode,
    /// The EAP packet.
    pub(crate) eap: Vec<u8>,
    /// For the next request.
    pub(crate) state: Option<Vec<u8>>,
    /// Of an Accept.
    pub(crate) keys: Option<MppeKeys>,
}

impl<'a> Client<'a> {
    pub(crate) fn connect(
        server: &str,
        secret: &'a SharedSecret,
        timeout: Duration,
        mut rng: StdRng,
    ) -> io::Result<Self> {
        let server = server
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::new(ErrorKind::NotFound, "no such host"))?;
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        let [identifier, ..] = rng.next_u32().to_le_bytes();
        Ok(Self { socket, secret, timeout, identifier, rng })
    }

    /// Sends an EAP packet and waits for the answer; the error is what to tell the user.
    pub(crate) fn exchange(
        &mut self,
        identity: &Identity,
        state: Option<&[u8]>,
        eap: &[u8],
    ) -> Result<Reply, String> {
        self.identifier = self.identifier.wrapping_add(1);
        let mut authenticator = [0; 16];
        self.rng.fill_bytes(&mut authenticator);
        let mut request = RadiusBuilder::request(self.identifier, authenticator)
            .attribute(AttributeType::USER_NAME, identity.as_bytes())
            .attribute(AttributeType::NAS_IDENTIFIER, "radius_peer")
            .attribute(AttributeType::NAS_PORT_TYPE, NAS_PORT_TYPE.to_be_bytes())
            .attribute(AttributeType::SERVICE_TYPE, SERVICE_TYPE.to_be_bytes())
            .attribute(AttributeType::FRAMED_MTU, FRAMED_MTU.to_be_bytes())
            .attribute(AttributeType::CALLING_STATION_ID, "02-00-00-00-00-01")
            .eap_message(eap);
        if let Some(state) = state {
            request = request.attribute(AttributeType::STATE, state);
        }
        let request = request.build(self.secret).map_err(|error| error.to_string())?;
        let mut dropped = None;
        for _ in 0..TRIES {
            let sent = self.socket.send(&request).and_then(|_| {
                self.receive(&authenticator, Instant::now() + self.timeout, &mut dropped)
            });
            match sent {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(error) => return Err(format!("the network cannot be reached: {error}")),
            }
        }
        Err(match dropped {
            None => "the network did not answer".into(),
            Some(reason) => {
                format!("the network did not answer; what came instead was dropped: {reason}")
            }
        })
    }

    /// Waits for a genuine answer.
    fn receive(
        &self,
        authenticator: &[u8; 16],
        until: Instant,
        dropped: &mut Option<RadiusDiscard>,
    ) -> io::Result<Option<Reply>> {
        let mut buffer = [0; 4096];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.set_read_timeout(Some(left))?;
            let len = match self.socket.recv(&mut buffer) {
                Ok(len) => len,
                Err(error) if is_timeout(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            match self.read(buffer.get(..len).unwrap_or_default(), authenticator) {
                Ok(reply) => return Ok(Some(reply)),
                Err(reason) => *dropped = Some(reason),
            }
        }
    }

    fn read(&self, octets: &[u8], authenticator: &[u8; 16]) -> Result<Reply, RadiusDiscard> {
        let packet = RadiusPacket::parse(octets)?;
        packet.check_response(self.secret, self.identifier, authenticator)?;
        Ok(Reply {
            code: packet.code(),
            eap: packet.eap_message().unwrap_or_default(),
            state: packet.values(AttributeType::STATE).next().map(<[u8]>::to_vec),
            keys: packet.mppe_keys(self.secret, authenticator)?,
        })
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
