//! The loop: frames, answers and time in; frames, requests and lines out.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use eap_rs::eapol::{
    MacAddress, PortAuthenticator, PortControl, PortState, PortStatus, SessionLimit,
};
use eap_rs::radius::{AttributeType, RadiusCode, RadiusReply, Vlan};
use eap_rs::{
    AaaAnswer, AaaRequestId, Answer, Event, Identity, Instant, Keys, MethodType, Offer, Outcome,
    Output, Query, QueryId, Received, Signal,
};
use sha2::{Digest, Sha256};

use crate::clock::{Clock, unix_time};
use crate::command::Settings;
use crate::ethernet::{Ethernet, FRAME_MAX, Link, wait};
use crate::servers::{News, Question, Servers};
use crate::users::Granted;

/// How many frames are taken before the servers and the clock have their turn.
const FRAMES_AT_ONCE: usize = 64;

/// A port of a switch.
pub(crate) struct Switch<'a, W> {
    settings: &'a Settings,
    ethernet: Ethernet,
    link: Link,
    port: PortAuthenticator,
    servers: Servers,
    clock: Clock,
    grant: Grant,
    /// The station that is asked about by its address.
    asked_about: Option<MacAddress>,
    log: W,
}

/// What is said about the one that is let in.
#[derive(Default)]
struct Grant {
    name: Option<Identity>,
    vlan: Option<Vlan>,
    limit: Option<SessionLimit>,
}

impl Grant {
    /// What a user of our own gets.
    fn of_user(Granted { vlan, session_timeout }: Granted) -> Self {
        let seconds = session_timeout.map(|seconds| Duration::from_secs(seconds.into()));
        Self { name: None, vlan, limit: seconds.map(SessionLimit::Reauthenticate) }
    }

    /// Reads an Access-Accept; the error is why nobody is let in by it.
    fn read(accept: &RadiusReply) -> Result<Self, String> {
        let limit = SessionLimit::from_radius(accept.attributes());
        Ok(Self {
            name: accept.values(AttributeType::USER_NAME).next().map(Identity::new),
            vlan: accept.attributes().vlan().map_err(|error| error.to_string())?,
            limit: limit.map_err(|error| error.to_string())?,
        })
    }
}

impl<'a, W: Write> Switch<'a, W> {
    pub(crate) fn new(
        settings: &'a Settings,
        ethernet: Ethernet,
        port: PortAuthenticator,
        servers: Servers,
        clock: Clock,
        log: W,
    ) -> Self {
        Self {
            settings,
            ethernet,
            link: Link::default(),
            port,
            servers,
            clock,
            grant: Grant::default(),
            asked_about: None,
            log,
        }
    }

