//! The command line.

use eap_rs::{MethodFacts, SUPPORTED};
use lexopt::{Arg, Error, Parser, ValueExt};

use crate::names::{PHONE_MODES, available, find};

/// How the example is called.
pub(crate) const USAGE: &str = "\
usage: login [--method NAME] [--wrong-password]
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
    Login {
        /// `--method`.
        method: &'static MethodFacts,
        /// `--wrong-password`.
        wrong_password: bool,
    },
}

impl Command {
    /// Reads the command line.
    pub(crate) fn parse(mut arguments: Parser) -> Result<Self, Error> {
        let mut method = "md5".to_owned();
        let (mut help, mut list, mut wrong_password) = (false, false, false);
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("method") => method = arguments.value()?.string()?,
                Arg::Long("wrong-password") => wrong_password = true,
                Arg::Long("list") => list = true,
                Arg::Long("help") => help = true,
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(match (help, list) {
            (true, _) => Self::Help,
            (false, true) => Self::List,
            (false, false) => Self::Login { method: find(&method)?, wrong_password },
        })
    }
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    let modes: Vec<_> = (1..).zip(PHONE_MODES).map(|(n, name)| format!("{n} {name}")).collect();
    format!(
        "Logs a peer in at an authenticator in this process and shows every packet.

{USAGE}
  --method NAME     the method, md5 if not given: {available};
                    or the number of a phone's 802.1X mode
  --wrong-password  the user mistypes the password, token or one-time password
  --list            what is known of each method
  --help            this text

A phone's 802.1X modes: {modes}.
Exit status: 0 logged in, 1 refused, 2 wrong usage.
",
        available = available(),
        modes = modes.join(", ").replacen(", 4", ",\n  4", 1),
    )
}

/// The text of `--list`.
pub(crate) fn list() -> String {
    let row = |name: &str, number: &str, document: &str, keys: &str, mutual: &str| {
        format!("{name:<16}  {number:>4}  {document:<24}  {keys:<4}  {mutual}\n")
    };
    let yes_or_no = |fact| if fact { "yes" } else { "no" };
    let mut table = row("Name", "Type", "Document", "Keys", "Mutual");
    for facts in SUPPORTED {
        table.push_str(&row(
            facts.name,
            &facts.method.number().to_string(),
            facts.document,
            yes_or_no(facts.derives_keys),
            yes_or_no(facts.mutual),
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, Error> {
        Command::parse(Parser::from_args(arguments))
    }

    #[test]
    fn every_supported_name_is_found_in_any_case() {
        for facts in SUPPORTED {
            for name in [facts.name.to_owned(), facts.name.to_uppercase()] {
                let command = parse(&["--method", &name]).unwrap();
                assert_eq!(command, Command::Login { method: facts, wrong_password: false });
            }
        }
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
