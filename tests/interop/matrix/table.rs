//! The matrix in Markdown.

use std::fmt::Write;
use std::process::Command;

use eap_rs::tls::TlsAlert;

use super::cells::{Case, Cell, Outcome};
use super::certificates::FLAWS;
use super::counterparts::{PAIRS, Peer, Refusal, Refuse, Server};
use super::methods::METHODS;

/// The whole document.
pub(crate) fn document(cells: &[Cell]) -> String {
    let mut text = introduction(cells);
    for method in &METHODS {
        writeln!(text, "\n## {}", method.name).unwrap();
        for pair in &PAIRS {
            let of_pair = |cell: &&Cell| {
                cell.row.method.name == method.name && cell.row.pair.to_string() == pair.to_string()
            };
            let cells: Vec<_> = cells.iter().filter(of_pair).collect();
            write!(text, "\n### {pair}\n\n{}", table(method.cases, &cells)).unwrap();
            if !pair.server.remark.is_empty() {
                writeln!(text, "\n{}", pair.server.remark).unwrap();
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
| number | the certificate was refused for the cause named below, and the other side was told by this TLS alert: {alerts} |
| `no alert` | the same, but EAP-Failure came in the place of the alert |
| – | the side that would have to refuse cannot be told to look for this |

Both sides have keys of the kind in the row. A fragment is what one EAP packet carries of TLS, on
both sides. A certificate of the wrong use is a client's at a server, a server's at a client.
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

/// One line for each row of the matrix.
fn table(cases: &[Case], cells: &[&Cell]) -> String {
    let mut head = vec!["TLS".to_owned(), "key".into(), "fragment".into()];
    head.extend(cases.iter().map(Case::to_string));
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let row = &cell.row;
        let name = row.to_string();
        let position = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            let size = row.fragment_size.to_string();
            let mut line = vec![row.version.to_owned(), row.key_type.to_string(), size];
            line.resize(head.len(), String::new());
            rows.push(line);
            rows.len() - 1
        });
        let column = cases.iter().position(|case| *case == cell.case).unwrap();
        rows[position][3 + column] = shown(&cell.outcome);
    }
    markdown(&head, &rows)
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Keys { .. } => "`keys`".into(),
        Outcome::Resumed(how) => how.map(|how| format!("`{how}`")).join(", "),
        Outcome::Refused(Some(alert)) => alert.0.to_string(),
        Outcome::Refused(None) => "`no alert`".into(),
        Outcome::NotChecked => "–".into(),
        Outcome::Failed(_) => "FAILED".into(),
    }
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
