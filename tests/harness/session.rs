//! What the roles have in common.

use core::fmt::Debug;

use eap_rs::eapol::{EthernetFrame, PaeState, PduType, PortAuthenticator, PortState, Supplicant};
use eap_rs::{
    Answer, AnswerError, Authenticator, Code, Instant, MethodType, Output, Packet, Peer, QueryId,
    Received, Signal,
};

/// The verbs that every session has.
pub trait Session: Debug {
    /// Whether a conversation that has ended is followed by another without a signal.
    const GOES_ON: bool = false;
    /// Whether the port is enabled from the start.
    const ENABLED: bool = true;
    /// How many packets one input may have it send.
    const MAX_SENT: usize = 1;

    /// Feeds a packet.
    fn handle_packet(&mut self, packet: &[u8], now: Instant) -> Received;
    /// Answers a question.
    ///
    /// # Errors
    /// The session's.
    fn handle_answer(
        &mut self,
        id: QueryId,
        answer: Answer,
        now: Instant,
    ) -> Result<(), AnswerError>;
    /// Takes an indication.
    fn handle_signal(&mut self, signal: Signal, now: Instant);
    /// Tells the time.
    fn handle_timeout(&mut self, now: Instant);
    /// The next output.
    fn poll_output(&mut self) -> Option<Output>;
    /// The deadline.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Whether the session is in a state that waits for something, and so must not wait for ever.
    fn is_waiting(&self, over: bool) -> bool;
    /// Whether a discarded packet has to leave this session exactly as it was.
    fn is_inert_when_discarding(&self) -> bool {
        true
    }
    /// Whether `cause` may end in success after `last_sent` was sent.
    fn may_succeed(cause: &Cause<'_>, last_sent: &[u8]) -> bool;
    /// Checks one packet sent.
    fn check_sent(packet: &[u8]);
}

/// What was fed, as far as [`Session::may_succeed`] wants to know it.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// A packet.
    Packet(&'a [u8]),
    /// An answer, and whether it can speak for the peer: "yes", or a credential to compare with.
    Answer {
        /// Whether it can.
        favourable: bool,
    },
    /// A signal.
    Signal(Signal),
    /// The time.
    Timeout,
}

macro_rules! verbs {
    () => {
        fn handle_packet(&mut self, packet: &[u8], now: Instant) -> Received {
            self.handle_packet(packet, now)
        }
        fn handle_answer(
            &mut self,
            id: QueryId,
            answer: Answer,
            now: Instant,
        ) -> Result<(), AnswerError> {
            self.handle_answer(id, answer, now)
        }
        fn handle_signal(&mut self, signal: Signal, now: Instant) {
            self.handle_signal(signal, now);
        }
        fn handle_timeout(&mut self, now: Instant) {
            self.handle_timeout(now);
        }
        fn poll_output(&mut self) -> Option<Output> {
            self.poll_output()
        }
        fn poll_timeout(&self) -> Option<Instant> {
            self.poll_timeout()
        }
    };
}

impl Session for Peer {
    verbs!();

    fn is_waiting(&self, over: bool) -> bool {
        !over
    }

    /// RFC 3748 §4.2: success takes a method that was answered, and then the authenticator's word
    /// under the Identifier of that answer (or, if the peer is so configured, the next), or the
    /// lower layer's.
    fn may_succeed(cause: &Cause<'_>, last_sent: &[u8]) -> bool {
        let Ok(Packet::Response(response)) = Packet::parse(last_sent) else { return false };
        let said = match cause {
            Cause::Packet(packet) => {
                let last = response.identifier;
                matches!(Packet::parse(packet), Ok(Packet::Success(id)) if id == last || id == last.next())
            }
            Cause::Signal(signal) => *signal == Signal::AltAccept,
            // The protected success of RFC 9190 §2.5, or the acknowledged Success of MSCHAPv2, needs
            // no EAP-Success.
            Cause::Timeout => {
                matches!(response.method, MethodType::TLS | MethodType::TTLS)
                    || (response.method == MethodType::MSCHAPV2 && response.data == [3])
            }
            Cause::Answer { .. } => false,
        };
        // A Notification may stand between the method's answer and the Success.
        said && (response.method.is_method() || response.method == MethodType::NOTIFICATION)
    }

