//! Every arrow of the PAE between its resting states.

use super::*;
use crate::testing::{failure, success};
use PaeState::{Authenticated, Authenticating, Connecting, Disconnected, Held, Logoff};
use PortStatus::{Authorized, Unauthorized};

#[test]
fn it_is_silent_until_the_port_is_up() {
    let mut host = supplicant();
    assert_eq!((host.session.state(), host.session.port()), (Disconnected, Unauthorized));
    assert_eq!(host.left(), None);
    assert_eq!(host.wait(1_000_000), []);
    for signal in [Signal::AltAccept, Signal::AltReject, Signal::Restart, Signal::Logon] {
        assert_eq!(host.signal(signal), [], "{signal:?}");
    }
    let fate = host.drop_of(&frame(&request(1, IDENTITY, b"")));
    assert_eq!(fate, Received::Discarded(Discard::PortDisabled));
}

#[test]
fn disconnected_on_port_up_goes_to_connecting_and_starts_at_once() {
    let mut host = supplicant();
    assert_eq!(host.signal(Signal::PortUp), [pae(Connecting), eapol_start()]);
    assert_eq!(host.left(), Some(START_PERIOD));
    // Where the port is up already it is no news.
    assert_eq!(host.signal(Signal::PortUp), []);
}

#[test]
fn connecting_sends_a_start_in_each_start_period_and_then_opens_the_port() {
    let mut host = host_with(&config().max_start(4));
    host.signal(Signal::PortUp);
    for _ in 1..4 {
        assert_eq!(host.left(), Some(START_PERIOD));
        assert_eq!(host.expire(), [eapol_start()]);
    }
    assert_eq!(
        host.expire(),
        [Seen::Event(Event::NoAuthenticator), pae(Authenticated), port(Authorized)]
    );
    assert_eq!((host.session.port(), host.left()), (Authorized, None));
}

#[test]
fn connecting_with_one_start_gives_up_after_one_period() {
    let mut host = host_with(&config().max_start(1).start_period(Duration::from_secs(5)));
    assert_eq!(host.signal(Signal::PortUp), [pae(Connecting), eapol_start()]);
    assert_eq!(host.left(), Some(5000));
    assert_eq!(host.expire()[0], Seen::Event(Event::NoAuthenticator));
}

#[test]
fn connecting_is_not_disturbed_by_early_calls_or_the_peers_own_timer() {
    // The peer's client timer of 60 s would run out in the middle of the second period.
    let mut host = host_with(&config().start_period(Duration::from_secs(40)));
    host.signal(Signal::PortUp);
    let mut outputs = Vec::new();
    while host.session.state() == Connecting {
        outputs.extend(host.wait(1000));
    }
    assert_eq!(host.now, 120_000);
    let end = [Seen::Event(Event::NoAuthenticator), pae(Authenticated), port(Authorized)];
    assert_eq!(outputs, [&[eapol_start(), eapol_start()][..], &end].concat());
}

#[test]
fn connecting_on_a_request_goes_through_restart_to_authenticating() {
    let mut host = connecting();
    assert_eq!(
        host.accept(&frame(&request(1, IDENTITY, b""))),
        [pae(Authenticating), eap(&response(1, IDENTITY, b"bob"))]
    );
    assert_eq!(host.left(), Some(AUTH_PERIOD));
}

#[test]
fn authenticating_on_success_goes_to_authenticated_and_opens_the_port() {
    let mut host = connecting();
    converse(&mut host);
    assert_eq!(
        host.accept(&frame(&success(2))),
        [succeeded(), pae(Authenticated), port(Authorized)]
    );
    assert_eq!((host.session.port(), host.left()), (Authorized, None));
}

