//! The command line of `radius_server`.

use eap_rs::radius::SharedSecret;
use lexopt::{Arg, Error, Parser, ValueExt};

use crate::config_error::in_flags;
use crate::names::{Named, all, available_from, find};
use crate::realms::Realms;
use crate::tls_flags::{TlsFlags, is_tls_based, needs_certificate};
use crate::users::Users;

/// How the example is called.
pub(crate) const USAGE: &str = "\
usage: radius_server --listen HOST:PORT --secret SECRET
                     [--user NAME:PASSWORD]... [--users FILE] [more]
       radius_server --help
";

const TLS_FLAGS: [&str; 22] = [
    "cert",
    "key",
    "ca",
    "crl",
    "client-certificates",
    "client-name",
    "client-name-suffix",
    "tls-min",
    "tls-max",
    "legacy-tls",
    "fragment-size",
    "ticket-key",
    "session-lifetime",
    "peap-max-version",
    "crypto-binding",
    "pac-key",
    "a-id",
    "a-id-info",
    "pac-lifetime",
    "pac-refresh",
    "provisioning",
    "gtc-plain",
];

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// `--help`.
    Help,
    /// Serve.
    Serve(Settings),
}

/// How to serve.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--listen`.
    pub(crate) listen: String,
    /// `--secret`.
    pub(crate) secret: SharedSecret,
    /// `--user` and `--users`.
    pub(crate) users: Users,
    /// `--realm`.
    pub(crate) realms: Realms,
    /// `--methods`.
    pub(crate) methods: Vec<Named>,
    /// `--password-retries`.
    pub(crate) password_retries: u8,
    /// What TLS-based methods have a use for.
    pub(crate) tls: TlsFlags,
}

