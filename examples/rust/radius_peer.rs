//! Logs in at a RADIUS server: a NAS and the peer behind it in one program, to try a server or to
//! test one under load.
//!
//! ```text
//! cargo run --example radius_peer -- --server 127.0.0.1:1812 --secret testing123 \
//!     --method md5 --identity alice --password wonderland
//! ```
//!
//! The peer is the same as behind a switch; the packets travel in RADIUS rather than in EAPOL.

#[path = "radius/client.rs"]
mod client;
#[path = "radius/clock.rs"]
mod clock;
#[path = "radius/config_error.rs"]
mod config_error;
#[path = "radius/login.rs"]
mod login;
mod names;
#[path = "radius/nt_hash.rs"]
mod nt_hash;
#[path = "radius/peer_command.rs"]
mod peer_command;
#[cfg(feature = "fast")]
#[path = "radius/peer_fast.rs"]
mod peer_fast;
mod peer_inner;
#[path = "radius/peer_tls.rs"]
mod peer_tls;
#[cfg(feature = "fast")]
#[path = "radius/regular_file.rs"]
mod regular_file;
#[cfg(feature = "fast")]
#[path = "radius/replacement.rs"]
mod replacement;
#[path = "radius/report.rs"]
mod report;
#[path = "radius/socket.rs"]
mod socket;
#[path = "radius/tls_flags.rs"]
mod tls_flags;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use eap_rs::{MethodType, NtHash, PeerConfig};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use client::Client;
use login::Login;
use peer_command::{Command, Settings};
use peer_inner::Who;
use report::Tally;

const FAILED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let done = match Command::parse(lexopt::Parser::from_env()) {
        Ok(command) => run(&command, &mut io::stdout().lock()),
        Err(error) => {
            complain(&format!("error: {error}\n\n{}", peer_command::USAGE));
            return ExitCode::from(USAGE);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            complain(&format!("error: {error}\n"));
            ExitCode::from(USAGE)
        }
    }
}

fn complain(text: &str) {
    // Where standard error is closed, the exit status has to do.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Says whether every login succeeded.
fn run(command: &Command, out: &mut impl Write) -> Result<bool, Box<dyn Error>> {
    let settings = match command {
        Command::Help => {
            out.write_all(peer_command::help().as_bytes())?;
            return Ok(true);
        }
        Command::Login(settings) => settings,
    };
    let mut config = configure(settings)?;
    let identity = settings.outer_identity();
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let mut client =
        Client::connect(&settings.servers, &settings.secret, settings.timeout, rng.fork())?;
    let mut tally = Tally::new(settings);
    for round in 0..settings.count {
        if round > 0 && settings.resumptions() > 0 {
            // The old one has the sessions of the last round.
            config = configure(settings)?;
        }
        for _ in 0..=settings.resumptions() {
            let login = Login::new(config.clone(), settings, rng.fork());
            let report = login.run(&identity, &mut client);
            let failed = report.result.is_err();
            tally.add(report, out)?;
            if failed {
                break;
            }
        }
    }
    Ok(tally.finish(out)?)
}

fn configure(settings: &Settings) -> Result<Arc<PeerConfig>, String> {
    match peer_config(settings) {
        Ok(config) => Ok(Arc::new(config)),
        Err(error) => Err(config_error::in_flags(error.as_ref(), &settings.tls)),
    }
}

/// Everything that the peer is told: the one place where a method is configured.
fn peer_config(settings: &Settings) -> Result<PeerConfig, Box<dyn Error>> {
    let mut config = PeerConfig::builder().identity(settings.outer_identity().as_bytes());
    let password = settings.typed.password.as_deref();
    if let Some(inner) = settings.method.inner {
        let nt_hash = settings.nt_hash.as_ref();
        let who = Who { password, nt_hash, ..Who::new(&settings.identity) };
        let tls = || peer_tls::config(&settings.tls);
        config = match settings.method.facts.method {
            MethodType::PEAP => config.peap(peer_inner::peap(inner, who, tls, |peap| {
                peer_tls::peap(peap, &settings.tls)
            })?),
            #[cfg(feature = "fast")]
            MethodType::FAST => config.fast(peer_inner::fast(inner, who, tls, |fast| {
                peer_fast::config(fast, &settings.tls)
            })?),
            _ => config.ttls(peer_inner::ttls(inner, who, tls)?),
        };
        return Ok(config.build()?);
    }
    if let Some(password) = password {
        config = config.password(password);
    }
    if let Some(hash) = &settings.nt_hash {
        config = config.nt_hash(NtHash::new(*hash.expose()));
    }
    config = match settings.method.facts.method {
        MethodType::TLS => config.tls(peer_tls::config(&settings.tls)?),
        method => config.method(method),
    };
    Ok(config.build()?)
}