    fn check_sent(packet: &[u8]) {
        assert_eq!(Packet::parse(packet).unwrap().code(), Code::Response, "{packet:02x?}");
    }
}

fn is_tunnel_or_tls(method: MethodType) -> bool {
    [MethodType::TLS, MethodType::TTLS, MethodType::PEAP, MethodType::FAST].contains(&method)
}

impl Session for Authenticator {
    const ENABLED: bool = false;

    verbs!();

    fn is_waiting(&self, over: bool) -> bool {
        !over
    }

    /// Most methods decide by an answer of their host.
    fn may_succeed(cause: &Cause<'_>, last_sent: &[u8]) -> bool {
        let Ok(Packet::Request(request)) = Packet::parse(last_sent) else { return false };
        match cause {
            Cause::Answer { favourable } => {
                request.method.is_method() && request.method != MethodType::MSCHAPV2 && *favourable
            }
            // The peer has acknowledged our last message, which only it could read or cause.
            Cause::Packet(_) => {
                is_tunnel_or_tls(request.method)
                    || (request.method == MethodType::MSCHAPV2 && request.data.first() == Some(&3))
            }
            Cause::Signal(_) | Cause::Timeout => false,
        }
    }

    fn check_sent(packet: &[u8]) {
        assert_ne!(Packet::parse(packet).unwrap().code(), Code::Response, "{packet:02x?}");
    }
}

impl Session for Supplicant {
    const GOES_ON: bool = true;
    const ENABLED: bool = false;

    verbs!();

    fn is_waiting(&self, _: bool) -> bool {
        matches!(self.state(), PaeState::Connecting | PaeState::Authenticating | PaeState::Held)
    }

    /// Outside a conversation any Request begins one, also one that the peer then drops.
    fn is_inert_when_discarding(&self) -> bool {
        !matches!(self.state(), PaeState::Connecting | PaeState::Held | PaeState::Authenticated)
    }

    fn may_succeed(cause: &Cause<'_>, last_sent: &[u8]) -> bool {
        let Ok(sent) = EthernetFrame::parse(last_sent) else { return false };
        match cause {
            Cause::Packet(frame) => EthernetFrame::parse(frame).is_ok_and(|frame| {
                Peer::may_succeed(&Cause::Packet(frame.pdu.body), sent.pdu.body)
            }),
            cause => Peer::may_succeed(cause, sent.pdu.body),
        }
    }

    fn check_sent(packet: &[u8]) {
        let frame = EthernetFrame::parse(packet).unwrap();
        match frame.pdu.pdu_type {
            PduType::EapPacket => Peer::check_sent(frame.pdu.body),
            PduType::Start | PduType::Logoff => assert!(frame.pdu.body.is_empty()),
        }
    }
}

impl Session for PortAuthenticator {
    const GOES_ON: bool = true;
    const ENABLED: bool = false;
    /// The end of one conversation, and the beginning of the next.
    const MAX_SENT: usize = 2;

    verbs!();

    fn is_waiting(&self, _: bool) -> bool {
        use PortState::{Authenticating, Connecting, Held};
        matches!(self.state(), Connecting | Authenticating | Held)
    }

    fn may_succeed(cause: &Cause<'_>, last_sent: &[u8]) -> bool {
        EthernetFrame::parse(last_sent)
            .is_ok_and(|sent| Authenticator::may_succeed(cause, sent.pdu.body))
    }

    fn check_sent(packet: &[u8]) {
        Authenticator::check_sent(EthernetFrame::parse(packet).unwrap().pdu.body);
    }
}
