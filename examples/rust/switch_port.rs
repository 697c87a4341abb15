//! One 802.1X port of a switch: EAPOL on an interface, RADIUS to servers that may fail.
//!
//! ```text
//! cargo run --example switch_port -- --interface eth1 --server 10.0.0.2:1812 \
//!     --server 10.0.0.3:1812 --secret testing123 --mab after
//! ```
//!
//! One line is printed for each event, and never a secret. `Switch::run` is the loop: everything
//! between a frame and the next is done by the library. What is decided is printed: to open the
//! port, and to put it into its VLAN, is the host's business.

#[path = "radius/clock.rs"]
mod clock;
#[path = "switch_port/command.rs"]
mod command;
#[path = "switch_port/ethernet.rs"]
mod ethernet;
#[path = "radius/nt_hash.rs"]
mod nt_hash;
#[path = "switch_port/servers.rs"]
mod servers;
#[path = "radius/socket.rs"]
mod socket;
#[path = "switch_port/switch.rs"]
mod switch;
#[path = "radius/users.rs"]
mod users;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use eap_rs::eapol::{Destination, MacAddress, PortAuthenticator, PortAuthenticatorConfig};
use eap_rs::{AuthenticatorConfig, Retransmission};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use clock::Clock;
use command::{Command, Settings};
use ethernet::Ethernet;
use servers::Servers;
use switch::Switch;

const FAILED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match Command::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            complain(&format!("error: {error}\n\n{}", command::USAGE));
            return ExitCode::from(USAGE);
        }
    };
    match run(command, io::stdout().lock()) {
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

fn run(command: Command, mut out: impl Write) -> Result<(), Box<dyn Error>> {
    let settings = match command {
        Command::Help => return Ok(out.write_all(command::help().as_bytes())?),
        Command::Run(settings) => settings,
    };
    let mut rng = StdRng::try_from_rng(&mut SysRng)?;
    let eap = eap_config(&settings)?;
    let every_frame = settings.mac_bypass.is_some();
    let ethernet = Ethernet::open(&settings.interface, every_frame)
        .map_err(|error| format!("{}: {error}", settings.interface))?;
    let config = port_config(&settings, ethernet.address())?;
    let port = PortAuthenticator::new(Arc::new(config), Arc::new(eap), rng.fork());
    let servers = Servers::connect(&settings, ethernet.address(), rng)?;
    Switch::new(&settings, ethernet, port, servers, Clock::start(), out).run()?;
    Ok(())
}

/// Who is authenticated here, and who is left to the RADIUS servers.
fn eap_config(settings: &Settings) -> Result<AuthenticatorConfig, Box<dyn Error>> {
    // A switch sends each Request at a fixed pace (txPeriod of IEEE 802.1X-2001).
    let mut pace = Retransmission::default();
    (pace.initial, pace.min, pace.max) =
        (settings.tx_period, settings.tx_period, settings.tx_period);
    pace.max_retransmissions = settings.max_reauth_req;
    let mut config = AuthenticatorConfig::builder()
        .server_name(&*settings.nas_identifier)
        .retransmission(pace)
        .pass_through();
    if !settings.methods.is_empty() {
        config = config.ask_policy();
    }
    for method in &settings.methods {
        config = config.method(*method);
    }
    Ok(config.build()?)
}

fn port_config(
    settings: &Settings,
    mac: MacAddress,
) -> Result<PortAuthenticatorConfig, Box<dyn Error>> {
    let mut config = PortAuthenticatorConfig::builder(mac)
        .version(settings.version)
        .control(settings.control)
        .quiet_period(settings.quiet_period)
        .reauth_period(settings.reauth_period);
    if settings.unicast {
        config = config.destination(Destination::AsSeen);
    }
    if let Some(order) = settings.mac_bypass {
        config = config.mac_bypass(order);
    }
    Ok(config.build()?)
}
