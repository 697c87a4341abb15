//! `radius_peer` and `radius_server`, as a user sees them: exit status and what is printed.

#![expect(clippy::unwrap_used, reason = "a test harness: what cannot be run is a failed test")]

mod common;
#[path = "radius/fast.rs"]
mod fast;
#[path = "radius/tls.rs"]
mod tls;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use common::example;
use eap_rs::SUPPORTED;

const SECRET: &str = "testing123";

/// The methods of a password; those of certificates have tests of their own.
const METHODS: [(&str, &str); 4] =
    [("md5", "MD5-Challenge"), ("otp", "OTP"), ("gtc", "GTC"), ("mschapv2", "EAP-MSCHAPv2")];

/// What the peer says after a wrong password.
fn refusal(name: &str, shown: &str) -> String {
    match name {
        // The only one of them whose server says why.
        "mschapv2" => "wrong name or password (\"Authentication failed\")".into(),
        _ => {
            format!(
                "the network refused the login: wrong name or password, or not allowed ({shown})"
            )
        }
    }
}

#[test]
fn every_method_logs_in() {
    let with_tls = ["tls", "ttls", "peap", "fast"];
    let passwords = SUPPORTED.iter().filter(|facts| !with_tls.contains(&facts.name)).count();
    assert_eq!(passwords, METHODS.len(), "a new method belongs into this test");
    for (name, shown) in METHODS {
        let mut server = Server::start(&["--user", "alice:wonderland", "--methods", name]);
        let run = server.login(&["--method", name, "--password", "wonderland"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        let [first, last] = &run.lines()[..] else { panic!("{}", run.stdout) };
        assert!(first.starts_with(&format!("alice logged in by {shown}: ")), "{first}");
        let keys = if name == "mschapv2" { "keys: equal on both ends" } else { "keys: none" };
        assert!(first.ends_with(keys), "{first}");
        assert_eq!(*last, "SUCCESS");
        assert_eq!(server.line(), format!("accept alice ({shown})"));
    }
}

#[test]
fn the_peer_refuses_the_first_offer_and_takes_the_third() {
    let mut server = Server::start(&["--user", "alice:wonderland", "--methods", "md5,otp,gtc"]);
    let run = server.login(&["--method", "gtc", "--password", "wonderland"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(server.line(), "accept alice (GTC)");
}

#[test]
fn a_wrong_password_is_refused_and_both_ends_say_why() {
    for (name, shown) in METHODS {
        let mut server = Server::start(&["--user", "alice:wonderland", "--methods", name]);
        let run = server.login(&["--method", name, "--password", "looking-glass"]);
        assert_eq!((run.status, run.stderr.as_str()), (1, ""));
        assert_eq!(run.lines(), [format!("FAILURE: {}", refusal(name, shown))]);
        assert_eq!(server.line(), "reject alice: wrong password or token");
    }
}

#[test]
fn an_unknown_user_is_refused_like_a_wrong_password() {
    for (name, shown) in METHODS {
        let mut server = Server::start(&["--user", "bob:wonderland", "--methods", name]);
        let run = server.login(&["--method", name, "--password", "wonderland"]);
        assert_eq!(run.status, 1);
        assert_eq!(run.lines(), [format!("FAILURE: {}", refusal(name, shown))]);
        assert!(server.line().starts_with("reject alice: "));
    }
}

#[test]
fn without_a_common_method_both_ends_say_so() {
    let mut server = Server::start(&["--user", "alice:wonderland", "--methods", "md5"]);
    let run = server.login(&["--method", "gtc", "--password", "wonderland"]);
    assert_eq!(run.status, 1);
    let reason = "no common method: the network wants MD5-Challenge";
    assert_eq!(run.lines(), [format!("FAILURE: {reason}")]);
    let reason = "no common method: the peer refused every method offered";
    assert_eq!(server.line(), format!("reject alice: {reason}"));
}

#[test]
fn a_method_that_needs_a_password_is_not_begun_without() {
    for (method, needs) in [
        ("md5", "--password"),
        ("otp", "--password"),
        ("mschapv2", "--password or --nt-hash"),
        ("ttls/pap", "--password"),
        ("ttls/mschap", "--password or --nt-hash"),
        ("peap/gtc", "--password"),
        ("fast/mschapv2", "--password or --nt-hash"),
    ] {
        let error = format!("--method {method} needs {needs}");
        peer("127.0.0.1:9", SECRET, &["--method", method]).assert_usage_error(&error);
    }
}

#[test]
fn a_hash_is_refused_where_the_password_is_sent() {
    let hash = ["--nt-hash", "3e057cd123205aa168af5f121716b335"];
    for method in
        ["md5", "gtc", "tls", "ttls/pap", "ttls/chap", "ttls/eap-gtc", "peap/gtc", "fast/gtc"]
    {
        let error = format!("--nt-hash is for MS-CHAP and MSCHAPv2, and not for {method}");
        let method = ["--method", method];
        peer("127.0.0.1:9", SECRET, &[method, hash].concat()).assert_usage_error(&error);
    }
    peer_usage_error(&["--nt-hash", "x"], "--nt-hash: accepted: 32 hexadecimal digits");
    let both = [&["--method", "mschapv2", "--password", "wonderland"][..], &hash].concat();
    let run = peer("127.0.0.1:9", SECRET, &both);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert_eq!(run.stderr, "error: --nt-hash and --password contradict each other\n");
}

#[test]
fn an_identity_that_radius_cannot_carry_is_named_by_its_flag() {
    let (long, accepted) = ("a".repeat(254), "254 octets given, at most 253 accepted");
    let password = ["--password", "wonderland"];
    peer_usage_error(
        &[&["--identity", &long][..], &password].concat(),
        &format!("--identity: {accepted}"),
    );
    let outside = ["--method", "peap/gtc", "--anonymous-identity", &long];
    let error = format!("--anonymous-identity: {accepted}");
    peer_usage_error(&[&outside[..], &password].concat(), &error);
    // Inside the tunnel there is room.
    let inside = ["--method", "peap/gtc", "--anonymous-identity", "x", "--identity", &long];
    let run = peer("127.0.0.1:9", SECRET, &[&inside[..], &password].concat());
    assert!(run.stderr.starts_with("error: nothing to trust is configured"), "{}", run.stderr);
}

#[test]
fn with_a_wrong_secret_the_network_does_not_answer() {
    let mut server = Server::start(&["--user", "alice:wonderland"]);
    let more = ["--method", "md5", "--password", "wonderland", "--timeout", "1"];
    let begun = Instant::now();
    let run = server.login_with("another", &more);
    assert!(begun.elapsed() >= Duration::from_secs(3), "three tries of a second");
    assert_eq!(run.status, 1);
    assert_eq!(run.lines(), ["FAILURE: the network did not answer"]);
    for _ in 0..3 {
        let line = server.line();
        assert!(line.starts_with("drop from 127.0.0.1:"), "{line}");
        assert!(line.ends_with(": wrong Message-Authenticator"), "{line}");
    }
}

#[test]
fn where_nobody_listens_the_network_cannot_be_reached_or_does_not_answer() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let flags = ["--method", "md5", "--password", "wonderland", "--timeout", "1"];
    let run = peer(&address, SECRET, &[&flags[..], &["--json"]].concat());
    assert_eq!(run.status, 1);
    let report = json(&run.lines()[0]);
    assert_eq!(report["reason"], "the network did not answer");
    assert_eq!(report["round_trips"], 0);
    // The same request, three times.
    silent.set_nonblocking(true).unwrap();
    let mut buffer = [0; 4096];
    let requests: Vec<Vec<u8>> =
        std::iter::from_fn(|| silent.recv(&mut buffer).ok().map(|len| buffer[..len].to_vec()))
            .collect();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| *request == requests[0]));
    drop(silent);
    let run = peer(&address, SECRET, &flags);
    assert_eq!(run.status, 1);
    assert!(run.lines()[0].starts_with("FAILURE: the network "), "{}", run.stdout);
}

#[test]
fn an_answer_that_is_not_genuine_is_waited_out() {
    let forger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = forger.local_addr().unwrap().to_string();
    let forging = thread::spawn(move || {
        let mut buffer = [0; 4096];
        for _ in 0..3 {
            let (_, source) = forger.recv_from(&mut buffer).unwrap();
            // An Access-Accept with EAP-Success, by someone without the secret.
            let mut accept = vec![2, buffer[1], 0, 26];
            accept.extend([0; 16]);
            accept.extend([79, 6, 3, 0, 0, 4]);
            forger.send_to(&accept, source).unwrap();
        }
    });
    let more = ["--method", "md5", "--password", "wonderland", "--timeout", "1"];
    let run = peer(&address, SECRET, &more);
    forging.join().unwrap();
    assert_eq!(run.status, 1);
    let what = "what came instead was dropped: wrong Response Authenticator";
    assert_eq!(run.lines(), [format!("FAILURE: the network did not answer; {what}")]);
}

#[test]
fn a_repeated_request_gets_the_same_answer_and_is_not_processed_twice() {
    let mut server = Server::start(&["--user", "alice:wonderland", "--methods", "md5"]);
    // A relay that repeats every request, as a NAS does whose answer was lost.
    let relay = UdpSocket::bind("127.0.0.1:0").unwrap();
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    upstream.connect(&server.address).unwrap();
    let address = relay.local_addr().unwrap().to_string();
    let relaying = thread::spawn(move || {
        let (mut request, mut answer, mut again) = ([0; 4096], [0; 4096], [0; 4096]);
        for _ in 0..2 {
            let (len, source) = relay.recv_from(&mut request).unwrap();
            upstream.send(&request[..len]).unwrap();
            let answered = upstream.recv(&mut answer).unwrap();
            upstream.send(&request[..len]).unwrap();
            let answered_again = upstream.recv(&mut again).unwrap();
            assert_eq!(answer[..answered], again[..answered_again]);
            relay.send_to(&answer[..answered], source).unwrap();
        }
    });
    let run = peer(&address, SECRET, &["--method", "md5", "--password", "wonderland"]);
    relaying.join().unwrap();
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(server.line(), "accept alice (MD5-Challenge)");
    assert_eq!(server.stop(), Vec::<String>::new());
}

#[test]
fn json_has_a_line_for_each_login() {
    let server = Server::start(&["--user", "alice:wonderland"]);
    let more = ["--method", "gtc", "--password", "wonderland", "--json", "--count", "3"];
    let run = server.login(&more);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(run.lines().len(), 3);
    for line in run.lines() {
        let report = json(&line);
        assert_eq!(report["result"], "success");
        assert_eq!(report["method"], "gtc");
        assert_eq!(report["identity"], "alice");
        assert!(report["reason"].is_null());
        assert_eq!(report["keys"], false);
        assert!(report["ms"].is_u64());
        // The identity, the Nak of MD5-Challenge, the token.
        assert_eq!(report["round_trips"], 3);
    }
    let run = server.login(&["--method", "md5", "--password", "wrong", "--json"]);
    assert_eq!(run.status, 1);
    let report = json(&run.lines()[0]);
    assert_eq!(report["result"], "failure");
    assert!(report["reason"].as_str().unwrap().starts_with("the network refused"));
}

#[test]
fn count_repeats_logins_and_sums_up() {
    let server = Server::start(&["--user", "alice:wonderland"]);
    let many = ["--method", "md5", "--count", "50", "--password"];
    let run = server.login(&[&many[..], &["wonderland"]].concat());
    // No progress bar where standard error is no terminal.
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let [sum, last] = &run.lines()[..] else { panic!("{}", run.stdout) };
    assert!(sum.starts_with("50 of 50 logins, "), "{sum}");
    assert_eq!(last, "SUCCESS");
    let run = server.login(&[&many[..], &["wrong"]].concat());
    assert_eq!(run.status, 1);
    let [sum, last] = &run.lines()[..] else { panic!("{}", run.stdout) };
    assert!(sum.starts_with("0 of 50 logins, "), "{sum}");
    assert!(last.starts_with("FAILURE: 50 of 50 logins: the network refused"), "{last}");
}

#[test]
fn users_come_from_a_file() {
    let path = std::env::temp_dir().join(format!("eap-rs-users-{}.toml", std::process::id()));
    fs::write(&path, "[users.alice]\npassword = \"wonderland\"\n").unwrap();
    let server = Server::start(&["--users", path.to_str().unwrap()]);
    let run = server.login(&["--method", "md5", "--password", "wonderland"]);
    fs::remove_file(&path).unwrap();
    assert_eq!(run.status, 0, "{}", run.stdout);
}

#[test]
fn a_user_is_put_into_a_vlan() {
    let path = std::env::temp_dir().join(format!("eap-rs-vlans-{}.toml", std::process::id()));
    fs::write(&path, "[users.alice]\npassword = \"wonderland\"\nvlan = 42\n").unwrap();
    let mut server = Server::start(&["--users", path.to_str().unwrap()]);
    fs::remove_file(&path).unwrap();
    let run = server.login(&["--method", "md5", "--password", "wonderland"]);
    let [first, _] = &run.lines()[..] else { panic!("{}", run.stdout) };
    assert!(first.ends_with(", keys: none, VLAN 42"), "{first}");
    assert_eq!(server.line(), "accept alice (MD5-Challenge), VLAN 42");
    let run = server.login(&["--method", "md5", "--password", "wonderland", "--json"]);
    assert!(run.stdout.contains("\"vlan\":\"42\""), "{}", run.stdout);
}

#[test]
fn the_next_server_is_asked_if_one_does_not_answer() {
    // One where nobody listens any more, and one who says nothing.
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = (silent.local_addr().unwrap().to_string(), silent);
    let mut server = Server::start(&["--user", "alice:wonderland", "--methods", "mschapv2"]);
    let others = ["--server", &silent.0, "--server", &server.address, "--timeout", "1"];
    let login = ["--method", "mschapv2", "--password", "wonderland"];
    let run = peer(&closed, SECRET, &[&others[..], &login].concat());
    assert_eq!(run.status, 0, "{} {}", run.stdout, run.stderr);
    assert_eq!(server.line(), "accept alice (EAP-MSCHAPv2)");
}

#[test]
fn mschapv2_tries_again_and_changes_passwords() {
    let path = std::env::temp_dir().join(format!("eap-rs-expired-{}.toml", std::process::id()));
    let users = "[users.alice]\npassword = \"wonderland\"\n\
                 [users.bob]\npassword = \"wonderland\"\nstatus = \"expired\"\n";
    fs::write(&path, users).unwrap();
    let flags = ["--users", path.to_str().unwrap(), "--password-retries", "1"];
    let mut server = Server::start(&flags);
    fs::remove_file(&path).unwrap();
    let typo = ["--method", "mschapv2", "--password", "typo"];
    assert_eq!(server.login(&typo).status, 1);
    assert_eq!(server.login(&[&typo[..], &["--retry-password", "wonderland"]].concat()).status, 0);
    let bob = ["--method", "mschapv2", "--identity", "bob", "--password", "wonderland"];
    let run = server.login(&bob);
    let expired = "FAILURE: the password has expired (\"Expired\")";
    assert_eq!((run.status, run.lines()), (1, vec![expired.to_owned()]));
    assert_eq!(server.login(&[&bob[..], &["--new-password", "looking-glass"]].concat()).status, 0);
    let changed = ["--method", "mschapv2", "--identity", "EXAMPLE\\bob", "--password"];
    assert_eq!(server.login(&[&changed[..], &["looking-glass"]].concat()).status, 0);
    assert_eq!(server.login(&[&changed[..], &["wonderland"]].concat()).status, 1);
    assert!(!server.stop().iter().any(|line| line.contains("glass")));
}

#[test]
fn nothing_that_is_secret_is_printed() {
    let mut server = Server::start(&["--user", "alice:wonderland"]);
    for (name, _) in METHODS {
        for password in ["wonderland", "looking-glass"] {
            let run = server.login(&["--method", name, "--password", password]);
            for secret in [SECRET, "wonderland", "looking-glass"] {
                assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
            }
        }
    }
    for line in server.stop() {
        assert!(!line.contains("wonder") && !line.contains("glass") && !line.contains(SECRET));
    }
}

#[test]
fn who_names_another_realm_is_refused() {
    let users = ["--user", "alice:wonderland", "--user", "alice@Example.org:wonderland"];
    let methods = ["--realm", "example.org", "--methods", "md5,gtc"];
    let mut server = Server::start(&[&users[..], &methods].concat());
    let log_in = |identity| {
        server.login(&["--method", "gtc", "--identity", identity, "--password", "wonderland"])
    };
    let fates = ["alice", "alice@Example.org", "alice@example.net"].map(|name| log_in(name).status);
    assert_eq!(fates, [0, 0, 1]);
    assert_eq!(server.line(), "accept alice (GTC)");
    assert_eq!(server.line(), "accept alice@Example.org (GTC)");
    let refused = "reject alice@example.net: ";
    assert!(server.line().starts_with(refused));
    server_usage_error(&["--realm", "org"], "--realm \"org\"; accepted: a name like example.org");
}

#[test]
fn flags_that_only_tls_has_a_use_for_are_refused() {
    for flag in ["anonymous-identity", "ca", "crl", "server-name", "cert", "key"] {
        peer_usage_error(
            &[&format!("--{flag}"), "x"],
            &format!("--{flag} is only for TLS-based methods"),
        );
    }
    for (flag, value) in
        [("tls-min", "1.2"), ("tls-max", "1.3"), ("fragment-size", "1000"), ("resume", "1")]
    {
        peer_usage_error(
            &[&format!("--{flag}"), value],
            &format!("--{flag} is only for TLS-based methods"),
        );
    }
    for flag in ["--insecure-no-server-authentication", "--anonymous"] {
        peer_usage_error(&[flag], &format!("{flag} is only for TLS-based methods"));
    }
    for flag in ["--cert", "--key", "--ca", "--crl", "--ticket-key", "--client-name"] {
        server_usage_error(&[flag, "x"], &format!("{flag} is only for TLS-based methods"));
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let accepted = "accepted: 1.2, 1.3, with --legacy-tls also 1.0, 1.1";
    peer_usage_error(&["--tls-min", "1.4"], &format!("--tls-min \"1.4\"; {accepted}"));
    peer_usage_error(&["--fragment-size", "9"], "--fragment-size \"9\"; accepted: 64 to 65000");
    peer_usage_error(&["--resume", "0"], "--resume \"0\"; accepted: 1 to 1000000");
    peer_usage_error(&["--count", "0"], "--count \"0\"; accepted: 1 to 1000000");
    peer_usage_error(&["--timeout", "x"], "--timeout \"x\"; accepted: 1 to 60");
    peer_usage_error(&["--secret", ""], "--secret: empty, at least one character is needed");
    peer_usage_error(&["--colour"], "invalid option '--colour'");
    server_usage_error(
        &["--password-retries", "x"],
        "--password-retries \"x\"; accepted: 0 to 255",
    );
    server_usage_error(&["--user", "alice"], "--user: accepted: NAME:PASSWORD");
}

#[test]
fn an_unknown_method_is_named_with_what_is_available() {
    let available = "available: md5, otp, gtc, tls, mschapv2, ttls/pap, ttls/chap, ttls/mschap, \
                     ttls/mschapv2, ttls/eap-mschapv2, ttls/eap-gtc, ttls/eap-md5, ttls/eap-tls, \
                     peap/mschapv2, peap/gtc, peap/md5, peap/tls, fast/mschapv2, fast/gtc, fast/tls";
    for name in ["leap", "fast"] {
        let text = format!("unknown method {name:?}\n{available}");
        peer_usage_error(&["--method", name], &text);
        server_usage_error(&["--methods", &format!("md5,{name}")], &text);
    }
}

#[test]
fn what_is_needed_is_named() {
    for (missing, given) in [
        ("server", vec!["--secret", "s", "--method", "md5", "--identity", "a"]),
        ("secret", vec!["--server", "s", "--method", "md5", "--identity", "a"]),
        ("method", vec!["--server", "s", "--secret", "s", "--identity", "a"]),
        ("identity", vec!["--server", "s", "--secret", "s", "--method", "md5"]),
    ] {
        run("radius_peer", &given).assert_usage_error(&format!("--{missing} is missing"));
    }
    run("radius_server", &["--secret", "s"]).assert_usage_error("--listen is missing");
    run("radius_server", &["--listen", "x"]).assert_usage_error("--secret is missing");
}

#[test]
fn help_fits_80_columns() {
    for name in ["radius_peer", "radius_server"] {
        let run = run(name, &["--help"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("--secret SECRET"));
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    }
}

/// Checks what these flags lead to, when all that is needed is given before them.
#[track_caller]
fn peer_usage_error(more: &[&str], text: &str) {
    peer("127.0.0.1:9", SECRET, &[&["--method", "md5"], more].concat()).assert_usage_error(text);
}

#[track_caller]
fn server_usage_error(more: &[&str], text: &str) {
    let needed = ["--listen", "127.0.0.1:0", "--secret", SECRET];
    run("radius_server", &[&needed, more].concat()).assert_usage_error(text);
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap()
}

/// What one run of a program gave.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    fn lines(&self) -> Vec<String> {
        self.stdout.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn assert_usage_error(&self, message: &str) {
        assert_eq!((self.status, self.stdout.as_str()), (2, ""), "{}", self.stderr);
        let (first, rest) = self.stderr.split_once("\n\n").unwrap();
        assert_eq!(first, format!("error: {message}"));
        assert!(rest.starts_with("usage: radius_"), "{rest}");
    }
}

fn run(name: &'static str, arguments: &[&str]) -> Run {
    let output = Command::new(example(name)).args(arguments).output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    Run {
        status: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn peer(server: &str, secret: &str, more: &[&str]) -> Run {
    let needed = ["--server", server, "--secret", secret, "--identity", "alice"];
    run("radius_peer", &[&needed, more].concat())
}

/// A running `radius_server`. It is killed with the value.
struct Server {
    child: Child,
    lines: Receiver<String>,
    address: String,
}

impl Server {
    fn start(more: &[&str]) -> Self {
        let mut child = Command::new(example("radius_server"))
            .args(["--listen", "127.0.0.1:0", "--secret", SECRET])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut server = Self { child, lines, address: String::new() };
        server.address = server.line().strip_prefix("listening on ").unwrap().to_owned();
        server
    }

    fn login(&self, more: &[&str]) -> Run {
        self.login_with(SECRET, more)
    }

    fn login_with(&self, secret: &str, more: &[&str]) -> Run {
        peer(&self.address, secret, more)
    }

    /// The next line.
    fn line(&mut self) -> String {
        self.lines.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// Ends it, and gives the lines that are left.
    fn stop(&mut self) -> Vec<String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.lines.iter().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
