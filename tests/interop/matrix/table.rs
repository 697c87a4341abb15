//! The matrix in Markdown.

use std::fmt::{Display, Write};
use std::process::Command;

use eap_rs::tls::TlsAlert;

use super::cells::{Case, Cell, Outcome, Row, rows_of};
use super::certificates::FLAWS;
use super::counterparts::{PAIRS, Peer, Refusal, Refuse, Server};
use super::methods::{FAMILIES, Family};

/// The whole document.
pub(crate) fn document(cells: &[Cell]) -> String {
    let mut text = introduction(cells);
    for family in &FAMILIES {
        writeln!(text, "\n## {}", family.title).unwrap();
        for pair in &PAIRS {
            let of_pair = |cell: &&Cell| {
                cell.row.family.title == family.title
                    && cell.row.pair.to_string() == pair.to_string()
            };
            let cells: Vec<_> = cells.iter().filter(of_pair).collect();
            if cells.is_empty() {
                continue;
            }
            write!(text, "\n### {pair}\n\n{}", table(family, &cells)).unwrap();
            let mut remarks = Vec::new();
            if cells.iter().any(|cell| cell.outcome.is_not_always_resumed()) {
                remarks.push(pair.server.remark);
            }
            if cells.iter().any(|cell| cell.outcome == Outcome::NotChecked) {
                remarks.push(pair.peer.remark);
            }
            let shortcomings = cells.iter().filter_map(|cell| cell.row.shortcoming(cell.case));
            remarks.extend(shortcomings.map(|shortcoming| shortcoming.remark));
            for remark in distinct(remarks.into_iter().filter(|remark| !remark.is_empty())) {
                writeln!(text, "\n{remark}").unwrap();
            }
        }
    }
    text + &causes()
}

fn introduction(cells: &[Cell]) -> String {
    let alerts: Vec<_> = [42, 43, 44, 45, 46, 48, 80]
        .map(TlsAlert)
        .into_iter()
        .filter(|alert| cells.iter().any(|cell| cell.outcome == Outcome::Refused(Some(*alert))))
        .map(|alert| format!("{} {alert}", alert.0))
        .collect();
    format!(
        "# Counterparts

Logins of our example programs and of others with each other, over RADIUS on one machine:
FreeRADIUS {freeradius}, hostapd {hostapd} and eapol_test {eapol_test}, these with OpenSSL {openssl}.
`tests/run interop` tries every cell and compares this page with what it has seen;
`UPDATE_DOCS=1 tests/run interop` writes the page.

| cell | what happened |
|---|---|
| `keys` | the login succeeded, and the peer derived the MPPE keys that the server sent |
| `resumed`, `full` | how two more logins went, which offered to resume the session: it was resumed, or the login succeeded without |
| `failed` | the login failed, as it has to between these programs: the cause is below the table |
| number | the certificate was refused for the cause named below, and the other side was told by this TLS alert: {alerts} |
| `no alert` | the same, but EAP-Failure came in the place of the alert |
| `keys + PAC`, `by PAC`, … | how logins of EAP-FAST went, one after the other, with equal keys: `keys` by the certificate, `by PAC` without, `+ PAC` with a new one in the end |
| `PAC` | a PAC in an anonymous tunnel, and no access: that is for the next login |
| `refused` | no access and no new PAC, for the right cause |
| – | the side that would have to refuse cannot be told to look for this; or the method has no such login: an anonymous tunnel is for EAP-MSCHAPv2 alone, and EAP-TLS has no password |

Both sides have keys of the kind in the row; where a row names more than one kind or fragment, every
combination was tried and all turned out alike. A fragment is what one EAP packet carries of TLS, on
both sides. A certificate of the wrong use is a client's at a server, a server's at a client.

In EAP-FAST, a PAC comes from a first login; the `full` one takes none. A PAC that has expired, or
that the server cannot open, is tried at a server whose certificate is untrusted, then at one whose
certificate is trusted; a wrong password is tried without a PAC and with one.
",
        freeradius = version("freeradius", "-v", 3),
        hostapd = version("hostapd", "-v", 2),
        eapol_test = version("eapol_test", "-v", 2),
        openssl = version("openssl", "version", 2),
        alerts = alerts.join(", "),
    )
}

/// The first so many numbers of a program's version.
fn version(program: &str, flag: &str, numbers: usize) -> String {
    let output = Command::new(program).arg(flag).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let is_version = |word: &&str| word.contains('.') && word.starts_with(char::is_numeric);
    let word = text.split([' ', '\n', 'v', ',']).find(is_version);
    let word = word.unwrap_or_else(|| panic!("{program} {flag}: {text}"));
    word.split('.').take(numbers).collect::<Vec<_>>().join(".")
}

