//! The command line of `switch_port`.

use std::fs;
use std::time::Duration;

use eap_rs::eapol::{EapolVersion, MacBypass, MacFormat, MacSeparator, PortControl};
use eap_rs::radius::Vlan;
use eap_rs::{MethodType, Secret};
use lexopt::{Arg, Error, Parser, ValueExt};

use crate::users::Users;

/// How the example is called.
pub(crate) const USAGE: &str = "\
usage: switch_port --interface IF --server HOST:PORT [--server HOST:PORT]...
                   (--secret SECRET | --secret-file FILE) [more]
       switch_port --help
";

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// `--help`.
    Help,
    /// Guard the port.
    Run(Box<Settings>),
}

/// How to guard it.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--interface`.
    pub(crate) interface: String,
    /// `--server`, in the order in which they are tried.
    pub(crate) servers: Vec<String>,
    /// `--secret`, or what `--secret-file` has.
    pub(crate) secret: Secret,
    /// `--radius-wait`.
    pub(crate) radius_wait: Duration,
    /// `--radius-tries`.
    pub(crate) radius_tries: u32,
    /// `--insecure-missing-message-authenticator`.
    pub(crate) insecure_missing_message_authenticator: bool,
    /// `--nas-identifier`.
    pub(crate) nas_identifier: String,
    /// `--user` and `--users`.
    pub(crate) users: Users,
    /// `--methods`, of those users.
    pub(crate) methods: Vec<MethodType>,
    /// `--mab` and `--mab-delay`.
    pub(crate) mac_bypass: Option<MacBypass>,
    /// `--mac-format`.
    pub(crate) mac_format: MacFormat,
    /// `--reauth-period`.
    pub(crate) reauth_period: Option<Duration>,
    /// `--quiet-period`.
    pub(crate) quiet_period: Duration,
    /// `--tx-period`.
    pub(crate) tx_period: Duration,
    /// `--max-reauth-req`.
    pub(crate) max_reauth_req: u8,
    /// `--port-control`.
    pub(crate) control: PortControl,
    /// `--eapol-version`.
    pub(crate) version: EapolVersion,
    /// `--unicast`.
    pub(crate) unicast: bool,
    /// `--vlan-default`.
    pub(crate) vlan_default: Option<Vlan>,
    /// `--key-fingerprint`.
    pub(crate) key_fingerprint: bool,
    /// `--verbose`.
    pub(crate) verbose: bool,
}

/// The ways to write an address, by name: the example of each is its name.
const MAC_FORMATS: [(&str, MacSeparator, bool); 8] = [
    ("aabbccddeeff", MacSeparator::None, false),
    ("AABBCCDDEEFF", MacSeparator::None, true),
    ("aa-bb-cc-dd-ee-ff", MacSeparator::Hyphen, false),
    ("AA-BB-CC-DD-EE-FF", MacSeparator::Hyphen, true),
    ("aa:bb:cc:dd:ee:ff", MacSeparator::Colon, false),
    ("AA:BB:CC:DD:EE:FF", MacSeparator::Colon, true),
    ("aabb.ccdd.eeff", MacSeparator::Dot, false),
    ("AABB.CCDD.EEFF", MacSeparator::Dot, true),
];

/// When `--mab` has a station asked about by its address.
#[derive(Clone, Copy)]
enum Mab {
    Off,
    First,
    After,
}

