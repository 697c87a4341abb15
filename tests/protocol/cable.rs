//! Both ends of a cable: a supplicant and the port of a switch, with a simulated clock.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use eap_rs::eapol::{
    GROUP_ADDRESS, MacAddress, MacBypass, PaeState, PortAuthenticator, PortAuthenticatorConfig,
    PortAuthenticatorConfigBuilder, PortState, PortStatus, Supplicant, SupplicantConfig,
};
use eap_rs::{
    Answer, AuthenticatorConfig, Credential, Discard, Instant, MethodType, Output, PeerConfig,
    Query, Received, Secret, Signal,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const PHONE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const PC: MacAddress = MacAddress([2, 0, 0, 0, 0, 3]);
const SWITCH: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

const SECOND: u64 = 1000;
const BOTH_OPEN: [PortStatus; 2] = [PortStatus::Authorized; 2];
const BOTH_CLOSED: [PortStatus; 2] = [PortStatus::Unauthorized; 2];

/// A supplicant, a port, and the frames between them.
struct Cable {
    supplicant: Supplicant,
    port: PortAuthenticator,
    now: u64,
    frames: VecDeque<(End, Vec<u8>)>,
    /// The chance of a frame to get lost, in percent.
    loss: u32,
    rng: StdRng,
    /// The addresses that may in without 802.1X.
    known: Vec<MacAddress>,
    asked_about: Vec<MacAddress>,
    /// Logins that ended on the port's side, and how.
    logins: Vec<bool>,
}

/// Whom a frame is for.
#[derive(Clone, Copy)]
enum End {
    Supplicant,
    Port,
}

fn config() -> PortAuthenticatorConfigBuilder {
    PortAuthenticatorConfig::builder(SWITCH)
}

fn supplicant(mac: MacAddress, password: &str, seed: u64) -> Supplicant {
    let config = SupplicantConfig::builder(mac).build().unwrap();
    let peer = PeerConfig::builder().identity("alice").password(password).method(MethodType::MD5);
    let rng = StdRng::seed_from_u64(seed);
    Supplicant::new(Arc::new(config), Arc::new(peer.build().unwrap()), rng)
}

impl Cable {
    /// Both ends are up, one after the other.
    fn plugged_in(config: &PortAuthenticatorConfigBuilder, password: &str, seed: u64) -> Self {
        let mut cable = Self::unplugged(config, password, seed);
        cable.port.handle_signal(Signal::PortUp, cable.time());
        cable.supplicant.handle_signal(Signal::PortUp, cable.time());
        cable
    }

    fn unplugged(config: &PortAuthenticatorConfigBuilder, password: &str, seed: u64) -> Self {
        let eap = AuthenticatorConfig::builder().method(MethodType::MD5).build().unwrap();
        let config = Arc::new(config.build().unwrap());
        let rng = StdRng::seed_from_u64(seed + 1);
        Self {
            supplicant: supplicant(PHONE, password, seed),
            port: PortAuthenticator::new(config, Arc::new(eap), rng),
            now: 0,
            frames: VecDeque::new(),
            loss: 0,
            rng: StdRng::seed_from_u64(seed + 2),
            known: Vec::new(),
            asked_about: Vec::new(),
            logins: Vec::new(),
        }
    }

    fn time(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Whether the ports are open, the supplicant's first.
    fn ports(&self) -> [PortStatus; 2] {
        [self.supplicant.port(), self.port.port()]
    }

    /// A station that is none of ours sends a frame to the port.
    fn speak(&mut self, frame: &[u8]) -> Received {
        let fate = self.port.handle_packet(frame, self.time());
        self.settle();
        fate
    }

    /// Carries frames until there are none.
    fn settle(&mut self) {
        loop {
            while let Some(output) = self.supplicant.poll_output() {
                if let Output::Send(frame) = output {
                    self.frames.push_back((End::Port, frame));
                }
            }
            while let Some(output) = self.port.poll_output() {
                self.port_wants(output);
            }
            let Some((end, frame)) = self.frames.pop_front() else { return };
            if self.rng.random_range(0..100) < self.loss {
                continue;
            }
            let _fate = match end {
                End::Supplicant => self.supplicant.handle_packet(&frame, self.time()),
                End::Port => self.port.handle_packet(&frame, self.time()),
            };
        }
    }

    fn port_wants(&mut self, output: Output) {
        match output {
            Output::Send(frame) => self.frames.push_back((End::Supplicant, frame)),
            Output::Ask(id, query) => {
                let answer = match query {
                    Query::MacBypass { mac } => {
                        self.asked_about.push(mac);
                        Answer::Verdict(self.known.contains(&mac))
                    }
                    _ => Answer::Credential(Credential::Cleartext(Secret::from("secret"))),
                };
                self.port.handle_answer(id, answer, self.time()).unwrap();
            }
            Output::Finished(result) => self.logins.push(result.is_ok()),
            _ => {}
        }
    }

    /// Lets that much time pass.
    fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        self.settle();
        loop {
            let timers = [self.supplicant.poll_timeout(), self.port.poll_timeout()];
            let next = timers.into_iter().flatten().min().map(Instant::as_millis);
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            self.supplicant.handle_timeout(self.time());
            self.port.handle_timeout(self.time());
            self.settle();
        }
        self.now = end;
    }
}

#[test]
fn a_login_opens_both_ports() {
    let mut cable = Cable::plugged_in(&config(), "secret", 1);
    assert_eq!(cable.ports(), BOTH_CLOSED);
    cable.run(SECOND);
    assert_eq!((cable.ports(), &cable.logins[..]), (BOTH_OPEN, &[true][..]));
    assert_eq!(cable.port.station(), Some(PHONE));
}

#[test]
fn a_wrong_password_keeps_both_ends_waiting_and_they_try_again() {
    let mut cable = Cable::plugged_in(&config(), "guess", 1);
    cable.run(SECOND);
    assert_eq!((cable.supplicant.state(), cable.port.state()), (PaeState::Held, PortState::Held));
    cable.run(130 * SECOND);
    assert_eq!((cable.ports(), &cable.logins[..]), (BOTH_CLOSED, &[false; 3][..]));
}

#[test]
fn reauthentication_keeps_both_ports_open() {
    let period = Some(Duration::from_secs(60));
    let mut cable = Cable::plugged_in(&config().reauth_period(period), "secret", 1);
    for _ in 0..600 {
        cable.run(SECOND);
        assert_eq!(cable.ports(), BOTH_OPEN, "at {}", cable.now);
    }
    assert_eq!(cable.logins, [true; 11]);
}

#[test]
fn logoff_closes_both_ports_and_logon_opens_them_again() {
    let mut cable = Cable::plugged_in(&config(), "secret", 1);
    cable.run(SECOND);
    cable.supplicant.handle_signal(Signal::Logoff, cable.time());
    cable.run(600 * SECOND);
    assert_eq!((cable.ports(), cable.port.station()), (BOTH_CLOSED, None));
    cable.supplicant.handle_signal(Signal::Logon, cable.time());
    cable.run(SECOND);
    assert_eq!(cable.ports(), BOTH_OPEN);
}

#[test]
fn frames_that_are_lost_delay_a_login_and_do_not_prevent_it() {
    for seed in 0..100 {
        let mut cable = Cable::plugged_in(&config(), "secret", seed);
        cable.loss = 40;
        cable.run(60 * SECOND);
        cable.loss = 0;
        // The EAP-Success that is lost is missed after the supplicant's authPeriod.
        cable.run(60 * SECOND);
        assert_eq!(cable.ports(), BOTH_OPEN, "seed {seed}");
    }
}

#[test]
fn another_station_on_the_line_disturbs_nobody() {
    let mut cable = Cable::plugged_in(&config(), "secret", 1);
    cable.run(SECOND);
    let mut pc = supplicant(PC, "secret", 9);
    pc.handle_signal(Signal::PortUp, cable.time());
    pc.handle_signal(Signal::Logoff, cable.time());
    let mut frames = 0;
    while let Some(output) = pc.poll_output() {
        let Output::Send(frame) = output else { continue };
        assert_eq!(cable.speak(&frame), Received::Discarded(Discard::OtherStation));
        frames += 1;
    }
    assert_eq!(frames, 2, "EAPOL-Start and EAPOL-Logoff");
    cable.run(SECOND);
    assert_eq!((cable.ports(), cable.port.station()), (BOTH_OPEN, Some(PHONE)));
}

#[test]
fn a_phone_that_is_let_in_by_its_address_logs_in_later_with_the_port_open() {
    let mut cable = Cable::unplugged(&config().mac_bypass(MacBypass::First), "secret", 1);
    cable.known.push(PHONE);
    cable.port.handle_signal(Signal::PortUp, cable.time());
    let frame = [&GROUP_ADDRESS.0[..], &PHONE.0, &[8, 0], &[0; 46]].concat();
    assert_eq!(cable.speak(&frame), Received::Accepted);
    assert_eq!(
        (cable.port.port(), cable.port.state()),
        (PortStatus::Authorized, PortState::Disconnected)
    );
    cable.run(10 * SECOND);
    cable.supplicant.handle_signal(Signal::PortUp, cable.time());
    cable.run(SECOND);
    assert_eq!((cable.ports(), cable.port.state()), (BOTH_OPEN, PortState::Authenticated));
    assert_eq!((&cable.asked_about[..], &cable.logins[..]), (&[PHONE][..], &[true][..]));
}

#[test]
fn who_speaks_802_1x_in_time_is_not_asked_about_by_address() {
    let after = MacBypass::After(Duration::from_secs(5));
    let mut cable = Cable::plugged_in(&config().mac_bypass(after), "secret", 1);
    cable.run(600 * SECOND);
    assert_eq!((cable.ports(), &cable.asked_about[..]), (BOTH_OPEN, &[][..]));
}
