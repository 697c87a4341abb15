//! The command line.

use eap_rs::MethodType;
use eap_rs::tls::TlsVersion;
use lexopt::{Arg, Error, Parser, ValueExt};

use crate::names::{Named, PHONE_MODES, all, available_from, find};

/// How the example is called.
pub(crate) const USAGE: &str = "\
usage: login [--method NAME] [--wrong-password]
             [--tls-min VERSION] [--tls-max VERSION] [--fragment-size N]
             [--ask]
       login --list
       login --help
";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// `--help`.
    Help,
    /// `--list`.
    List,
    /// Log in.
    Login(Wanted),
}

/// Which login.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `--method`.
    pub(crate) method: Named,
    /// `--wrong-password`.
    pub(crate) wrong_password: bool,
    /// For methods that are based on TLS.
    pub(crate) tls: TlsSettings,
}

/// What both ends do of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    /// `--tls-min`.
    pub(crate) min: TlsVersion,
    /// `--tls-max`.
    pub(crate) max: TlsVersion,
    /// `--fragment-size`.
    pub(crate) fragment_size: usize,
    /// `--ask`.
    pub(crate) ask: bool,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self { min: TlsVersion::V1_2, max: TlsVersion::V1_3, fragment_size: 1398, ask: false }
    }
}

impl Command {
    /// Reads the command line.
    pub(crate) fn parse(mut arguments: Parser) -> Result<Self, Error> {
        let mut method = "md5".to_owned();
        let (mut help, mut list, mut wrong_password) = (false, false, false);
        let mut tls = TlsSettings::default();
        let (mut tls_flag, mut version_flag) = (None, None);
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("method") => method = arguments.value()?.string()?,
                Arg::Long("wrong-password") => wrong_password = true,
                Arg::Long("tls-min") => {
                    tls.min = version("--tls-min", &mut arguments)?;
                    version_flag = Some("--tls-min");
                }
                Arg::Long("tls-max") => {
                    tls.max = version("--tls-max", &mut arguments)?;
                    version_flag = Some("--tls-max");
                }
                Arg::Long("fragment-size") => {
                    tls.fragment_size = fragment_size(&mut arguments)?;
                    tls_flag = Some("--fragment-size");
                }
                Arg::Long("ask") => {
                    tls.ask = true;
                    tls_flag = Some("--ask");
                }
                Arg::Long("list") => list = true,
                Arg::Long("help") => help = true,
                _ => return Err(argument.unexpected()),
            }
        }
        if help {
            return Ok(Self::Help);
        }
        if list {
            return Ok(Self::List);
        }
        let method = find(&method)?;
        if let Some(flag) =
            version_flag.or(tls_flag).filter(|_| !TLS_BASED.contains(&method.facts.method))
        {
            return Err(
                format!("{flag} is only for TLS-based methods, {} is none", method.name).into()
            );
        }
        if tls.min > tls.max {
            return Err(format!("--tls-min is {}, --tls-max only {}", tls.min, tls.max).into());
        }
        if method.facts.method == MethodType::FAST && tls.min > TlsVersion::V1_2 {
            return Err(format!("--tls-min is {}, EAP-FAST ends with TLS 1.2", tls.min).into());
        }
        Ok(Self::Login(Wanted { method, wrong_password, tls }))
    }
}

fn version(flag: &str, arguments: &mut Parser) -> Result<TlsVersion, Error> {
    let text = arguments.value()?.string()?;
    match text.as_str() {
        "1.2" => Ok(TlsVersion::V1_2),
        "1.3" => Ok(TlsVersion::V1_3),
        _ => Err(format!("{flag} {text:?}; accepted: 1.2, 1.3").into()),
    }
}

fn fragment_size(arguments: &mut Parser) -> Result<usize, Error> {
    let text = arguments.value()?.string()?;
    match text.parse() {
        Ok(octets) if (64..=65_000).contains(&octets) => Ok(octets),
        _ => Err(format!("--fragment-size {text:?}; accepted: 64 to 65000").into()),
    }
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    let modes: Vec<_> = (1..).zip(PHONE_MODES).map(|(n, name)| format!("{n} {name}")).collect();
    format!(
        "Logs a peer in at an authenticator in this process and shows every packet.

{USAGE}
  --method NAME     the method, md5 if not given, or the number of a phone's
                    802.1X mode:
                    {available}
  --wrong-password  the user mistypes the password, token or one-time password,
                    or presents a certificate of a CA that nobody here knows
  --tls-min VERSION, --tls-max VERSION
                    the TLS versions allowed: 1.2 or 1.3, both if not given;
                    EAP-FAST ends with 1.2
  --fragment-size N the most octets of TLS in one packet, 1398 if not given
  --ask             the user and the operator are asked about the certificates
  --list            what is known of each method
  --help            this text

EAP-FAST logs in twice: by the server's certificate, which brings a PAC, and by
the PAC.
A phone's 802.1X modes: {modes}.
Exit status: 0 logged in, 1 refused, 2 wrong usage.
",
        available = available_from(20),
        modes = modes.join(", ").replacen(", 4", ",\n  4", 1).replacen(", 7", ",\n  7", 1),
    )
}

/// The text of `--list`.
pub(crate) fn list() -> String {
    let row = |name: &str, number: &str, document: &str, keys: &str, mutual: &str| {
        format!("{name:<16}  {number:>4}  {document:<24}  {keys:<4}  {mutual}\n")
    };
    let yes_or_no = |fact| if fact { "yes" } else { "no" };
    let mut table = row("Name", "Type", "Document", "Keys", "Mutual");
    for Named { name, facts, .. } in all() {
        table.push_str(&row(
            name,
            &facts.method.number().to_string(),
            facts.document,
            yes_or_no(facts.derives_keys),
            yes_or_no(facts.mutual),
        ));
    }
    table
}

/// The methods for which `--tls-min` and its like mean something.
const TLS_BASED: [MethodType; 4] =
    [MethodType::TLS, MethodType::TTLS, MethodType::PEAP, MethodType::FAST];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, Error> {
        Command::parse(Parser::from_args(arguments))
    }

    fn login(arguments: &[&str]) -> Wanted {
        match parse(arguments) {
            Ok(Command::Login(wanted)) => wanted,
            other => panic!("{arguments:?}: {other:?}"),
        }
    }

    #[test]
    fn every_supported_name_is_found_in_any_case() {
        for method in all() {
            for name in [method.name.to_owned(), method.name.to_uppercase()] {
                let expected =
                    Wanted { method, wrong_password: false, tls: TlsSettings::default() };
                assert_eq!(login(&["--method", &name]), expected);
            }
        }
    }

    #[test]
    fn tls_settings_are_taken_for_methods_that_are_based_on_tls() {
        let flags = ["--tls-min", "1.3", "--fragment-size", "100", "--method", "tls"];
        let expected =
            TlsSettings { min: TlsVersion::V1_3, fragment_size: 100, ..Default::default() };
        assert_eq!(login(&flags).tls, expected);
        let expected = TlsSettings { max: TlsVersion::V1_2, ..Default::default() };
        assert_eq!(login(&["--method", "tls", "--tls-max=1.2"]).tls, expected);
        assert!(login(&["--method", "tls", "--ask"]).tls.ask);
    }

    #[test]
    fn help_comes_before_everything_else() {
        assert_eq!(parse(&["--list", "--method", "nonsense", "--help"]).unwrap(), Command::Help);
        assert_eq!(parse(&["--wrong-password", "--list"]).unwrap(), Command::List);
    }

    #[test]
    fn help_and_list_fit_80_columns() {
        for text in [help(), list()] {
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
