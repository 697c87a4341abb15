//! The other dimensions of the matrix, and how a cell is tried.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use eap_rs::tls::TlsAlert;

use super::certificates::{Flaw, KeyType, Pki};
use super::counterparts::{How, Login, Pair, RESUMPTIONS, Refusal, Setup, Shortcoming};
use super::methods::{FAMILIES, Family, Method};
use super::pacs::{self, PacCase, Pacs};
use crate::lab::{Lab, Process};

/// alice's, in every program.
pub(crate) const PASSWORD: &str = "secret";

/// Octets of TLS in one packet: a flight of these certificates needs many, or one or two.
pub(crate) const SMALL: u16 = 200;
pub(crate) const LARGE: u16 = 1398;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// A login with a full handshake.
    Full,
    /// Another, and more that offer to resume its session.
    Resumed,
    /// A login with a client certificate that the server has to refuse.
    Client(Flaw),
    /// A login at a server whose certificate the peer has to refuse.
    Server(Flaw),
    /// Logins with PACs, at servers of their own.
    Pac(PacCase),
}

/// One row of the matrix.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) family: &'static Family,
    pub(crate) method: &'static Method,
    pub(crate) pair: &'static Pair,
    pub(crate) version: &'static str,
    pub(crate) key_type: KeyType,
    pub(crate) fragment_size: u16,
}

/// How a cell turned out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Logged in, with equal keys.
    Keys {
        /// RADIUS requests that were answered.
        round_trips: usize,
    },
    /// How the logins went that offered resumption, each success with equal keys.
    Resumed(Vec<How>),
    /// How each login with PACs went.
    Pacs(Vec<pacs::Login>),
    /// The login failed as the shortcoming of a program has it.
    FallsShort,
    /// Refused for the right cause; the other side heard this alert.
    Refused(Option<TlsAlert>),
    /// The side that would have to refuse cannot be told to look for this flaw.
    NotChecked,
    /// The method has no such login.
    NotPossible,
    /// Not as it should be, and what the programs have printed.
    Failed(String),
}

/// One cell of the matrix.
pub(crate) struct Cell {
    pub(crate) row: Row,
    pub(crate) case: Case,
    pub(crate) outcome: Outcome,
}

/// Tries all cells of a pair.
pub(crate) fn try_pair(pair: &'static Pair, pkis: &[Pki]) -> Vec<Cell> {
    let lab = Lab::new();
    let mut cells = Vec::new();
    let known = |family: &&Family| !family.unknown_to.contains(&pair.server.name);
    for family in FAMILIES.iter().filter(known) {
        for pki in pkis.iter().filter(|pki| family.key_types.contains(&pki.key_type)) {
            for fragment_size in [SMALL, LARGE] {
                let (pacs, password) = (Pacs::default(), PASSWORD);
                let setup = Setup { lab: &lab, family, pki, fragment_size, pacs, password };
                try_setup(pair, &setup, &mut cells);
            }
        }
    }
    check_fragments(&mut cells);
    cells
}

/// One server for each of its certificates, and every login there; then those with servers of
/// their own.
fn try_setup(pair: &'static Pair, setup: &Setup<'_>, cells: &mut Vec<Cell>) {
    let Setup { lab, family, pki, pacs, .. } = *setup;
    pacs.forget(lab);
    let mut flaws: Vec<_> = family.cases.iter().map(|case| case.server()).collect();
    flaws.dedup();
    for flaw in flaws {
        let mut server = attempt(|| (pair.server.start)(setup, pki.server(flaw)));
        for row in rows_in(pair, setup) {
            let is_here = |case: &Case| case.server() == flaw && case.pac().is_none();
            for case in family.cases.iter().copied().filter(is_here) {
                let outcome = server
                    .as_mut()
                    .map_err(|error| error.clone())
                    .and_then(|server| case.attempt(&row, setup, server))
                    .unwrap_or_else(Outcome::Failed);
                cells.push(Cell { row, case, outcome });
            }
        }
    }
    for row in rows_in(pair, setup) {
        for case in family.cases.iter().filter_map(|case| case.pac()) {
            let outcome = attempt(|| case.attempt(&row, setup)).unwrap_or_else(Outcome::Failed);
            cells.push(Cell { row, case: Case::Pac(case), outcome });
        }
    }
}

