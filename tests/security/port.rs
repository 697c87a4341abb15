//! Family 4 on an IEEE 802.1X port: forged frames.

use std::sync::Arc;

use eap_rs::eapol::{
    Destination, EthernetFrame, GROUP_ADDRESS, MacAddress, PaeState, PortStatus, Supplicant,
    SupplicantConfig,
};
use eap_rs::{Answer, MethodType, PeerConfig, Received, Secret, Signal};
use eap_tests::script::{Scripted, failure, frame, request, success};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::peer_states::{FIRST, MD5_CHALLENGE, SECOND};

const US: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const SWITCH: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);
const ATTACKER: MacAddress = MacAddress([2, 0, 0, 0, 0, 6]);

fn supplicant() -> Scripted<Supplicant> {
    let config = SupplicantConfig::builder(US).destination(Destination::AsSeen).build().unwrap();
    let peer = PeerConfig::builder().identity("alice").method(MethodType::MD5).build().unwrap();
    let rng = StdRng::seed_from_u64(1);
    let supplicant = Supplicant::new(Arc::new(config), Arc::new(peer), rng);
    Scripted::new(supplicant).then(|supplicant| supplicant.signal(Signal::PortUp))
}

fn identified() -> Scripted<Supplicant> {
    supplicant().then(|supplicant| {
        let identity = request(FIRST, MethodType::IDENTITY, b"");
        assert_eq!(supplicant.feed(&frame(GROUP_ADDRESS, SWITCH, &identity)), Received::Accepted);
    })
}

fn authenticated() -> Scripted<Supplicant> {
    identified().then(|supplicant| {
        let challenge = request(SECOND, MethodType::MD5, MD5_CHALLENGE);
        let _ = supplicant.feed(&frame(US, SWITCH, &challenge));
        supplicant.answer(Answer::Secret(Secret::from("wonderland"))).unwrap();
        let _ = supplicant.feed(&frame(US, SWITCH, &success(SECOND)));
        assert_eq!(supplicant.session.session().port(), PortStatus::Authorized);
    })
}

fn destination(supplicant: &Scripted<Supplicant>) -> MacAddress {
    EthernetFrame::parse(supplicant.session.last_sent()).unwrap().destination
}

#[test]
fn a_discarded_frame_does_not_redirect_the_responses() {
    let mut supplicant = identified();
    for packet in [success(SECOND), request(SECOND, MethodType::MD5, &[0])] {
        let fate = supplicant.feed(&frame(US, ATTACKER, &packet));
        assert!(matches!(fate, Received::Discarded(_)), "{fate:?}");
    }
    let again = request(FIRST, MethodType::IDENTITY, b"");
    assert_eq!(supplicant.feed(&frame(GROUP_ADDRESS, SWITCH, &again)), Received::Duplicate);
    assert_eq!(destination(&supplicant), GROUP_ADDRESS);
    assert_eq!(supplicant.feed(&frame(US, SWITCH, &again)), Received::Duplicate);
    assert_eq!(destination(&supplicant), SWITCH);
}

/// A port is not opened by a word that follows no conversation, nor closed by one.
#[test]
fn forged_results_neither_open_nor_close_the_port() {
    for enter in [supplicant, identified, authenticated] {
        let mut supplicant = enter();
        let port = supplicant.session.session().port();
        for id in (0..=255).filter(|id| *id != FIRST) {
            for packet in [success(id), failure(id)] {
                let fate = supplicant.feed(&frame(US, ATTACKER, &packet));
                assert!(matches!(fate, Received::Discarded(_)), "{packet:02x?} {fate:?}");
            }
        }
        assert_eq!(supplicant.session.session().port(), port);
    }
}

/// Early success under the right Identifier is refused, and the port held.
#[test]
fn an_early_success_holds_the_port_closed() {
    let mut supplicant = identified();
    assert_eq!(supplicant.feed(&frame(US, ATTACKER, &success(FIRST))), Received::Accepted);
    let session = supplicant.session.session();
    assert_eq!((session.port(), session.state()), (PortStatus::Unauthorized, PaeState::Held));
}