#[test]
fn authenticating_on_failure_goes_to_held_and_closes_the_port() {
    let mut host = authenticating();
    assert_eq!(host.accept(&frame(&failure(1))), [failed(Failure::IdentityRejected), pae(Held)]);
    assert_eq!((host.session.port(), host.left()), (Unauthorized, Some(HELD_PERIOD)));

    let mut host = authenticated();
    converse(&mut host);
    let rejected = failed(Failure::Rejected { method: MethodType::MD5 });
    assert_eq!(host.accept(&frame(&failure(2))), [rejected, pae(Held), port(Unauthorized)]);
}

#[test]
fn authenticating_without_a_packet_for_auth_period_goes_to_connecting() {
    let mut host = authenticating();
    assert_eq!(host.expire(), [failed(Failure::NoRequest), pae(Connecting), eapol_start()]);
    assert_eq!(host.now, AUTH_PERIOD);
    assert_eq!(host.left(), Some(START_PERIOD));
    // startCount began anew.
    assert_eq!(host.expire(), [eapol_start()]);
    assert_eq!(host.expire(), [eapol_start()]);
    assert_eq!(host.expire()[0], Seen::Event(Event::NoAuthenticator));
}

#[test]
fn authenticating_uses_the_shorter_of_auth_period_and_client_timeout() {
    let mut host = host_with(&config().auth_period(Duration::from_secs(200)));
    host.signal(Signal::PortUp);
    host.accept(&frame(&request(1, IDENTITY, b"")));
    assert_eq!(host.left(), Some(60_000));
    assert_eq!(host.expire()[..2], [failed(Failure::NoRequest), pae(Connecting)]);
}

#[test]
fn held_goes_to_connecting_after_held_period() {
    let mut host = held();
    assert_eq!(host.expire(), [pae(Connecting), eapol_start()]);
    assert_eq!(host.now, HELD_PERIOD);
    assert_eq!(host.left(), Some(START_PERIOD));
}

#[test]
fn held_on_a_request_goes_through_restart_to_authenticating() {
    let mut host = held();
    // The peer has forgotten lastId: the same Identifier is not taken for a repetition.
    assert_eq!(
        host.accept(&frame(&request(1, IDENTITY, b""))),
        [pae(Authenticating), eap(&response(1, IDENTITY, b"bob"))]
    );
}

#[test]
fn authenticated_on_a_request_reauthenticates_with_the_port_open() {
    let mut host = authenticated();
    host.sleep(3_600_000);
    assert_eq!(
        host.accept(&frame(&request(1, IDENTITY, b""))),
        [pae(Authenticating), eap(&response(1, IDENTITY, b"bob"))]
    );
    assert_eq!(host.session.port(), Authorized);
    host.accept(&frame(&request(2, MD5, CHALLENGE)));
    assert_eq!(host.accept(&frame(&success(2))), [succeeded(), pae(Authenticated)]);
}

#[test]
fn authenticated_without_an_authenticator_yields_to_a_late_one() {
    let mut host = host_with(&config().max_start(1));
    host.signal(Signal::PortUp);
    host.expire();
    assert_eq!(host.session.state(), Authenticated);
    host.accept(&frame(&request(1, IDENTITY, b"")));
    assert_eq!((host.session.state(), host.session.port()), (Authenticating, Authorized));
    let rejected = [failed(Failure::IdentityRejected), pae(Held), port(Unauthorized)];
    assert_eq!(host.accept(&frame(&failure(1))), rejected);
}

#[test]
fn a_reauthentication_that_falls_silent_leaves_the_port_open() {
    let mut host = authenticated();
    host.accept(&frame(&request(1, IDENTITY, b"")));
    assert_eq!(host.expire(), [failed(Failure::NoRequest), pae(Connecting), eapol_start()]);
    assert_eq!(host.session.port(), Authorized);
}

#[test]
fn logoff_goes_to_logoff_from_everywhere_and_closes_the_port() {
    let logoff = || sent(PduType::Logoff, &[]);
    for mut host in [connecting(), authenticating(), held()] {
        assert_eq!(host.signal(Signal::Logoff), [pae(Logoff), logoff()]);
        assert_eq!((host.session.port(), host.left()), (Unauthorized, None));
        // Once.
        assert_eq!(host.signal(Signal::Logoff), []);
    }
    let expected = [pae(Logoff), logoff(), port(Unauthorized)];
    assert_eq!(authenticated().signal(Signal::Logoff), expected);
}