impl Command {
    /// Reads the command line.
    pub(crate) fn parse(mut arguments: Parser) -> Result<Self, Error> {
        let (mut interface, mut secret, mut help) = (None, None, false);
        let mut settings = Settings::default();
        let (mut mab, mut mab_delay) = (Mab::Off, None);
        let mut methods: Option<Vec<_>> = None;
        let mut has_users = false;
        while let Some(argument) = arguments.next()? {
            let Arg::Long(flag) = argument else { return Err(argument.unexpected()) };
            let flag = flag.to_owned();
            match flag.as_str() {
                "interface" => interface = Some(arguments.value()?.string()?),
                "server" => settings.servers.push(arguments.value()?.string()?),
                "secret" => secret = Some(Secret::new(arguments.value()?.string()?)),
                "secret-file" => secret = Some(secret_file(&arguments.value()?.string()?)?),
                "radius-wait" => settings.radius_wait = millis(&mut arguments, &flag)?,
                "radius-tries" => settings.radius_tries = number(&mut arguments, &flag, 1, 100)?,
                "insecure-missing-message-authenticator" => {
                    settings.insecure_missing_message_authenticator = true;
                }
                "nas-identifier" => settings.nas_identifier = nas_identifier(&mut arguments)?,
                "user" => {
                    settings.users.add_pair(&arguments.value()?.string()?)?;
                    has_users = true;
                }
                "users" => {
                    settings.users.add_file(&arguments.value()?.string()?)?;
                    has_users = true;
                }
                "methods" => methods = Some(local_methods(&arguments.value()?.string()?)?),
                "mab" => {
                    let words = [("off", Mab::Off), ("first", Mab::First), ("after", Mab::After)];
                    mab = one_of(&mut arguments, &flag, words)?;
                }
                "mab-delay" => mab_delay = Some(seconds(&mut arguments, &flag, 1)?),
                "mac-format" => {
                    let words = MAC_FORMATS.map(|(name, separator, upper_case)| {
                        (name, MacFormat { separator, upper_case })
                    });
                    settings.mac_format = one_of(&mut arguments, &flag, words)?;
                }
                "reauth-period" => {
                    let period = seconds(&mut arguments, &flag, 0)?;
                    settings.reauth_period = (!period.is_zero()).then_some(period);
                }
                "quiet-period" => settings.quiet_period = seconds(&mut arguments, &flag, 1)?,
                "tx-period" => settings.tx_period = seconds(&mut arguments, &flag, 1)?,
                "max-reauth-req" => {
                    let tries: u8 = number(&mut arguments, &flag, 1, 10)?;
                    settings.max_reauth_req = tries;
                }
                "port-control" => {
                    let words = [
                        ("auto", PortControl::Auto),
                        ("force-authorized", PortControl::ForceAuthorized),
                        ("force-unauthorized", PortControl::ForceUnauthorized),
                    ];
                    settings.control = one_of(&mut arguments, &flag, words)?;
                }
                "eapol-version" => {
                    let words =
                        [("1", EapolVersion::V1), ("2", EapolVersion::V2), ("3", EapolVersion::V3)];
                    settings.version = one_of(&mut arguments, &flag, words)?;
                }
                "unicast" => settings.unicast = true,
                "vlan-default" => settings.vlan_default = Some(vlan(&mut arguments)?),
                "key-fingerprint" => settings.key_fingerprint = true,
                "verbose" => settings.verbose = true,
                "help" => help = true,
                _ => return Err(Arg::Long(&flag).unexpected()),
            }
        }
        if help {
            return Ok(Self::Help);
        }
        if settings.servers.is_empty() {
            return Err("--server is missing".into());
        }
        settings.methods = match (has_users, methods) {
            (true, methods) => methods.unwrap_or_else(|| vec![MethodType::MD5]),
            (false, None) => Vec::new(),
            (false, Some(_)) => return Err("--methods without a --user".into()),
        };
        // As long as the first Request stands, if nothing else is said.
        let tries = u32::from(settings.max_reauth_req) + 1;
        let delay = mab_delay.unwrap_or_else(|| settings.tx_period.saturating_mul(tries));
        settings.mac_bypass = match (mab, mab_delay) {
            (Mab::After, _) => Some(MacBypass::After(delay)),
            (_, Some(_)) => return Err("--mab-delay without --mab after".into()),
            (Mab::First, None) => Some(MacBypass::First),
            (Mab::Off, None) => None,
        };
        settings.interface = interface.ok_or("--interface is missing")?;
        settings.secret = secret.ok_or("--secret or --secret-file is missing")?;
        Ok(Self::Run(Box::new(settings)))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interface: String::new(),
            servers: Vec::new(),
            secret: Secret::from(""),
            radius_wait: Duration::from_secs(2),
            radius_tries: 3,
            insecure_missing_message_authenticator: false,
            nas_identifier: "switch_port".into(),
            users: Users::default(),
            methods: Vec::new(),
            mac_bypass: None,
            mac_format: MacFormat::default(),
            reauth_period: Some(Duration::from_secs(3600)),
            quiet_period: Duration::from_secs(60),
            tx_period: Duration::from_secs(30),
            max_reauth_req: 2,
            control: PortControl::Auto,
            version: EapolVersion::V2,
            unicast: false,
            vlan_default: None,
            key_fingerprint: false,
            verbose: false,
        }
    }
}

/// What an attribute has room for.
fn nas_identifier(arguments: &mut Parser) -> Result<String, Error> {
    let name = arguments.value()?.string()?;
    if (1..=253).contains(&name.len()) {
        return Ok(name);
    }
    Err("--nas-identifier; accepted: 1 to 253 octets".into())
}

/// A file with nothing but the secret; the end of its line is not part of it.
fn secret_file(path: &str) -> Result<Secret, Error> {
    let mut secret = fs::read(path).map_err(|error| format!("--secret-file {path}: {error}"))?;
    while secret.last().is_some_and(|octet| b"\r\n".contains(octet)) {
        secret.pop();
    }
    Ok(Secret::new(secret))
}