impl Command {
    /// Reads the command line.
    pub(crate) fn parse(mut arguments: Parser) -> Result<Self, Error> {
        let (mut listen, mut secret, mut help) = (None, None, false);
        let (mut users, mut realms) = (Users::default(), Realms::default());
        let mut methods: Option<Vec<_>> = None;
        let mut password_retries = 0;
        let mut tls = TlsFlags::default();
        while let Some(argument) = arguments.next()? {
            let Arg::Long(flag) = argument else { return Err(argument.unexpected()) };
            let flag = flag.to_owned();
            match flag.as_str() {
                "listen" => listen = Some(arguments.value()?.string()?),
                "secret" => secret = Some(arguments.value()?.string()?),
                "user" => users.add_pair(&arguments.value()?.string()?)?,
                "users" => users.add_file(&arguments.value()?.string()?)?,
                "realm" => realms.add(arguments.value()?.string()?)?,
                "methods" => {
                    let names = arguments.value()?.string()?;
                    methods = Some(names.split(',').map(find).collect::<Result<_, _>>()?);
                }
                "password-retries" => {
                    let retries = arguments.value()?.string()?;
                    let accepted = || format!("--{flag} {retries:?}; accepted: 0 to 255");
                    password_retries = retries.parse().map_err(|_| accepted())?;
                }
                "help" => help = true,
                _ if tls.read(&flag, &TLS_FLAGS, &mut arguments)? => {}
                _ => return Err(Arg::Long(&flag).unexpected()),
            }
        }
        if help {
            return Ok(Self::Help);
        }
        // Unless told otherwise, everything is offered that there are files for.
        let has_files = |method: &Named| match (is_tls_based(method), needs_certificate(method)) {
            (false, _) => true,
            (true, needs_ca) => {
                ["cert", "key"].iter().all(|flag| tls.has(flag)) && (!needs_ca || tls.has("ca"))
            }
        };
        let methods = methods.unwrap_or_else(|| all().filter(has_files).collect());
        tls.check(&methods)?;
        if tls.get("provisioning").is_some_and(|when| when != "none") && !tls.has("pac-key") {
            return Err("--provisioning needs --pac-key".into());
        }
        let looks_at_names =
            tls.has("client-certificates") || methods.iter().any(needs_certificate);
        for flag in ["client-name", "client-name-suffix"] {
            if tls.has(flag) && !looks_at_names {
                return Err(format!("--{flag} needs --client-certificates, or EAP-TLS").into());
            }
        }
        let secret = secret.ok_or("--secret is missing")?;
        Ok(Self::Serve(Settings {
            listen: listen.ok_or("--listen is missing")?,
            secret: SharedSecret::new(secret).map_err(|error| in_flags(&error, &tls))?,
            users,
            realms,
            methods,
            password_retries,
            tls,
        }))
    }
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    format!(
        "Authenticates users by EAP in RADIUS.

{USAGE}
  --listen HOST:PORT     where requests arrive; port 0 for any
  --secret SECRET        the secret shared with every client
  --user NAME:PASSWORD   a user
  --users FILE           a TOML file of users; each has a table
                         [users.NAME] with password = \"PASSWORD\"
                         or nt_hash = \"32 DIGITS\" (MSCHAPv2, GTC), and
                         perhaps status = \"expired\", \"disabled\",
                         \"wrong-hour\" or \"no-permission\"
  --realm NAME           the realm of the users, with those below it; may be
                         repeated; who names another is refused
  --methods NAME,NAME    the methods offered, the preferred one first;
                         all of them if not given, those based on TLS
                         only with the files they need:
                         {available}
  --password-retries N   how often a peer may try another password without
                         beginning anew (MSCHAPv2), 0 if not given
  --help                 this text

A new password for an expired one is kept until the server ends.
OTP takes the password for the user's next one-time password.

TLS-based methods also take:
  --cert FILE --key FILE                the server's certificate
  --ca FILE                             who may sign the peers' certificates
  --crl FILE                            certificates its CA has revoked; again
                                        for each CA of the chain
  --client-certificates WHETHER         of peers that log in inside a tunnel:
                                        optional or required; not asked for if
                                        not given
  --client-name NAME                    a name in the certificate of a peer that
                                        may log in: mail address, user principal
                                        name, DNS name or common name; may be
                                        repeated; anybody's if not given
  --client-name-suffix NAME             as well every name of this domain
  --tls-min VERSION --tls-max VERSION   1.2 or 1.3, with --legacy-tls also 1.0
                                        or 1.1
  --legacy-tls               TLS by OpenSSL, down to 1.0, for peers of old
  --fragment-size N                     octets of TLS in one EAP packet
  --ticket-key FILE                     lets peers resume their sessions, also
                                        those of other servers with this file:
                                        a key in each line, 64 hexadecimal
                                        digits, the newest first; made if it is
                                        not there, read again when it changes
  --session-lifetime SECONDS            how long sessions may be resumed; 3600
                                        with --ticket-key, else not at all
  --peap-max-version N                  of PEAP, 0 (if not given) or 1
  --crypto-binding WHEN                 of PEAP: off, if-offered or required

EAP-FAST, which has TLS 1.0 to 1.2 unless told otherwise, also takes:
  --pac-key FILE         issues PACs, and takes those of other servers with this
                         file and this A-ID; a file like that of --ticket-key
  --a-id DIGITS          by what PACs name the server, hexadecimal, 16 octets at
                         best; if not given, made from the certificate, and with
                         another certificate another one: give it where PACs
                         have to outlive the certificate
  --a-id-info TEXT       what people call it, radius_server if not given
  --pac-lifetime SECONDS how long PACs are good, 604800 if not given
  --pac-refresh SECONDS  with how much time left they are renewed, 86400 if not
                         given
  --provisioning WHEN    peers without a PAC get one if the server is anonymous
                         (MSCHAPv2 only; that login is refused), authenticated,
                         both, or none; authenticated if not given
  --gtc-plain            GTC as it is outside EAP-FAST

Requests without a valid Message-Authenticator are dropped.
",
        available = available_from(25),
    )
}