/// One line for each method and version of TLS, if neither the keys nor the size of fragments make
/// a difference; else one for each of those, too.
fn table(family: &'static Family, cells: &[&Cell]) -> String {
    let mut head = ["method", "TLS", "key", "fragment"].map(str::to_owned).to_vec();
    head.extend(family.cases.iter().map(Case::to_string));
    let mut rows = Vec::new();
    for (method, version) in rows_of(family) {
        let is_here =
            |cell: &&&Cell| (cell.row.method.name, cell.row.version) == (method.name, version);
        let cells: Vec<&Cell> = cells.iter().filter(is_here).copied().collect();
        let keys = distinct(cells.iter().map(|cell| cell.row.key_type.to_string()));
        let sizes = distinct(cells.iter().map(|cell| cell.row.fragment_size.to_string()));
        let mut lines = Vec::new();
        for (key, size) in keys.iter().flat_map(|key| sizes.iter().map(move |size| (key, size))) {
            let is_here = |cell: &&&Cell| {
                let Row { key_type, fragment_size, .. } = cell.row;
                (key_type.to_string(), fragment_size.to_string()) == (key.clone(), size.clone())
            };
            let line = cells.iter().filter(is_here).map(|cell| (cell.case, shown(&cell.outcome)));
            lines.push((key.clone(), size.clone(), ordered(family, line)));
        }
        if lines.iter().all(|(.., line)| *line == lines[0].2) {
            lines.truncate(1);
            (lines[0].0, lines[0].1) = (keys.join(", "), sizes.join(", "));
        }
        rows.extend(lines.into_iter().map(|(key, size, line)| {
            let start = [method.name.to_owned(), version.to_owned(), key, size];
            [start.to_vec(), line].concat()
        }));
    }
    markdown(&head, &rows)
}

/// In the order of the columns: the cells with flawed servers were tried last.
fn ordered(family: &Family, cells: impl Iterator<Item = (Case, String)>) -> Vec<String> {
    let mut cells: Vec<_> = cells.collect();
    cells.sort_by_key(|(case, _)| family.cases.iter().position(|other| other == case));
    cells.into_iter().map(|(_, text)| text).collect()
}

/// In the order of their first appearance.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Keys { .. } => "`keys`".into(),
        Outcome::Resumed(how) => listed(how),
        Outcome::Pacs(logins) => listed(logins),
        Outcome::FallsShort => "`failed`".into(),
        Outcome::Refused(Some(alert)) => alert.0.to_string(),
        Outcome::Refused(None) => "`no alert`".into(),
        Outcome::NotChecked | Outcome::NotPossible => "–".into(),
        Outcome::Failed(_) => "FAILED".into(),
    }
}

fn listed(logins: &[impl Display]) -> String {
    logins.iter().map(|login| format!("`{login}`")).collect::<Vec<_>>().join(", ")
}

/// What the side that refuses prints.
fn causes() -> String {
    let mut peers: Vec<&Peer> = PAIRS.iter().map(|pair| pair.peer).collect();
    peers.sort_by_key(|peer| peer.name);
    peers.dedup_by_key(|peer| peer.name);
    let mut servers: Vec<&Server> = PAIRS.iter().map(|pair| pair.server).collect();
    servers.sort_by_key(|server| server.name);
    servers.dedup_by_key(|server| server.name);
    let mut columns: Vec<(&str, Refuse)> = Vec::new();
    columns.extend(servers.iter().map(|server| (server.name, server.refusal)));
    columns.extend(peers.iter().map(|peer| (peer.name, peer.refusal)));
    let mut head = vec!["certificate".to_owned()];
    head.extend(columns.iter().map(|(name, _)| (*name).to_owned()));
    let rows = FLAWS.map(|flaw| {
        let words = |refusal: Option<Refusal>| match refusal {
            Some(refusal) => format!("`{}`", refusal.words.trim_start_matches(": ")),
            None => "–".into(),
        };
        let mut row = vec![flaw.to_string()];
        row.extend(columns.iter().map(|(_, refusal)| words(refusal(flaw))));
        row
    });
    format!("\n## Causes\n\nWhat the side that refuses prints:\n\n{}", markdown(&head, &rows))
}

fn markdown(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("{}|\n", "|---".repeat(head.len()));
    line(head) + &rule + &rows.iter().map(|row| line(row)).collect::<String>()
}