/// Those that need no files: certificates are the RADIUS server's.
const LOCAL_METHODS: [(&str, MethodType); 4] = [
    ("md5", MethodType::MD5),
    ("otp", MethodType::OTP),
    ("gtc", MethodType::GTC),
    ("mschapv2", MethodType::MSCHAPV2),
];

fn local_methods(names: &str) -> Result<Vec<MethodType>, Error> {
    names.split(',').map(|name| word("methods", name, LOCAL_METHODS)).collect()
}

fn one_of<T: Copy, const N: usize>(
    arguments: &mut Parser,
    flag: &str,
    words: [(&str, T); N],
) -> Result<T, Error> {
    word(flag, &arguments.value()?.string()?, words)
}

fn word<T: Copy, const N: usize>(
    flag: &str,
    value: &str,
    words: [(&str, T); N],
) -> Result<T, Error> {
    let found = words.iter().find(|(word, _)| *word == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let accepted = words.map(|(word, _)| word).join(", ");
        format!("--{flag} {value:?}; accepted: {accepted}").into()
    })
}

fn number<T: TryFrom<u32>>(
    arguments: &mut Parser,
    flag: &str,
    min: u32,
    max: u32,
) -> Result<T, Error> {
    let value = arguments.value()?.string()?;
    let number = value.parse().ok().filter(|number| (min..=max).contains(number));
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("--{flag} {value:?}; accepted: {min} to {max}").into())
}

fn seconds(arguments: &mut Parser, flag: &str, min: u32) -> Result<Duration, Error> {
    let seconds: u32 = number(arguments, flag, min, 36_000)?;
    Ok(Duration::from_secs(seconds.into()))
}

fn millis(arguments: &mut Parser, flag: &str) -> Result<Duration, Error> {
    let millis: u32 = number(arguments, flag, 10, 60_000)?;
    Ok(Duration::from_millis(millis.into()))
}

fn vlan(arguments: &mut Parser) -> Result<Vlan, Error> {
    let value = arguments.value()?.string()?;
    Vlan::parse(&value).ok_or_else(|| {
        format!("--vlan-default {value:?}; accepted: 1 to 4094, or a name of 252 octets").into()
    })
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    let formats = MAC_FORMATS.map(|(name, ..)| name);
    let formats: Vec<_> = formats.chunks(2).map(|line| line.join(", ")).collect();
    format!(
        "Guards one port of a switch by IEEE 802.1X, with RADIUS servers behind it.

{USAGE}
  --interface IF         the port; needs the right to open packet sockets
  --server HOST:PORT     a RADIUS server; again for those that are tried when
                         it does not answer
  --secret SECRET        the secret shared with the servers
  --secret-file FILE     a file with the secret in its place
  --radius-wait MS       the wait before a request is sent again, which then
                         doubles; 2000 milliseconds if not given
  --radius-tries N       how often one server is sent a request; 3 if not given
  --nas-identifier NAME  what the servers call us; switch_port if not given

  --user NAME:PASSWORD   a user who is authenticated here; all others are
                         passed through to the servers
  --users FILE           a TOML file of them, as radius_server has it
  --methods NAME,NAME    the methods for those users; md5 if not given

  --mab WHEN             lets stations in that do not speak 802.1X, if the
                         servers know their address: off (if not given),
                         first, or after 802.1X got no answer
  --mab-delay SECONDS    how long 802.1X has for it; as long as one Request
                         stands if not given
  --mac-format FORM      how their address is written for the servers:
                         {formats}
  --insecure-missing-message-authenticator
                         takes the servers' answers about addresses without
                         Message-Authenticator: who can alter packets on the
                         way lets in whom he likes

  --reauth-period SECONDS  when a station has to log in again, if the server
                         does not say; 3600 if not given, 0 for never
  --quiet-period SECONDS   nobody is listened to for so long after a failed
                         login; 60 if not given
  --tx-period SECONDS    a Request without answer is sent again; 30 if not
                         given
  --max-reauth-req N     how often; 2 if not given
  --port-control WHO     auto, force-authorized or force-unauthorized
  --eapol-version N      1, 2 (if not given) or 3
  --unicast              to the station's address once it is known, not to
                         the group's
  --vlan-default VLAN    of stations for which the server names none
  --key-fingerprint      shows which keys are handed on by the first octets
                         of their SHA-256
  --verbose              states, and frames that are dropped
  --help                 this text

What is printed is what is to be done: nothing is changed about the interface.
",
        formats = formats.join(",\n                         "),
    )
}