#[test]
fn logoff_on_logon_goes_to_connecting() {
    let mut host = logged_off();
    let fate = host.drop_of(&frame(&request(1, IDENTITY, b"")));
    assert_eq!(fate, Received::Discarded(Discard::LoggedOff));
    assert_eq!(host.signal(Signal::Restart), []);
    assert_eq!(host.wait(1_000_000), []);
    assert_eq!(host.signal(Signal::Logon), [pae(Connecting), eapol_start()]);
    assert_eq!(host.left(), Some(START_PERIOD));
    assert_eq!(host.signal(Signal::Logon), []);
}

#[test]
fn logoff_while_the_port_is_down_is_said_when_it_comes_up() {
    let mut host = supplicant();
    assert_eq!(host.signal(Signal::Logoff), []);
    assert_eq!(host.signal(Signal::PortUp), [pae(Logoff), sent(PduType::Logoff, &[])]);
    host.signal(Signal::PortDown);
    assert_eq!(host.signal(Signal::Logon), []);
    assert_eq!(host.signal(Signal::PortUp), [pae(Connecting), eapol_start()]);
}

#[test]
fn port_down_goes_to_disconnected_from_everywhere() {
    for mut host in [connecting(), authenticating(), held(), logged_off()] {
        assert_eq!(host.signal(Signal::PortDown), [pae(Disconnected)]);
        assert_eq!((host.session.port(), host.left()), (Unauthorized, None));
        assert_eq!(host.wait(1_000_000), []);
    }
    let mut host = authenticated();
    assert_eq!(host.signal(Signal::PortDown), [pae(Disconnected), port(Unauthorized)]);
    assert_eq!(host.signal(Signal::PortUp), [pae(Connecting), eapol_start()]);
}

#[test]
fn port_down_begins_the_count_of_starts_anew() {
    let mut host = connecting();
    host.expire();
    host.signal(Signal::PortDown);
    host.signal(Signal::PortUp);
    assert_eq!(host.expire(), [eapol_start()]);
    assert_eq!(host.expire(), [eapol_start()]);
    assert_eq!(host.expire()[0], Seen::Event(Event::NoAuthenticator));
}

#[test]
fn restart_goes_to_connecting_and_leaves_the_port_as_it_is() {
    let cases =
        [(authenticating(), Unauthorized), (held(), Unauthorized), (authenticated(), Authorized)];
    for (mut host, status) in cases {
        assert_eq!(host.signal(Signal::Restart), [pae(Connecting), eapol_start()]);
        assert_eq!((host.session.port(), host.left()), (status, Some(START_PERIOD)));
    }
}

#[test]
fn restart_begins_the_count_of_starts_anew() {
    let mut host = host_with(&config().max_start(2));
    host.signal(Signal::PortUp);
    for _ in 0..3 {
        assert_eq!(host.expire(), [eapol_start()]);
        assert_eq!(host.signal(Signal::Restart), [eapol_start()]);
    }
    assert_eq!(host.expire(), [eapol_start()]);
    assert_eq!(host.expire()[0], Seen::Event(Event::NoAuthenticator));
}

#[test]
fn alt_signals_end_a_conversation_and_nothing_else() {
    let mut accepted = connecting();
    converse(&mut accepted);
    let open = [succeeded(), pae(Authenticated), port(Authorized)];
    assert_eq!(accepted.signal(Signal::AltAccept), open);
    let held_back = [failed(Failure::LowerLayer), pae(Held)];
    assert_eq!(authenticating().signal(Signal::AltReject), held_back);
    for signal in [Signal::AltAccept, Signal::AltReject] {
        for mut host in [connecting(), held(), authenticated(), logged_off()] {
            assert_eq!(host.signal(signal), [], "{:?}", host.session.state());
        }
    }
}
