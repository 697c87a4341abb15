//! One login, both ends in one process: the peer (a phone, a laptop) and the authenticator (a
//! switch, an access point) with an account of its own. Nothing has to be set up.
//!
//! ```text
//! cargo run --example login -- --method gtc
//! ```
//!
//! Every packet is shown as it crosses, and every question with its answer. `Login::run` is the
//! loop that each host of this library has; here the link is a function call.

#[path = "login/certificates.rs"]
mod certificates;
#[path = "login/command.rs"]
mod command;
#[path = "login/ladder.rs"]
mod ladder;
mod names;
mod peer_inner;
#[path = "login/report.rs"]
mod report;
mod server_inner;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(feature = "fast")]
use eap_rs::Event;
use eap_rs::{
    Answer, Authenticator, AuthenticatorConfig, Credential, Failure, Instant, MethodType, Outcome,
    Output, Peer, PeerConfig, Query, QueryId, Received, Secret,
};
#[cfg(feature = "fast")]
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use certificates::Certificates;
use command::{Command, Wanted};
use ladder::{Ladder, Side};
use peer_inner::Who;

const REFUSED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let done = match Command::parse(lexopt::Parser::from_env()) {
        Ok(command) => run(&command, &mut io::stdout().lock()),
        Err(error) => return wrong_usage(&error),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(REFUSED),
        Err(error) => {
            complain(&format!("error: {error}\n"));
            ExitCode::from(REFUSED)
        }
    }
}

fn wrong_usage(error: &dyn Error) -> ExitCode {
    complain(&format!("error: {error}\n\n{}", command::USAGE));
    ExitCode::from(USAGE)
}