fn rows_in(pair: &'static Pair, setup: &Setup<'_>) -> impl Iterator<Item = Row> {
    let Setup { family, pki, fragment_size, .. } = *setup;
    let key_type = pki.key_type;
    rows_of(family).filter(move |(method, _)| method.fragment_sizes.contains(&fragment_size)).map(
        move |(method, version)| Row { family, method, pair, version, key_type, fragment_size },
    )
}

/// Every method with every version of TLS.
pub(crate) fn rows_of(
    family: &'static Family,
) -> impl Iterator<Item = (&'static Method, &'static str)> {
    let versions = |method| family.versions.iter().map(move |version| (method, *version));
    family.methods.iter().flat_map(versions)
}

/// Both ends have to heed the size.
fn check_fragments(cells: &mut [Cell]) {
    for i in 0..cells.len() {
        let Row { family, method, version, key_type, fragment_size, .. } = cells[i].row;
        let Outcome::Keys { round_trips: many } = cells[i].outcome else { continue };
        let is_twin = |other: &&Cell| {
            other.row.fragment_size == LARGE
                && (other.row.family.title, other.row.method.name) == (family.title, method.name)
                && other.row.version == version
                && (other.row.key_type, other.case) == (key_type, cells[i].case)
        };
        if fragment_size == SMALL
            && let Some(Outcome::Keys { round_trips: few }) =
                cells.iter().find(is_twin).map(|twin| &twin.outcome)
            && many < few + family.more_round_trips_if_small
        {
            let text = format!("{many} round trips, {few} with large fragments");
            cells[i].outcome = Outcome::Failed(text);
        }
    }
}

/// Other cells must not be hidden by what would have ended a test.
fn attempt<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or_else(|_| "?".into(), |it| it.to_string()),
    })
}

impl Outcome {
    pub(crate) fn is_not_always_resumed(&self) -> bool {
        matches!(self, Self::Resumed(offers) if offers.contains(&How::Full))
    }
}

impl Case {
    /// The flaw of the client's certificate.
    fn client(self) -> Option<Flaw> {
        if let Self::Client(flaw) = self { Some(flaw) } else { None }
    }

    /// The flaw of the server's certificate.
    fn server(self) -> Option<Flaw> {
        if let Self::Server(flaw) = self { Some(flaw) } else { None }
    }

    fn pac(self) -> Option<PacCase> {
        if let Self::Pac(case) = self { Some(case) } else { None }
    }

    fn attempt(
        self,
        row: &Row,
        setup: &Setup<'_>,
        server: &mut Process,
    ) -> Result<Outcome, String> {
        let pair = row.pair;
        let refusal = match self {
            Self::Full | Self::Resumed | Self::Pac(_) => None,
            Self::Client(flaw) => Some((pair.server.refusal)(flaw)),
            Self::Server(flaw) => Some((pair.peer.refusal)(flaw)),
        };
        if let Some(None) = refusal {
            return Ok(Outcome::NotChecked);
        }
        server.skip();
        let resumptions = if self == Self::Resumed { RESUMPTIONS } else { 0 };
        let login = attempt(|| row.log_in(setup, self.client(), resumptions))?;
        attempt(|| match (self, refusal.flatten()) {
            (Self::Resumed, _) => resumed(row, &login, server),
            (_, None) => logged_in(row, &login, server),
            (_, Some(refusal)) => self.refused(row, &login, server, &refusal),
        })
        .map_err(|error| format!("{error}\n{}:\n{}", pair.peer.name, login.lines.join("\n")))
    }

