//! `cargo run --example login`, as a user sees it: exit status, standard output, standard error.

#![expect(clippy::unwrap_used, reason = "a test harness: what cannot be run is a failed test")]

mod common;

use std::process::Command;

use common::example;
use eap_rs::SUPPORTED;

/// The method, and the Type shown in its packets.
const METHODS: [(&str, &str); 5] = [
    ("md5", "MD5-Challenge"),
    ("otp", "OTP"),
    ("gtc", "GTC"),
    ("tls", "EAP-TLS"),
    ("mschapv2", "EAP-MSCHAPv2"),
];

/// The methods inside a tunnel: the tunnel's method, and what is in it.
const TUNNELED: [(&str, &str, &str); 15] = [
    ("ttls/pap", "EAP-TTLS", "PAP"),
    ("ttls/chap", "EAP-TTLS", "CHAP"),
    ("ttls/mschap", "EAP-TTLS", "MS-CHAP"),
    ("ttls/mschapv2", "EAP-TTLS", "MS-CHAPv2"),
    ("ttls/eap-mschapv2", "EAP-TTLS", "EAP-MSCHAPv2"),
    ("ttls/eap-gtc", "EAP-TTLS", "GTC"),
    ("ttls/eap-md5", "EAP-TTLS", "MD5-Challenge"),
    ("ttls/eap-tls", "EAP-TTLS", "EAP-TLS"),
    ("peap/mschapv2", "PEAP", "EAP-MSCHAPv2"),
    ("peap/gtc", "PEAP", "GTC"),
    ("peap/md5", "PEAP", "MD5-Challenge"),
    ("peap/tls", "PEAP", "EAP-TLS"),
    ("fast/mschapv2", "EAP-FAST", "EAP-MSCHAPv2"),
    ("fast/gtc", "EAP-FAST", "GTC"),
    ("fast/tls", "EAP-FAST", "EAP-TLS"),
];

/// Those of [`METHODS`] that have no password.
const TLS: [&str; 1] = ["tls"];

const TLS_VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// The numbers of an IP phone's 802.1X mode.
const PHONE_MODES: [&str; 7] = [
    "md5",
    "tls",
    "peap/mschapv2",
    "ttls/eap-mschapv2",
    "peap/gtc",
    "ttls/eap-gtc",
    "fast/mschapv2",
];

#[test]
fn without_flags_md5_logs_in_and_shows_the_ladder() {
    let run = login(&[]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let ladder = run.ladder();
    let shown: Vec<_> =
        ladder.iter().map(|p| (p.to_peer, p.code.as_str(), p.method.as_str(), p.octets)).collect();
    // RFC 3748 §4, §5.1, §5.4: 4 octets of header, the Type, then the identity, or the size of the
    // value, 16 octets of it and the name.
    let identity = "alice@example.org".len();
    assert_eq!(
        shown,
        [
            (true, "Request", "Identity", 5),
            (false, "Response", "Identity", 5 + identity),
            (true, "Request", "MD5-Challenge", 5 + 17 + "switch-3".len()),
            (false, "Response", "MD5-Challenge", 5 + 17 + identity),
            (true, "Success", "", 4),
        ]
    );
    let who = "alice@example.org by MD5-Challenge";
    assert!(run.stdout.contains(&format!("peer           logged in as {who}\n")), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("authenticator  authenticated {who}\n")));
    let keys = run.stdout.matches("keys: none (MD5-Challenge derives no keys)").count();
    assert_eq!(keys, 2, "{}", run.stdout);
}

#[test]
fn every_supported_method_logs_in() {
    let without_tunnel =
        SUPPORTED.iter().filter(|facts| !["ttls", "peap", "fast"].contains(&facts.name));
    assert_eq!(without_tunnel.count(), METHODS.len(), "a new method belongs into this test");
    for (name, shown) in METHODS {
        for name in [name.to_owned(), name.to_uppercase()] {
            let run = login(&["--method", &name]);
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
            assert_eq!(run.ladder().last().unwrap().code, "Success");
            assert!(run.ladder().iter().any(|p| p.to_peer && p.method == shown), "{}", run.stdout);
            assert!(run.stdout.contains(&format!("by {shown}\n")), "{}", run.stdout);
        }
    }
}