fn complain(text: &str) {
    // Where standard error is closed, the exit status has to do.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Says whether everything went well.
fn run(command: &Command, out: &mut impl Write) -> Result<bool, Box<dyn Error>> {
    match command {
        Command::Help => out.write_all(command::help().as_bytes())?,
        Command::List => out.write_all(command::list().as_bytes())?,
        Command::Login(wanted) => {
            let configs = configure(wanted)?;
            #[cfg(feature = "fast")]
            let twice = wanted.method.facts.method == MethodType::FAST;
            #[cfg(not(feature = "fast"))]
            let twice = false;
            writeln!(
                out,
                "EAP login by {} ({})\n",
                wanted.method.facts.method, wanted.method.facts.document
            )?;
            if !twice {
                return log_in(configs, wanted, out);
            }
            // The PAC of the first login opens the tunnel of the second.
            writeln!(out, "First login: the server's certificate opens the tunnel\n")?;
            if !log_in(configs.clone(), wanted, out)? {
                return Ok(false);
            }
            writeln!(out, "\nSecond login: the PAC opens the tunnel\n")?;
            return log_in(configs, wanted, out);
        }
    }
    Ok(true)
}

/// Says whether it went well.
fn log_in(configs: Configs, wanted: &Wanted, out: &mut impl Write) -> Result<bool, Box<dyn Error>> {
    let mut login = Login::new(configs, wanted.wrong_password, out)?;
    login.run()?;
    let (peer, authenticator) = login.results;
    writeln!(out)?;
    Ok(report::print(peer.as_ref(), authenticator.as_ref(), out)?)
}

/// What both ends are told.
type Configs = (Arc<PeerConfig>, Arc<AuthenticatorConfig>);

/// Both ends, configured for the same method.
fn configure(wanted: &Wanted) -> Result<Configs, Box<dyn Error>> {
    // Without a password in the configuration, the peer asks for it when it is needed.
    let mut peer = PeerConfig::builder().identity(IDENTITY);
    let mut authenticator = AuthenticatorConfig::builder().server_name("switch-3");
    match wanted.method.facts.method {
        MethodType::TTLS => {
            let Some(inner) = wanted.method.inner else { return Err("nothing inside".into()) };
            let certificates = Certificates::new(IDENTITY, wanted.wrong_password)?;
            let who = Who::new(IDENTITY);
            let ttls = peer_inner::ttls(inner, who, || Ok(certificates.peer(wanted.tls)?))?;
            peer = PeerConfig::builder().identity(ANONYMOUS).ttls(ttls);
            let tls = certificates.tunnel(wanted.tls)?;
            let inner_tls = || Ok(certificates.server(wanted.tls)?);
            authenticator = authenticator.ttls(server_inner::ttls(&[inner], 0, tls, inner_tls)?);
        }
        MethodType::PEAP => {
            let Some(inner) = wanted.method.inner else { return Err("nothing inside".into()) };
            let certificates = Certificates::new(IDENTITY, wanted.wrong_password)?;
            let who = Who::new(IDENTITY);
            let tls = || Ok(certificates.peer(wanted.tls)?);
            let peap = peer_inner::peap(inner, who, tls, |config| config)?;
            peer = PeerConfig::builder().identity(ANONYMOUS).peap(peap);
            let tls = certificates.tunnel(wanted.tls)?;
            let inner_tls = || Ok(certificates.server(wanted.tls)?);
            let peap = server_inner::peap(&[inner], 0, tls, inner_tls, |config| config)?;
            authenticator = authenticator.peap(peap);
        }
        #[cfg(feature = "fast")]
        MethodType::FAST => {
            let Some(inner) = wanted.method.inner else { return Err("nothing inside".into()) };
            let certificates = Certificates::new(IDENTITY, wanted.wrong_password)?;
            let who = Who::new(IDENTITY);
            let tls = || Ok(certificates.peer(wanted.tls)?);
            let fast = peer_inner::fast(inner, who, tls, |config| {
                Ok(config.tls(certificates.peer_builder(wanted.tls)))
            })?;
            peer = PeerConfig::builder().identity(ANONYMOUS).fast(fast);
            let tunnel = (certificates.server_builder(wanted.tls), &AUTHORITY[..]);
            let inner_tls = || Ok(certificates.server(wanted.tls)?);
            let mut key = [0; 32];
            StdRng::try_from_rng(&mut SysRng)?.fill_bytes(&mut key);
            let keys = Arc::new(eap_rs::fast::PacKeys::new(&[key])?);
            let fast = server_inner::fast(&[inner], 0, tunnel, inner_tls, |config| {
                config.authority_name("switch-3").pac_keys(keys)
            })?;
            authenticator = authenticator.fast(fast);
        }
        MethodType::TLS => {
            let certificates = Certificates::new(IDENTITY, wanted.wrong_password)?;
            peer = peer.tls(certificates.peer(wanted.tls)?);
            authenticator = authenticator.tls(certificates.server(wanted.tls)?);
        }
        method => {
            peer = peer.method(method);
            authenticator = authenticator.method(method);
        }
    }
    Ok((Arc::new(peer.build()?), Arc::new(authenticator.build()?)))
}

/// What the person at the peer knows, and what the operator has on file.
struct Account {
    password: &'static str,
    one_time_password: &'static str,
}

const IDENTITY: &str = "alice@example.org";

/// What is said outside a tunnel.
const ANONYMOUS: &str = "@example.org";

/// A-ID, by which peers know whose PAC they have: 16 octets, chosen at random.
#[cfg(feature = "fast")]
const AUTHORITY: [u8; 16] = *b"\x1d\x3c\x52\xf0\x8b\x6e\x4a\x97\xb5\x29\xcd\x04\x71\xea\x9f\x66";

/// What the operator has on file. The one-time password is the answer to `OTP_CHALLENGE` for the
/// pass phrase "This is a test." (RFC 2289 appendix C).
const ON_FILE: Account =
    Account { password: "rain in Spain", one_time_password: "50FE 1962 C496 5880" };
const OTP_CHALLENGE: &str = "otp-md5 99 TeSt";

/// What a person types who is mistaken. The one-time password is the one of last time, number 100,
/// which is no answer to a challenge for number 99.
const MISTAKEN: Account =
    Account { password: "rain in Wales", one_time_password: "CCB7 88AB 27B0 683B" };

/// Both ends, and what has become of them.
struct Login<'a, W> {
    peer: Peer,
    authenticator: Authenticator,
    user: Account,
    /// What the operator wants to see from the user.
    expected: &'static str,
    clock: std::time::Instant,
    ladder: Ladder<'a, W>,
    results: (Ended, Ended),
}

/// `None` until the end has finished.
type Ended = Option<Result<Outcome, Failure>>;

