//! A RADIUS server that authenticates by EAP: the backend of switches and access points.
//!
//! ```text
//! cargo run --example radius_server -- --listen 127.0.0.1:1812 --secret testing123 \
//!     --user alice:wonderland
//! ```
//!
//! One line is printed for each event, and never a secret. `Server::run` is the loop: everything
//! between a datagram and the next is done by the library.

#[path = "radius/clock.rs"]
mod clock;
#[path = "radius/config_error.rs"]
mod config_error;
#[path = "radius/key_file.rs"]
mod key_file;
mod names;
#[path = "radius/nt_hash.rs"]
mod nt_hash;
#[path = "radius/realms.rs"]
mod realms;
#[path = "radius/regular_file.rs"]
mod regular_file;
#[path = "radius/server.rs"]
mod server;
#[path = "radius/server_command.rs"]
mod server_command;
#[cfg(feature = "fast")]
#[path = "radius/server_fast.rs"]
mod server_fast;
mod server_inner;
#[path = "radius/server_tls.rs"]
mod server_tls;
#[path = "radius/tls_flags.rs"]
mod tls_flags;
#[path = "radius/users.rs"]
mod users;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::net::UdpSocket;
use std::process::ExitCode;
use std::sync::Arc;

#[cfg(feature = "fast")]
use eap_rs::fast::PacKeys;
use eap_rs::tls::TicketKeys;
use eap_rs::{AuthenticatorConfig, InnerMethod, MethodType};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use key_file::{KeyFile, Refresh};
use server::Server;
use server_command::{Command, Settings};

const FAILED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match Command::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            complain(&format!("error: {error}\n\n{}", server_command::USAGE));
            return ExitCode::from(USAGE);
        }
    };
    match run(&command, io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}\n"));
            ExitCode::from(FAILED)
        }
    }
}

fn complain(text: &str) {
    // Where standard error is closed, the exit status has to do.
    let _ = io::stderr().write_all(text.as_bytes());
}

fn run(command: &Command, mut out: impl Write) -> Result<(), Box<dyn Error>> {
    let settings = match command {
        Command::Help => return Ok(out.write_all(server_command::help().as_bytes())?),
        Command::Serve(settings) => settings,
    };
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let ticket_keys = settings.tls.get("ticket-key");
    let ticket_keys =
        ticket_keys.map(|path| KeyFile::<TicketKeys>::open(path, &mut rng)).transpose()?;
    #[cfg(feature = "fast")]
    let pac_keys = settings.tls.get("pac-key");
    #[cfg(feature = "fast")]
    let pac_keys = pac_keys.map(|path| KeyFile::<PacKeys>::open(path, &mut rng)).transpose()?;
    let keys = Keys {
        tickets: ticket_keys.as_ref().map(KeyFile::keys),
        #[cfg(feature = "fast")]
        pacs: pac_keys.as_ref().map(KeyFile::keys),
    };
    let config = server_config(settings, &keys)
        .map_err(|error| config_error::in_flags(error.as_ref(), &settings.tls))?;
    let mut key_files: Vec<Box<dyn Refresh>> = Vec::new();
    if let Some(file) = ticket_keys {
        key_files.push(Box::new(file));
    }
    #[cfg(feature = "fast")]
    if let Some(file) = pac_keys {
        key_files.push(Box::new(file));
    }
    let socket = UdpSocket::bind(&settings.listen)
        .map_err(|error| format!("{}: {error}", settings.listen))?;
    Server::new(socket, settings, config, key_files, rng, out).run()?;
    Ok(())
}

/// The keys that servers may share.
struct Keys {
    tickets: Option<Arc<TicketKeys>>,
    #[cfg(feature = "fast")]
    pacs: Option<Arc<PacKeys>>,
}

/// Everything that the authenticators are told: the one place where methods are configured.
fn server_config(
    settings: &Settings,
    shared: &Keys,
) -> Result<AuthenticatorConfig, Box<dyn Error>> {
    let mut config = AuthenticatorConfig::builder().backend().server_name("radius_server");
    config = config.password_retries(settings.password_retries);
    if !settings.realms.is_empty() {
        config = config.ask_policy();
    }
    let keys = || shared.tickets.clone();
    let mut done = BTreeSet::new();
    for method in &settings.methods {
        let outer = method.facts.method;
        // What is inside the same tunnel is one method.
        if method.inner.is_some() && !done.insert(outer.number()) {
            continue;
        }
        config = match outer {
            MethodType::TLS => config.tls(server_tls::config(&settings.tls, keys())?),
            MethodType::TTLS => {
                let inner = inner_methods(settings, outer);
                let tls = server_tls::tunnel(&settings.tls, keys())?;
                let inner_tls = || server_tls::config(&settings.tls, None);
                config.ttls(server_inner::ttls(&inner, settings.password_retries, tls, inner_tls)?)
            }
            MethodType::PEAP => {
                let inner = inner_methods(settings, outer);
                let tls = server_tls::tunnel(&settings.tls, keys())?;
                let inner_tls = || server_tls::config(&settings.tls, None);
                let edit = |peap| server_tls::peap(peap, &settings.tls);
                config.peap(server_inner::peap(
                    &inner,
                    settings.password_retries,
                    tls,
                    inner_tls,
                    edit,
                )?)
            }
            #[cfg(feature = "fast")]
            MethodType::FAST => {
                let inner = inner_methods(settings, outer);
                let authority = server_fast::authority(&settings.tls)?;
                let tunnel = (server_tls::tunnel_builder(&settings.tls, None)?, &authority[..]);
                let inner_tls = || server_tls::config(&settings.tls, None);
                let edit = |fast| server_fast::config(fast, &settings.tls, shared.pacs.clone());
                config.fast(server_inner::fast(
                    &inner,
                    settings.password_retries,
                    tunnel,
                    inner_tls,
                    edit,
                )?)
            }
            method => config.method(method),
        };
    }
    Ok(config.build()?)
}

/// What is allowed inside the tunnel of this method.
fn inner_methods(settings: &Settings, outer: MethodType) -> Vec<InnerMethod> {
    let inside = settings.methods.iter().filter(|method| method.facts.method == outer);
    inside.filter_map(|method| method.inner).collect()
}
