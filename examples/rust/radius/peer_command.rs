//! The command line of `radius_peer`.

use std::time::Duration;

use eap_rs::radius::SharedSecret;
use eap_rs::{Identity, InnerMethod, MethodType, NtHash};
use lexopt::{Arg, Error, Parser, ValueExt};

use crate::config_error::in_flags;
use crate::login::Typed;
use crate::names::{Named, available_from, find};
use crate::nt_hash;
use crate::tls_flags::{TlsFlags, needs_certificate};

/// How the example is called.
pub(crate) const USAGE: &str = "\
usage: radius_peer --server HOST:PORT --secret SECRET --method NAME
                   --identity NAME [--password PASSWORD] [more]
       radius_peer --help
";

const TLS_FLAGS: [&str; 18] = [
    "anonymous",
    "anonymous-identity",
    "ca",
    "crl",
    "insecure-no-server-authentication",
    "server-name",
    "cert",
    "key",
    "tls-min",
    "tls-max",
    "legacy-tls",
    "fragment-size",
    "resume",
    "peap-max-version",
    "crypto-binding",
    "pac-file",
    "provisioning",
    "gtc-plain",
];

/// What fits an attribute of RADIUS (RFC 2865 §5).
const MAX_USER_NAME: usize = 253;

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// `--help`.
    Help,
    /// Log in.
    Login(Box<Settings>),
}

/// How to log in.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--server`, as often as it was given.
    pub(crate) servers: Vec<String>,
    /// `--secret`.
    pub(crate) secret: SharedSecret,
    /// `--method`.
    pub(crate) method: Named,
    /// `--identity`.
    pub(crate) identity: String,
    /// `--nt-hash`.
    pub(crate) nt_hash: Option<NtHash>,
    /// `--password` and its like.
    pub(crate) typed: Typed,
    /// `--count`.
    pub(crate) count: u32,
    /// `--timeout`: how long to wait for an answer before a request is sent again.
    pub(crate) timeout: Duration,
    /// `--json`.
    pub(crate) json: bool,
    /// What TLS-based methods have a use for.
    pub(crate) tls: TlsFlags,
}

impl Settings {
    /// `--resume`: how often each login is resumed.
    pub(crate) fn resumptions(&self) -> u32 {
        self.tls.number("resume").and_then(|times| times.try_into().ok()).unwrap_or(0)
    }

    /// How many logins there will be, if each succeeds.
    pub(crate) fn logins(&self) -> u64 {
        u64::from(self.count) * (1 + u64::from(self.resumptions()))
    }

    /// The identity that is sent in the clear.
    pub(crate) fn outer_identity(&self) -> Identity {
        let identity = Identity::new(&self.identity);
        match self.tls.get("anonymous-identity") {
            Some(name) => Identity::new(name),
            None if self.tls.has("anonymous") => identity.anonymous(),
            None => identity,
        }
    }

    fn check_identity(&self) -> Result<(), Error> {
        let len = self.outer_identity().as_bytes().len();
        if len <= MAX_USER_NAME {
            return Ok(());
        }
        let named = self.tls.has("anonymous-identity");
        let flag = if named { "anonymous-identity" } else { "identity" };
        Err(format!("--{flag}: {len} octets given, at most {MAX_USER_NAME} accepted").into())
    }

    fn check_password(&self) -> Result<(), Error> {
        let Named { name, facts, inner } = self.method;
        let takes_hash = match inner {
            Some(InnerMethod::Eap(method)) => method == MethodType::MSCHAPV2,
            Some(inner) => matches!(inner, InnerMethod::MsChap | InnerMethod::MsChapV2),
            None => facts.method == MethodType::MSCHAPV2,
        };
        if self.nt_hash.is_some() {
            let error = format!("--nt-hash is for MS-CHAP and MSCHAPv2, and not for {name}");
            return if takes_hash { Ok(()) } else { Err(error.into()) };
        }
        if self.typed.password.is_some() || needs_certificate(&self.method) {
            return Ok(());
        }
        let or_hash = if takes_hash { " or --nt-hash" } else { "" };
        Err(format!("--method {name} needs --password{or_hash}").into())
    }
}

