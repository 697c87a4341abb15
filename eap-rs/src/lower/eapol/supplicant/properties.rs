//! What holds for the supplicant whatever comes in, in whatever order.

use proptest::prelude::*;

use super::*;
use crate::MethodType;
use crate::testing::random::{Obedient, Rules, check};
use crate::testing::{SCRIPTED_FACTS, rng};

const PHONE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const SWITCH: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

#[test]
fn no_sequence_of_inputs_breaks_a_rule() {
    let rules = Rules {
        is_asking: |supplicant: &Supplicant| supplicant.peer.is_asking(),
        wrap: |packet| {
            write_frame(GROUP_ADDRESS, SWITCH, EapolVersion::V2, PduType::EapPacket, packet)
        },
        unwrap: |frame| EthernetFrame::parse(frame).unwrap().pdu.body,
        receives: 1,
        one_conversation: false,
        has_aaa: false,
    };
    check(&rules, (any::<bool>(), any::<bool>()), |(up, identity)| {
        let mut peer = PeerConfig::builder()
            .custom_method(SCRIPTED_FACTS, || Box::new(Obedient::default()))
            .method(MethodType::MD5)
            .method(MethodType::GTC);
        if identity {
            peer = peer.identity("user");
        }
        let config = SupplicantConfig::builder(PHONE).build().unwrap();
        let peer = peer.build().unwrap();
        let mut session = Supplicant::new(Arc::new(config), Arc::new(peer), rng());
        if up {
            session.handle_signal(Signal::PortUp, Instant::from_millis(0));
        }
        session
    });
}
