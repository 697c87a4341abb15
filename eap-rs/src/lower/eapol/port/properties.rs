//! What holds for a port whatever comes in, in whatever order.

use proptest::prelude::*;

use super::*;
use crate::lower::eapol::EapolVersion;
use crate::testing::random::{Obedient, Rules, check};
use crate::testing::{SCRIPTED_FACTS, Session, rng};
use crate::{MethodType, Query};

const PHONE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const SWITCH: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

/// A port that is watched: it opens only after somebody has been let in.
struct Watched {
    port: PortAuthenticator,
    /// The address that is asked about.
    asked: Option<QueryId>,
    let_in: bool,
}

impl Session for Watched {
    fn packet(&mut self, packet: &[u8], now: Instant) -> Received {
        self.port.handle_packet(packet, now)
    }

    fn answer(&mut self, id: QueryId, answer: Answer, now: Instant) -> Result<(), AnswerError> {
        let yes = matches!(answer, Answer::Verdict(true)) && self.asked == Some(id);
        self.port.handle_answer(id, answer, now)?;
        self.let_in |= yes;
        Ok(())
    }

    fn answer_by_aaa(&mut self, id: AaaRequestId, answer: AaaAnswer<'_>, now: Instant) -> Received {
        self.port.handle_aaa(id, answer, now)
    }

    fn signal(&mut self, signal: Signal, now: Instant) {
        self.port.handle_signal(signal, now);
    }

    fn timeout(&mut self, now: Instant) {
        self.port.handle_timeout(now);
    }

    fn output(&mut self) -> Option<Output> {
        let output = self.port.poll_output();
        match &output {
            Some(Output::Ask(id, Query::MacBypass { mac })) => {
                assert!(mac.is_station() && *mac != SWITCH);
                self.asked = Some(*id);
            }
            Some(Output::Finished(result)) => self.let_in = result.is_ok(),
            Some(Output::Event(Event::Port(PortStatus::Authorized))) => {
                assert!(self.let_in, "open for nobody");
            }
            Some(Output::Event(Event::Port(PortStatus::Unauthorized))) => self.let_in = false,
            None => {
                let is_open = self.port.port() == PortStatus::Authorized;
                assert!(!is_open || self.port.station().is_some(), "it belongs to nobody");
                let is_closed = [PortState::Initialize, PortState::Held];
                assert!(!is_open || !is_closed.contains(&self.port.state()));
            }
            _ => {}
        }
        output
    }

    fn deadline(&self) -> Option<Instant> {
        self.port.poll_timeout()
    }
}

#[test]
fn no_sequence_of_inputs_breaks_a_rule() {
    let rules = Rules {
        is_asking: |watched: &Watched| watched.port.is_asking(),
        wrap: |packet| {
            write_frame(GROUP_ADDRESS, PHONE, EapolVersion::V2, PduType::EapPacket, packet)
        },
        unwrap: |frame| EthernetFrame::parse(frame).unwrap().pdu.body,
        receives: 2,
        one_conversation: false,
        has_aaa: true,
    };
    let bypass = prop_oneof![
        Just(None),
        Just(Some(MacBypass::First)),
        Just(Some(MacBypass::After(Duration::from_secs(20)))),
    ];
    check(&rules, (any::<(bool, bool)>(), bypass), |((up, own_methods), bypass)| {
        let mut eap = AuthenticatorConfig::builder().pass_through();
        if own_methods {
            eap = eap
                .custom_method(SCRIPTED_FACTS, || Box::new(Obedient::default()))
                .method(MethodType::MD5)
                .ask_policy();
        }
        let mut config = PortAuthenticatorConfig::builder(SWITCH).quiet_period(MIN_SESSION);
        if let Some(bypass) = bypass {
            config = config.mac_bypass(bypass);
        }
        let (config, eap) = (config.build().unwrap(), eap.build().unwrap());
        let mut port = PortAuthenticator::new(Arc::new(config), Arc::new(eap), rng());
        if up {
            port.handle_signal(Signal::PortUp, Instant::from_millis(0));
        }
        Watched { port, asked: None, let_in: false }
    });
}
