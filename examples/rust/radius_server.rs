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
mod names;
#[path = "radius/nt_hash.rs"]
mod nt_hash;
#[path = "radius/realms.rs"]
mod realms;
#[path = "radius/server.rs"]
mod server;
#[path = "radius/server_command.rs"]
mod server_command;
mod server_inner;
#[path = "radius/server_tls.rs"]
mod server_tls;
#[path = "radius/ticket_keys.rs"]
mod ticket_keys;
#[path = "radius/tls_flags.rs"]
mod tls_flags;
#[path = "radius/users.rs"]
mod users;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::net::UdpSocket;
use std::process::ExitCode;

use eap_rs::{AuthenticatorConfig, InnerMethod, MethodType};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use server::Server;
use server_command::{Command, Settings};
use ticket_keys::TicketKeyFile;

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
    let ticket_keys = ticket_keys.map(|path| TicketKeyFile::open(path, &mut rng)).transpose()?;
    let config = server_config(settings, ticket_keys.as_ref())?;
    let socket = UdpSocket::bind(&settings.listen)
        .map_err(|error| format!("{}: {error}", settings.listen))?;
    Server::new(socket, settings, config, ticket_keys, rng, out).run()?;
    Ok(())
}

/// Everything that the authenticators are told: the one place where methods are configured.
fn server_config(
    settings: &Settings,
    ticket_keys: Option<&TicketKeyFile>,
) -> Result<AuthenticatorConfig, Box<dyn Error>> {
    let mut config = AuthenticatorConfig::builder().backend().server_name("radius_server");
    config = config.password_retries(settings.password_retries);
    if !settings.realms.is_empty() {
        config = config.ask_policy();
    }
    let keys = || ticket_keys.map(TicketKeyFile::keys);
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