impl<'a, W: Write> Login<'a, W> {
    fn new(
        (peer, authenticator): Configs,
        wrong_password: bool,
        out: &'a mut W,
    ) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            peer: Peer::new(peer, StdRng::try_from_rng(&mut SysRng)?),
            authenticator: Authenticator::new(authenticator, StdRng::try_from_rng(&mut SysRng)?),
            user: if wrong_password { MISTAKEN } else { ON_FILE },
            expected: ON_FILE.password,
            clock: std::time::Instant::now(),
            ladder: Ladder::new(out)?,
            results: (None, None),
        })
    }

    /// Until neither end has anything left to do. Packets cannot be lost on the way, so no timer
    /// is ever due; a host with a real link also sleeps until `poll_timeout` and then calls
    /// `handle_timeout`.
    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        // The dates of certificates are checked against the calendar, which a session cannot read.
        let unix_time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        self.peer.set_unix_time(unix_time, self.now());
        self.authenticator.set_unix_time(unix_time, self.now());
        self.authenticator.start(self.now());
        loop {
            if let Some(output) = self.peer.poll_output() {
                self.peer_does(output)?;
            } else if let Some(output) = self.authenticator.poll_output() {
                self.authenticator_does(output)?;
            } else {
                return Ok(());
            }
        }
    }

    fn peer_does(&mut self, output: Output) -> Result<(), Box<dyn Error>> {
        match output {
            Output::Send(packet) => {
                self.ladder.packet(Side::Peer, &packet)?;
                let fate = self.authenticator.handle_packet(&packet, self.now());
                self.note_discard(Side::Authenticator, fate)?;
            }
            Output::Ask(id, query) => self.ask_user(id, &query)?,
            // What is to be kept in a file is with the configuration, too, while it lasts.
            #[cfg(feature = "fast")]
            Output::Event(Event::PacUpdated(_)) => self.ladder.note(Side::Peer, "has a new PAC")?,
            Output::Finished(result) => self.results.0 = Some(result),
            _ => {}
        }
        Ok(())
    }

    fn authenticator_does(&mut self, output: Output) -> Result<(), Box<dyn Error>> {
        match output {
            Output::Send(packet) => {
                self.ladder.packet(Side::Authenticator, &packet)?;
                let fate = self.peer.handle_packet(&packet, self.now());
                self.note_discard(Side::Peer, fate)?;
            }
            Output::Ask(id, query) => self.ask_operator(id, &query)?,
            Output::Finished(result) => self.results.1 = Some(result),
            _ => {}
        }
        Ok(())
    }

    /// The peer's questions go to the person who wants to log in.
    fn ask_user(&mut self, id: QueryId, query: &Query) -> Result<(), Box<dyn Error>> {
        let (question, answer) = match query.innermost() {
            Query::VerifyServer { certificate, .. } => {
                let question = format!("whether to trust {}", certificate.subject);
                self.ladder.question(Side::Peer, &question, "yes")?;
                return Ok(self.peer.handle_answer(id, Answer::Verdict(true), self.now())?);
            }
            Query::Password { identity, .. } => {
                (format!("for the password of {identity}"), Some(self.user.password))
            }
            // A token card shows a number of its own; for GTC a password does as well.
            Query::Token { challenge } if challenge == OTP_CHALLENGE => (
                format!("for the one-time password {challenge:?}"),
                Some(self.user.one_time_password),
            ),
            Query::Token { challenge } => {
                (format!("for the token card's answer to {challenge:?}"), Some(self.user.password))
            }
            other => (format!("{other:?}"), None),
        };
        let (answer, shown) = match answer {
            Some(secret) => (Answer::Secret(Secret::from(secret)), "answered by the user"),
            None => (Answer::Decline, "declined: the user does not know"),
        };
        self.ladder.question(Side::Peer, &question, shown)?;
        Ok(self.peer.handle_answer(id, answer, self.now())?)
    }

    /// The authenticator's questions go to the operator's accounts.
    fn ask_operator(&mut self, id: QueryId, query: &Query) -> Result<(), Box<dyn Error>> {
        let (question, answer, shown) = match query.innermost() {
            Query::Credential { identity, .. } => {
                let known = identity.as_str() == Some(IDENTITY);
                let credential = if known {
                    Credential::Cleartext(Secret::from(ON_FILE.password))
                } else {
                    Credential::Unknown
                };
                let shown = if known { "found on file" } else { "not on file" };
                (format!("for the credential of {identity}"), Answer::Credential(credential), shown)
            }
            Query::CheckPassword { identity, password } => {
                let known = identity.as_str() == Some(IDENTITY);
                let right = known && password.ct_eq(self.expected.as_bytes());
                let shown = if right { "yes" } else { "no" };
                (format!("whether that is right for {identity}"), Answer::Verdict(right), shown)
            }
            Query::VerifyClient { identity, certificate, .. } => {
                let known = identity.as_str() == Some(IDENTITY);
                let question = format!("whether to admit {}", certificate.subject);
                (question, Answer::Verdict(known), if known { "yes" } else { "no" })
            }
            Query::Challenge { identity, .. } => {
                self.expected = ON_FILE.one_time_password;
                let challenge = Answer::Text(OTP_CHALLENGE.into());
                (format!("for a challenge to {identity}"), challenge, "made")
            }
            other => (format!("{other:?}"), Answer::Decline, "declined"),
        };
        self.ladder.question(Side::Authenticator, &question, shown)?;
        Ok(self.authenticator.handle_answer(id, answer, self.now())?)
    }

    fn note_discard(&mut self, by: Side, fate: Received) -> io::Result<()> {
        match fate {
            Received::Discarded(reason) => self.ladder.discard(by, reason),
            _ => Ok(()),
        }
    }

    fn now(&self) -> Instant {
        let millis = self.clock.elapsed().as_millis();
        Instant::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}