#[test]
fn every_method_inside_a_tunnel_logs_in_as_somebody_whom_nobody_sees() {
    for (name, tunnel, inner) in TUNNELED {
        let run = login(&["--method", name]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
        assert!(run.ladder().iter().any(|p| p.to_peer && p.method == tunnel), "{}", run.stdout);
        let words = run.words();
        for role in ["logged in as", "authenticated"] {
            let who = format!(
                "{role} alice@example.org by {tunnel} with {inner} known outside the tunnel as \
                 @example.org"
            );
            assert!(words.contains(&who), "{words}");
        }
        assert!(words.ends_with("equal on both ends"), "{words}");
    }
}

#[test]
fn a_wrong_password_inside_a_tunnel_is_refused() {
    let with_password = TUNNELED.into_iter().filter(|(.., inner)| *inner != "EAP-TLS");
    for (name, ..) in with_password {
        let run = login(&["--wrong-password", "--method", name]);
        assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{name}");
        assert_eq!(run.ladder().last().unwrap().code, "Failure");
        let words = run.words();
        assert!(words.ends_with("authenticator refused: wrong password or token"), "{words}");
        assert!(words.contains("peer refused: "), "{words}");
        assert!(!words.contains("keys"), "a refused login has no keys: {words}");
    }
}

#[test]
fn a_response_has_its_requests_identifier_and_each_request_a_new_one() {
    for (name, _) in METHODS {
        let ladder = login(&["--method", name]).ladder();
        for pair in ladder.windows(2) {
            let expected = match pair[1].code.as_str() {
                "Request" => pair[0].identifier.wrapping_add(1),
                _ => pair[0].identifier,
            };
            assert_eq!(pair[1].identifier, expected, "{name}");
            assert_ne!(pair[0].to_peer, pair[1].to_peer, "{name}");
        }
    }
}

#[test]
fn identifiers_start_at_random() {
    let starts = (0..8).map(|_| login(&[]).ladder()[0].identifier);
    let mut starts: Vec<_> = starts.collect();
    starts.dedup();
    // All eight alike: once in 2^56 runs.
    assert_ne!(starts.len(), 1, "always {starts:?}");
}

#[test]
fn a_wrong_password_is_refused_and_both_ends_say_why() {
    for (name, shown) in METHODS.into_iter().filter(|(name, _)| !TLS.contains(name)) {
        let run = login(&["--wrong-password", "--method", name]);
        assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{name}");
        assert_eq!(run.ladder().last().unwrap().code, "Failure");
        let words = run.words();
        let reason = match name {
            // The only one of them whose authenticator says why.
            "mschapv2" => "wrong name or password (\"Authentication failed\")".to_owned(),
            _ => format!(
                "the network refused the login: wrong name or password, or not allowed ({shown})"
            ),
        };
        assert!(words.contains(&format!("peer refused: {reason} authenticator")), "{words}");
        assert!(words.ends_with("authenticator refused: wrong password or token"), "{words}");
        assert!(!words.contains("keys"), "a refused login has no keys: {words}");
    }
}

#[test]
fn both_ends_of_mschapv2_have_equal_keys() {
    let run = login(&["--method", "mschapv2"]);
    assert_eq!(run.stdout.matches("keys: MSK 32 octets\n").count(), 2, "{}", run.stdout);
    assert!(run.words().ends_with("both ends MSK 32 octets, equal on both ends"));
}

#[test]
fn a_certificate_of_another_ca_is_refused_and_both_ends_say_why() {
    for name in TLS {
        for version in TLS_VERSIONS {
            let flags = ["--method", name, "--wrong-password", "--tls-min", version];
            let run = login(&[&flags[..], &["--tls-max", version]].concat());
            assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{name}");
            assert_eq!(run.ladder().last().unwrap().code, "Failure");
            let words = run.words();
            let peer = "peer refused: the other side sent the alert \"unknown CA\" authenticator";
            assert!(words.contains(peer), "{words}");
            let authenticator = "authenticator refused: issued by an untrusted CA: CN=Another CA \
                                 (sent the alert \"unknown CA\")";
            assert!(words.ends_with(authenticator), "{words}");
            assert!(!words.contains("keys"), "a refused login has no keys: {words}");
        }
    }
}

#[test]
fn both_ends_show_what_tls_agreed_on_whom_they_saw_and_equal_keys() {
    for name in TLS {
        let run = login(&["--method", name]);
        // The highest version, and the suite, once for each end.
        let agreed: Vec<_> =
            run.stdout.lines().filter_map(|line| line.trim().strip_prefix("TLS 1.3, ")).collect();
        let [on_peer, on_authenticator] = agreed[..] else { panic!("{}", run.stdout) };
        assert_eq!(on_peer, on_authenticator);
        let words = run.words();
        let keys = "keys: MSK 64 octets, EMSK 64 octets, Session-Id 65 octets";
        let (peer, rest) = words.split_once(&format!("{keys} authenticator")).unwrap();
        let (authenticator, both) = rest.split_once(keys).unwrap();
        assert!(peer.contains("peer logged in as alice@example.org"), "{words}");
        let server = "server's certificate: CN=switch-3.example.org, DNS switch-3.example.org, \
                      issued by CN=Example CA";
        assert!(peer.contains(server), "{words}");
        assert!(authenticator.starts_with(" authenticated alice@example.org"), "{words}");
        let client = "client's certificate: CN=alice@example.org, mail alice@example.org, \
                      issued by CN=Example CA";
        assert!(authenticator.contains(client), "{words}");
        assert_eq!(both.trim(), "both ends MSK 64 octets, equal on both ends");
    }
}

#[test]
fn tls_versions_can_be_limited() {
    let versions = |flags: &[&str]| {
        let run = login(flags);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{flags:?}");
        TLS_VERSIONS.map(|version| run.stdout.matches(&format!("  TLS {version}, ")).count())
    };
    for name in TLS {
        assert_eq!(versions(&["--method", name, "--tls-max", "1.2"]), [2, 0]);
        assert_eq!(versions(&["--method", name, "--tls-min", "1.3"]), [0, 2]);
        assert_eq!(versions(&["--tls-min=1.2", "--tls-max=1.3", "--method", name]), [0, 2]);
    }
}

#[test]
fn fragments_are_no_larger_than_asked_for_and_each_is_acknowledged() {
    for name in TLS {
        for size in [64, 200] {
            let ladder = login(&["--method", name, "--fragment-size", &size.to_string()]).ladder();
            // RFC 5216 §3.1: in front of it header, Type and flags.
            assert!(ladder.iter().all(|packet| packet.octets <= size + 6), "{size}");
            let parts = ladder.windows(2).filter(|pair| pair[0].method.ends_with(" part"));
            let parts: Vec<_> = parts.collect();
            assert!(parts.iter().any(|pair| pair[0].to_peer), "{size}");
            assert!(parts.iter().any(|pair| !pair[0].to_peer), "{size}");
            for pair in parts {
                assert!(pair[1].method.ends_with(" ack"), "{}", pair[1].method);
                assert_eq!(pair[1].octets, 6);
            }
        }
    }
}

#[test]
fn questions_are_lines_of_their_own() {
    let questions = |method| login(&["--method", method]).questions();
    assert_eq!(
        questions("md5"),
        [
            "peer asks for the password of alice@example.org: answered by the user",
            "authenticator asks for the credential of alice@example.org: found on file",
        ]
    );
    assert_eq!(
        questions("gtc"),
        [
            "peer asks for the token card's answer to \"Password: \": answered by the user",
            "authenticator asks whether that is right for alice@example.org: yes",
        ]
    );
    assert_eq!(
        questions("otp"),
        [
            "authenticator asks for a challenge to alice@example.org: made",
            "peer asks for the one-time password \"otp-md5 99 TeSt\": answered by the user",
            "authenticator asks whether that is right for alice@example.org: yes",
        ]
    );
    // Both certificates are configured, and judged by the policies.
    assert!(questions("tls").is_empty());
}

#[test]
fn users_and_operators_are_asked_about_certificates_if_they_want_to_be() {
    for version in TLS_VERSIONS {
        let run = login(&["--method", "tls", "--tls-max", version, "--ask"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert_eq!(
            run.questions(),
            [
                "peer asks whether to trust CN=switch-3.example.org: yes",
                "authenticator asks whether to admit CN=alice@example.org: yes",
            ]
        );
    }
}

#[test]
fn nothing_that_is_secret_is_printed() {
    for (name, _) in METHODS {
        for arguments in [&["--method", name][..], &["--method", name, "--wrong-password"]] {
            let run = login(arguments);
            for secret in ["Spain", "Wales", "50FE", "1962", "C496"] {
                assert!(!run.stdout.contains(secret), "{}", run.stdout);
            }
        }
    }
}

#[test]
fn list_has_the_facts_of_every_supported_method() {
    let run = login(&["--list"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let mut lines = run.stdout.lines();
    let heads: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(heads, ["Name", "Type", "Document", "Keys", "Mutual"]);
    for name in names() {
        let itself = name.split('/').next();
        let facts = SUPPORTED.iter().find(|facts| itself == Some(facts.name)).unwrap();
        let yes_or_no = |fact| if fact { "yes" } else { "no" };
        let row: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        let (number, document) = (facts.method.number(), facts.document);
        let (keys, mutual) = (yes_or_no(facts.derives_keys), yes_or_no(facts.mutual));
        assert_eq!(row.join(" "), format!("{name} {number} {document} {keys} {mutual}"));
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn help_names_every_flag_method_and_phone_mode() {
    let run = login(&["--help"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let flags = [
        "--method",
        "--wrong-password",
        "--tls-min",
        "--tls-max",
        "--fragment-size",
        "--list",
        "--help",
    ];
    for word in flags.into_iter().chain(names()).chain(PHONE_MODES) {
        assert!(run.stdout.contains(word), "{word} in {}", run.stdout);
    }
}

#[test]
fn phone_modes_1_to_7_mean_their_methods() {
    for (number, name) in (1..).zip(PHONE_MODES) {
        let number = format!("{number}");
        let run = login(&["--method", &number]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
        let methods = METHODS.iter().map(|(name, shown)| (*name, (*shown).to_owned()));
        let tunneled =
            TUNNELED.iter().map(|(name, tunnel, inner)| (*name, format!("{tunnel} with {inner}")));
        let (_, shown) = methods.chain(tunneled).find(|(known, _)| *known == name).unwrap();
        assert!(run.stdout.contains(&format!("by {shown}\n")), "{}", run.stdout);
    }
}

#[test]
fn fast_logs_in_by_certificate_and_then_by_the_pac_it_was_given() {
    for (name, ..) in TUNNELED.into_iter().filter(|(_, tunnel, _)| *tunnel == "EAP-FAST") {
        let run = login(&["--method", name]);
        let (first, second) = run.stdout.split_once("Second login: the PAC").unwrap();
        assert!(first.contains("  ! peer has a new PAC\n"), "{first}");
        assert!(first.contains("server's certificate: CN=switch-3.example.org"), "{first}");
        assert!(!first.contains("resumed"), "{first}");
        assert!(!second.contains("new PAC") && !second.contains("certificate"), "{second}");
        assert_eq!(second.matches(", resumed\n").count(), 2, "{second}");
        for login in [first, second] {
            assert!(login.contains("both ends      MSK 64 octets, equal on both ends"), "{login}");
        }
    }
}

/// Nobody gets a PAC, and there is no second login.
#[test]
fn fast_refuses_a_certificate_of_another_ca_inside_the_tunnel() {
    let run = login(&["--method", "fast/tls", "--wrong-password"]);
    assert_eq!((run.status, run.stderr.as_str()), (1, ""));
    assert!(run.words().contains("issued by an untrusted CA: CN=Another CA"), "{}", run.stdout);
    assert!(!run.stdout.contains("Second login") && !run.stdout.contains("new PAC"));
}

#[test]
fn an_unknown_method_is_named_with_what_is_available() {
    for name in [
        "0",
        "8",
        "01",
        "+1",
        "-1",
        "",
        "leap",
        "md5 ",
        "peap",
        "ttls",
        "fast",
        "fast/md5",
        "peap/leap",
        "peap/pap",
        "\u{1b}[2J",
    ] {
        login(&["--method", name])
            .assert_usage_error(&format!("unknown method {name:?}\navailable: {}", available()));
    }
}

#[test]
fn a_command_line_that_makes_no_sense_shows_the_usage() {
    login(&["--method"]).assert_usage_error("missing argument for option '--method'");
    login(&["--colour"]).assert_usage_error("invalid option '--colour'");
    login(&["-m", "md5"]).assert_usage_error("invalid option '-m'");
    login(&["md5"]).assert_usage_error("unexpected argument \"md5\"");
    login(&["--tls-min", "1.1"]).assert_usage_error("--tls-min \"1.1\"; accepted: 1.2, 1.3");
    login(&["--method", "tls", "--tls-min", "1.3", "--tls-max", "1.2"])
        .assert_usage_error("--tls-min is TLS 1.3, --tls-max only TLS 1.2");
    login(&["--method", "tls", "--fragment-size", "63"])
        .assert_usage_error("--fragment-size \"63\"; accepted: 64 to 65000");
    login(&["--method", "fast/gtc", "--tls-min", "1.3"])
        .assert_usage_error("--tls-min is TLS 1.3, EAP-FAST ends with TLS 1.2");
    login(&["--list=md5"]).assert_usage_error("unexpected argument for option '--list': \"md5\"");
}

#[test]
fn settings_of_tls_are_refused_for_methods_without_it() {
    let flags: [&[&str]; 4] =
        [&["--tls-min", "1.2"], &["--tls-max", "1.3"], &["--fragment-size", "1398"], &["--ask"]];
    for (name, _) in METHODS.into_iter().filter(|(name, _)| !TLS.contains(name)) {
        for flag in flags {
            login(&[&["--method", name][..], flag].concat()).assert_usage_error(&format!(
                "{} is only for TLS-based methods, {name} is none",
                flag[0]
            ));
        }
    }
}

#[test]
fn output_stays_within_80_columns() {
    let mut commands = vec![vec!["--help"], vec!["--list"]];
    commands.extend(["ttls/eap-mschapv2", "fast/mschapv2"].map(|name| vec!["--method", name]));
    for name in TLS {
        for version in TLS_VERSIONS {
            commands.push(vec!["--method", name, "--tls-max", version, "--fragment-size", "64"]);
        }
    }
    for (name, _) in METHODS {
        commands.push(vec!["--method", name]);
        commands.push(vec!["--method", name, "--wrong-password"]);
    }
    for arguments in commands {
        let run = login(&arguments);
        for line in run.stdout.lines().chain(run.stderr.lines()) {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("$ cargo run --example login\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert_eq!(without_identifiers(shown), without_identifiers(&login(&[]).stdout));
}

/// What one run of the example gave.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

/// One line of the ladder.
struct Line {
    to_peer: bool,
    code: String,
    identifier: u8,
    method: String,
    octets: usize,
}

impl Run {
    fn ladder(&self) -> Vec<Line> {
        self.stdout.lines().filter_map(Line::parse).collect()
    }

    fn questions(&self) -> Vec<String> {
        let questions = self.stdout.lines().filter_map(|line| line.strip_prefix("  ? "));
        questions.map(str::to_owned).collect()
    }

    /// Standard output without its line breaks.
    fn words(&self) -> String {
        self.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn assert_usage_error(&self, message: &str) {
        assert_eq!((self.status, self.stdout.as_str()), (2, ""), "{}", self.stderr);
        let (first, rest) = self.stderr.split_once("\n\n").unwrap();
        assert_eq!(first, format!("error: {message}"));
        assert!(rest.starts_with("usage: login [--method NAME]"), "{rest}");
    }
}

impl Line {
    /// Reads `<---- Request   id 184  Identity          5 octets -----`; the Type may be absent.
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split_whitespace().collect();
        let [left, code, "id", identifier, method @ .., octets, "octets", right] = &words[..]
        else {
            return None;
        };
        let to_peer = match (*left, *right) {
            ("<----", "-----") => true,
            ("-----", "---->") => false,
            _ => return None,
        };
        Some(Self {
            to_peer,
            code: (*code).to_owned(),
            identifier: identifier.parse().ok()?,
            method: method.join(" "),
            octets: octets.parse().ok()?,
        })
    }
}

/// Identifiers start at random.
fn without_identifiers(text: &str) -> String {
    let lines = text.lines().map(|line| match Line::parse(line) {
        Some(packet) => line.replace(&format!(" id {:>3} ", packet.identifier), " id ... "),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn login(arguments: &[&str]) -> Run {
    let output = Command::new(example("login")).args(arguments).output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    Run {
        status: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Everything that `--method` takes.
fn names() -> impl Iterator<Item = &'static str> {
    let tunneled = TUNNELED.into_iter().map(|(name, ..)| name);
    METHODS.into_iter().map(|(name, _)| name).chain(tunneled)
}

fn available() -> String {
    names().collect::<Vec<_>>().join(", ")
}