    /// For ever.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        let address = self.ethernet.address();
        self.say(format_args!("listening on {} ({address})", self.settings.interface))?;
        self.port.set_unix_time(unix_time(), self.clock.now());
        self.link_changed()?;
        let descriptors: Vec<_> =
            self.ethernet.descriptors().into_iter().chain(self.servers.descriptors()).collect();
        loop {
            self.outputs()?;
            let ready = wait(&descriptors, self.time_left())?;
            let [frames, links, servers @ ..] = &ready[..] else { continue };
            if *links {
                self.link_changed()?;
            }
            if *frames {
                self.frames()?;
            }
            let now = self.clock.now();
            if servers.contains(&true) {
                for line in self.servers.receive() {
                    self.say(format_args!("{line}"))?;
                }
            }
            self.servers.handle_timeout(now);
            self.port.set_unix_time(unix_time(), now);
            self.port.handle_timeout(now);
        }
    }

    fn say(&mut self, line: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.log.write_fmt(format_args!("{line}\n"))?;
        self.log.flush()
    }

    fn time_left(&self) -> Option<Duration> {
        let deadline = [self.port.poll_timeout(), self.servers.deadline()];
        let deadline = deadline.into_iter().flatten().min()?;
        Some(deadline.saturating_since(self.clock.now()))
    }

    fn link_changed(&mut self) -> io::Result<()> {
        let link = self.ethernet.link()?;
        if link == self.link {
            return Ok(());
        }
        let was_up = std::mem::replace(&mut self.link, link).is_up;
        let now = self.clock.now();
        // Whoever is plugged in next has to log in.
        if was_up {
            self.say(format_args!("link: down"))?;
            self.port.handle_signal(Signal::PortDown, now);
            self.outputs()?;
        }
        if link.is_up {
            self.say(format_args!("link: up"))?;
            self.port.handle_signal(Signal::PortUp, now);
        }
        self.outputs()
    }

    fn frames(&mut self) -> io::Result<()> {
        let mut buffer = [0; FRAME_MAX];
        for _ in 0..FRAMES_AT_ONCE {
            let Some(frame) = self.ethernet.receive(&mut buffer) else { break };
            let received = self.port.handle_packet(frame, self.clock.now());
            if let Received::Discarded(reason) = received
                && self.settings.verbose
                && reason != eap_rs::Discard::NotEapol
            {
                self.say(format_args!("drop: {reason}"))?;
            }
            self.outputs()?;
        }
        Ok(())
    }

    /// Does what port and servers want; to be called after everything that is fed to either.
    fn outputs(&mut self) -> io::Result<()> {
        loop {
            if let Some(output) = self.port.poll_output() {
                self.port_wants(output)?;
            } else if let Some(news) = self.servers.poll() {
                self.servers_say(news)?;
            } else {
                return Ok(());
            }
        }
    }

    fn port_wants(&mut self, output: Output) -> io::Result<()> {
        let now = self.clock.now();
        match output {
            // A frame that is not sent is like one that is lost: EAP sends it again.
            Output::Send(frame) => {
                if let Err(error) = self.ethernet.send(&frame) {
                    self.say(format_args!("a frame was not sent: {error}"))?;
                }
            }
            Output::AskAaa(request) => {
                if let Err(error) = self.servers.ask(self.port.station(), &request, now) {
                    self.say(format_args!("nothing was asked: {error}"))?;
                    let answer = AaaAnswer::Failure { eap_message: None };
                    let _ = self.port.handle_aaa(request.id, answer, now);
                }
            }
            Output::Ask(id, query) => self.asked(id, &query, now)?,
            Output::Withdrawn(_) => self.servers.forget(),
            Output::Finished(Ok(outcome)) => self.logged_in(&outcome, now)?,
            Output::Finished(Err(failure)) => self.say(format_args!("login failed: {failure}"))?,
            Output::Event(event) => self.happened(event)?,
            _ => {}
        }
        Ok(())
    }

    fn happened(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::PortPae(state) => {
                match state {
                    PortState::Authenticating => {}
                    PortState::Connecting => {
                        self.servers.begin(self.port.port() == PortStatus::Authorized);
                        self.grant = Grant::default();
                    }
                    _ => self.servers.forget(),
                }
                if self.settings.verbose || state == PortState::Held {
                    return self.say(format_args!("state: {}", name(state)));
                }
                Ok(())
            }
            Event::Port(PortStatus::Unauthorized) => self.say(format_args!("port: unauthorized")),
            Event::Port(_) if self.settings.control == PortControl::ForceAuthorized => {
                self.say(format_args!("port: authorized by force"))
            }
            Event::PeerIdentity(identity) => match self.port.station() {
                Some(station) => self.say(format_args!("identity {identity} at {station}")),
                None => self.say(format_args!("identity {identity}")),
            },
            Event::MethodStarted(method) => self.say(format_args!("method {method}")),
            _ => Ok(()),
        }
    }

    fn asked(&mut self, id: QueryId, query: &Query, now: Instant) -> io::Result<()> {
        let answer = match query {
            Query::MacBypass { mac } => {
                self.say(format_args!("MAC: asking about {mac}"))?;
                self.asked_about = Some(*mac);
                self.servers.begin(self.port.port() == PortStatus::Authorized);
                return match self.servers.ask_mac(id, *mac, now) {
                    Ok(()) => Ok(()),
                    Err(error) => self.mac_refused(id, &error.to_string(), now),
                };
            }
            // Our own users here, everybody else there.
            Query::Policy { identity } if self.knows(identity) => {
                self.grant = Grant::of_user(self.settings.users.granted(identity));
                Answer::Offer(Offer::new(&self.settings.methods[..]))
            }
            Query::Policy { .. } => Answer::Offer(Offer::pass_through()),
            query => self.settings.users.answer(query),
        };
        if let Err(error) = self.port.handle_answer(id, answer, now) {
            self.say(format_args!("answer not taken: {error}"))?;
        }
        Ok(())
    }

    fn knows(&self, identity: &Identity) -> bool {
        let query = Query::Credential {
            identity: identity.clone(),
            method: MethodType::NONE,
            accepts: &[],
        };
        !matches!(
            self.settings.users.answer(&query),
            Answer::Credential(eap_rs::Credential::Unknown)
        )
    }

    fn servers_say(&mut self, news: News) -> io::Result<()> {
        let now = self.clock.now();
        match news {
            News::Log(line) => self.say(format_args!("{line}")),
            News::Reply(Question::Aaa(id), reply) => self.aaa_answered(id, &reply, now),
            News::Reply(Question::Mac(id), reply) => self.mac_answered(id, &reply, now),
            News::TimedOut(Question::Aaa(id)) => {
                let _ = self.port.handle_aaa(id, AaaAnswer::Timeout, now);
                Ok(())
            }
            News::TimedOut(Question::Mac(id)) => self.mac_refused(id, "no server answers", now),
        }
    }

    fn aaa_answered(
        &mut self,
        id: AaaRequestId,
        reply: &RadiusReply,
        now: Instant,
    ) -> io::Result<()> {
        let eap = reply.eap_message();
        let refusal = AaaAnswer::Failure { eap_message: eap.as_deref() };
        let answer = match reply.code() {
            RadiusCode::ACCESS_CHALLENGE => {
                let seconds = reply.attributes().session_timeout();
                AaaAnswer::Request {
                    eap_message: eap.as_deref().unwrap_or_default(),
                    method_timeout: seconds.map(|seconds| Duration::from_secs(seconds.into())),
                }
            }
            RadiusCode::ACCESS_ACCEPT => match Grant::read(reply) {
                Ok(grant) => {
                    self.grant = grant;
                    AaaAnswer::Success { eap_message: eap.as_deref(), keys: reply.keys() }
                }
                Err(why) => {
                    self.say(format_args!("not let in: {why}"))?;
                    AaaAnswer::Failure { eap_message: None }
                }
            },
            _ => refusal,
        };
        match self.port.handle_aaa(id, answer, now) {
            Received::Discarded(reason) => {
                self.say(format_args!("drop from the server: {reason}"))?;
                // The question would stay open, and nobody would answer it.
                let _ = self.port.handle_aaa(id, AaaAnswer::NoRequest, now);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn mac_answered(&mut self, id: QueryId, reply: &RadiusReply, now: Instant) -> io::Result<()> {
        let grant = match reply.code() {
            RadiusCode::ACCESS_ACCEPT => Grant::read(reply),
            _ => Err("the server does not let it in".into()),
        };
        let grant = match grant {
            Ok(grant) => grant,
            Err(why) => return self.mac_refused(id, &why, now),
        };
        let Some(mac) = self.asked_about else { return Ok(()) };
        if let Err(error) = self.port.handle_answer(id, Answer::Verdict(true), now) {
            return self.say(format_args!("answer not taken: {error}"));
        }
        self.grant = grant;
        let line = self.authorized(&mac.to_string(), "MAC", now);
        self.say(format_args!("{line}"))
    }

    fn mac_refused(&mut self, id: QueryId, why: &str, now: Instant) -> io::Result<()> {
        if let Some(mac) = self.asked_about {
            self.say(format_args!("MAC: refused {mac}: {why}"))?;
        }
        let _ = self.port.handle_answer(id, Answer::Verdict(false), now);
        Ok(())
    }

    fn logged_in(&mut self, outcome: &Outcome, now: Instant) -> io::Result<()> {
        let who = self.grant.name.as_ref().unwrap_or(&outcome.peer_identity).to_string();
        let line = self.authorized(&who, &outcome.method.to_string(), now);
        self.say(format_args!("{line}"))?;
        let line = self.keys(outcome.keys.as_ref());
        self.say(format_args!("{line}"))
    }

    /// Says who has been let in, and how long for.
    fn authorized(&mut self, who: &str, how: &str, now: Instant) -> String {
        let mut line = format!("port: authorized {who} ({how})");
        if let Some(vlan) = self.grant.vlan.as_ref().or(self.settings.vlan_default.as_ref()) {
            let _ = write!(line, " vlan {vlan}");
        }
        if let Some(limit) = self.grant.limit {
            self.port.set_session_limit(limit, now);
            let _ = match limit {
                SessionLimit::Terminate(time) => write!(line, " for {} s", time.as_secs()),
                SessionLimit::Reauthenticate(time) => {
                    write!(line, " for {} s, then to log in again", time.as_secs())
                }
            };
        }
        line
    }

    /// What a lower layer that encrypts would be keyed with.
    fn keys(&self, keys: Option<&Keys>) -> String {
        let Some(keys) = keys else { return "keys: none".into() };
        let msk = keys.msk.expose();
        let mut line = format!("keys: {} octets handed on", msk.len());
        if self.settings.key_fingerprint {
            line.push_str(", SHA-256 begins ");
            for octet in Sha256::digest(msk).iter().take(8) {
                let _ = write!(line, "{octet:02x}");
            }
        }
        line
    }
}

fn name(state: PortState) -> &'static str {
    match state {
        PortState::Initialize => "initialize",
        PortState::Disconnected => "disconnected",
        PortState::Connecting => "connecting",
        PortState::Authenticating => "authenticating",
        PortState::Authenticated => "authenticated",
        PortState::Held => "held",
        PortState::ForceAuth => "force authorized",
        PortState::ForceUnauth => "force unauthorized",
    }
}