    fn refused(self, row: &Row, login: &Login, server: &mut Process, refusal: &Refusal) -> Outcome {
        assert_eq!(login.how, [How::Failed]);
        let pair = row.pair;
        let (peer_lines, server_lines) = (&login.lines, &server.lines_until(pair.server.rejects));
        let (refusing, refused, heard) = match self {
            Self::Server(_) => (peer_lines, server_lines, pair.server.heard),
            _ => (server_lines, peer_lines, pair.peer.heard),
        };
        let said = refusing.iter().any(|line| refusal.is_said_in(line));
        assert!(said, "not refused as {:?}:\n{}", refusal.words, refusing.join("\n"));
        let alert = refusal.alert.map(|alert| alert.to_string().to_lowercase());
        let heard = heard(row.method, refused).map(|alert| alert.to_lowercase());
        assert_eq!(heard, alert, "{}", refused.join("\n"));
        Outcome::Refused(refusal.alert)
    }
}

fn logged_in(row: &Row, login: &Login, server: &mut Process) -> Outcome {
    match *check_logins(&[How::Full], row, Case::Full, login, server) {
        [How::Full] => Outcome::Keys { round_trips: login.round_trips },
        _ => Outcome::FallsShort,
    }
}

fn resumed(row: &Row, login: &Login, server: &mut Process) -> Outcome {
    let expected = (row.pair.server.resumption)(row);
    match &check_logins(&expected, row, Case::Resumed, login, server)[..] {
        [How::Full, offers @ ..] => Outcome::Resumed(offers.to_vec()),
        _ => Outcome::FallsShort,
    }
}

/// Both ends have to see them like this, as far as no program falls short.
pub(crate) fn check_logins(
    expected: &[How],
    row: &Row,
    case: Case,
    login: &Login,
    server: &mut Process,
) -> Vec<How> {
    let mut expected = expected.to_vec();
    if let Some(Shortcoming { logins, words, .. }) = row.shortcoming(case)
        && logins < expected.len()
    {
        expected.truncate(logins);
        expected.push(How::Failed);
        let said = login.lines.iter().any(|line| line.ends_with(words));
        assert!(said, "did not fail with {words:?}");
    }
    assert_eq!(login.how, expected);
    for how in expected.iter().filter(|how| **how != How::Failed) {
        let lines = server.lines_until(&(row.pair.server.accepts)(row.method));
        let resumes = (row.pair.server.resumes)(row.method);
        let resumes = lines.iter().any(|line| line.contains(&resumes));
        assert_eq!(resumes, *how == How::Resumed, "{}", lines.join("\n"));
    }
    expected
}

impl Row {
    /// Of all methods, PEAP has it.
    pub(crate) fn has_crypto_binding(&self) -> bool {
        self.family.crypto_binding && self.method.outer() == "peap"
    }

    /// What keeps this login from succeeding.
    pub(crate) fn shortcoming(&self, case: Case) -> Option<Shortcoming> {
        (self.pair.shortcoming)(self, case)
    }

    /// With the client's certificate, which may have a flaw.
    pub(crate) fn log_in(
        &self,
        setup: &Setup<'_>,
        flaw: Option<Flaw>,
        resumptions: usize,
    ) -> Login {
        let client = setup.pki.client(flaw);
        (self.pair.peer.log_in)(setup, self.method, client, self.version, resumptions)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("full"),
            Self::Resumed => f.write_str("resumed"),
            Self::Client(flaw) => write!(f, "client {flaw}"),
            Self::Server(flaw) => write!(f, "server {flaw}"),
            Self::Pac(case) => case.fmt(f),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { family, method, pair, version, key_type, fragment_size } = self;
        write!(
            f,
            "{}: {} {pair} TLS {version} {key_type} {fragment_size}",
            family.title, method.name
        )
    }
}