impl Command {
    /// Reads the command line.
    pub(crate) fn parse(mut arguments: Parser) -> Result<Self, Error> {
        let mut servers = Vec::new();
        let (mut secret, mut method, mut identity) = (None, None, None);
        let (mut nt_hash, mut typed) = (None, Typed::default());
        let (mut count, mut timeout) = (1, 3);
        let (mut help, mut json) = (false, false);
        let mut tls = TlsFlags::default();
        while let Some(argument) = arguments.next()? {
            let Arg::Long(flag) = argument else { return Err(argument.unexpected()) };
            let flag = flag.to_owned();
            match flag.as_str() {
                "server" => servers.push(arguments.value()?.string()?),
                "secret" => secret = Some(arguments.value()?.string()?),
                "method" => method = Some(arguments.value()?.string()?),
                "identity" => identity = Some(arguments.value()?.string()?),
                "password" => typed.password = Some(arguments.value()?.string()?),
                "retry-password" => typed.retry = Some(arguments.value()?.string()?),
                "new-password" => typed.new = Some(arguments.value()?.string()?),
                "nt-hash" => nt_hash = Some(hash(&arguments.value()?.string()?)?),
                "count" => count = number(&mut arguments, &flag, 1_000_000)?,
                "timeout" => timeout = number(&mut arguments, &flag, 60)?,
                "json" => json = true,
                "help" => help = true,
                _ if tls.read(&flag, &TLS_FLAGS, &mut arguments)? => {}
                _ => return Err(Arg::Long(&flag).unexpected()),
            }
        }
        if help {
            return Ok(Self::Help);
        }
        if servers.is_empty() {
            return Err("--server is missing".into());
        }
        let method = find(&required(method, "method")?)?;
        tls.check(&[method])?;
        if let Some(provisioning) = tls.get("provisioning").filter(|when| *when != "none")
            && !tls.has("pac-file")
        {
            return Err(format!("--provisioning {provisioning} needs --pac-file").into());
        }
        let settings = Settings {
            servers,
            secret: SharedSecret::new(required(secret, "secret")?)
                .map_err(|error| in_flags(&error, &tls))?,
            method,
            identity: required(identity, "identity")?,
            nt_hash,
            typed,
            count,
            timeout: Duration::from_secs(timeout.into()),
            json,
            tls,
        };
        settings.check_identity()?;
        settings.check_password()?;
        Ok(Self::Login(Box::new(settings)))
    }
}

fn required(value: Option<String>, flag: &str) -> Result<String, Error> {
    value.ok_or_else(|| format!("--{flag} is missing").into())
}

fn hash(digits: &str) -> Result<NtHash, Error> {
    nt_hash::read(digits).ok_or_else(|| "--nt-hash: accepted: 32 hexadecimal digits".into())
}

fn number(arguments: &mut Parser, flag: &str, max: u32) -> Result<u32, Error> {
    let value = arguments.value()?.string()?;
    match value.parse() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => Err(format!("--{flag} {value:?}; accepted: 1 to {max}").into()),
    }
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    format!(
        "Logs in at a RADIUS server, as a NAS and the peer behind it.

{USAGE}
  --server HOST:PORT    the RADIUS server; if given again, another one that is
                        asked if those before do not answer
  --secret SECRET       the secret shared with it
  --method NAME         the method:
                        {available}
  --identity NAME       who logs in
  --password PASSWORD   the password, token or one-time password
  --nt-hash DIGITS      the NT hash of the password in its place (MS-CHAP and
                        MSCHAPv2, inside a tunnel or not)
  --retry-password PASSWORD  what is typed after a wrong password, if the
                        server allows another try (MSCHAPv2)
  --new-password PASSWORD    what is typed when the password has expired
                        (MSCHAPv2)
  --count N             log in that often, one after the other
  --timeout SECONDS     the wait for an answer, 3 if not given; after three
                        requests without an answer the login has failed
  --json                one JSON object for each login
  --help                this text

TLS-based methods also take:
  --anonymous                           outside TLS, of --identity alice@REALM
                                        no more is said than @REALM
  --anonymous-identity NAME             who is said to log in, outside TLS
  --ca FILE                             who may sign the server's certificate
  --crl FILE                            certificates its CA has revoked; again
                                        for each CA of the chain
  --insecure-no-server-authentication   anybody may be the server
  --server-name NAME                    the name in its certificate
  --cert FILE --key FILE                the peer's own certificate
  --tls-min VERSION --tls-max VERSION   1.2 or 1.3, with --legacy-tls also 1.0
                                        or 1.1
  --legacy-tls               TLS by OpenSSL, down to 1.0, for servers of old
  --fragment-size N                     octets of TLS in one EAP packet
  --resume N                            after each login, log in again that
                                        often, offering to resume the session
  --peap-max-version N                  of PEAP, 0 (if not given) or 1
  --crypto-binding WHEN                 of PEAP: off, if-offered or required

EAP-FAST, which has TLS 1.0 to 1.2 unless told otherwise, also takes:
  --pac-file FILE       the PACs there are, as wpa_supplicant keeps them (text,
                        binary); written anew, as text, when there is a new one
  --provisioning WHEN   new PACs are taken from servers that are anonymous,
                        authenticated, both, or none; authenticated if there is
                        --ca, else none. With anonymous and both, whoever
                        answers may be anybody until there is a PAC, --ca or not
  --gtc-plain           GTC also as it is outside EAP-FAST
After anonymous provisioning the network refuses the login: the next one uses
the PAC.

The last line is SUCCESS, or FAILURE and why. The server's MPPE keys have to be
those that the method has derived.
Exit status: 0 every login succeeded, 1 some failed, 2 wrong usage.
",
        available = available_from(24),
    )
}
