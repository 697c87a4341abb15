//! EAP in RADIUS: `eapol_test` at our server; our peer at FreeRADIUS and at hostapd.

use std::time::Duration;

use crate::lab::{Host, Lab, Process};

pub(crate) const SECRET: &str = "radius-secret";
const SERVER: &str = "127.0.0.1:1812";

/// The path of a built Rust example.
pub(crate) fn example(name: &str) -> String {
    let folder = std::env::var("EAP_EXAMPLES_RUST")
        .expect("EAP_EXAMPLES_RUST names the folder of the built examples: use tests/run interop");
    format!("{folder}/{name}")
}

// Servers and clients share one host's loopback; each test has a host of its own.
fn start(lab: &Lab, program: &str, args: &[&str]) -> Process {
    lab.start(Host::Switch, program, args)
}

/// Our server, with the user alice.
pub(crate) fn radius_server(lab: &Lab, methods: &str, more: &[&str]) -> Process {
    let args = ["--listen", SERVER, "--secret", SECRET, "--user", "alice:secret"];
    let args = [&args[..], &["--methods", methods], more].concat();
    let mut server = start(lab, &example("radius_server"), &args);
    server.expect(&format!("listening on {SERVER}"));
    server
}

/// The reference peer as alice; `network` is what else its network block says.
pub(crate) fn eapol_test(lab: &Lab, network: &str, secret: &str, more: &[&str]) -> Process {
    let config = format!("network={{\n  key_mgmt=IEEE8021X\n  identity=\"alice\"\n{network}\n}}\n");
    let config = lab.file("eapol_test.conf", &config);
    let args = ["-c", &config, "-a", "127.0.0.1", "-p", "1812", "-s", secret, "-t", "5"];
    start(lab, "eapol_test", &[&args, more].concat())
}

// -n: these methods derive no keys.
fn eapol_test_without_keys(lab: &Lab, eap: &str, password: &str, secret: &str) -> Process {
    eapol_test(lab, &format!("  eap={eap}\n  password=\"{password}\""), secret, &["-n"])
}

/// Our peer; the lines that it prints. The last one fits its exit status.
#[track_caller]
pub(crate) fn radius_peer(lab: &Lab, method: &str, identity: &str, more: &[&str]) -> Vec<String> {
    let args = ["--server", SERVER, "--secret", SECRET, "--method", method];
    let args = [&args[..], &["--identity", identity], more].concat();
    let mut peer = start(lab, &example("radius_peer"), &args);
    let status = peer.wait().code();
    let last = match status {
        Some(0) => peer.expect("SUCCESS"),
        _ => peer.expect("FAILURE: "),
    };
    assert_eq!(status, Some(i32::from(last != "SUCCESS")), "{last}");
    peer.lines()
}

/// Our peer with a password; the last line that it prints.
#[track_caller]
pub(crate) fn log_in(lab: &Lab, method: &str, identity: &str, password: &str) -> String {
    radius_peer(lab, method, identity, &["--password", password]).pop().unwrap()
}

/// eapol_test prints its verdict on the last line.
#[track_caller]
pub(crate) fn assert_verdict(mut eapol_test: Process, verdict: &str) {
    let status = eapol_test.wait();
    eapol_test.expect(verdict);
    assert_eq!(status.success(), verdict == "SUCCESS");
}

#[test]
fn eapol_test_logs_in_with_md5_and_gtc() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "md5,gtc", &[]);
    for (eap, shown) in [("MD5", "MD5-Challenge"), ("GTC", "GTC")] {
        assert_verdict(eapol_test_without_keys(&lab, eap, "secret", SECRET), "SUCCESS");
        assert_eq!(server.expect("a"), format!("accept alice ({shown})"));
    }
}

#[test]
fn eapol_test_logs_in_ten_times_in_one_run() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "md5", &[]);
    let network = "  eap=MD5\n  password=\"secret\"";
    // -r: re-authentications.
    assert_verdict(eapol_test(&lab, network, SECRET, &["-n", "-r", "9"]), "SUCCESS");
    for _ in 0..10 {
        assert_eq!(server.expect("a"), "accept alice (MD5-Challenge)");
    }
}

/// The network between clients on this port and the server of this one: it loses and repeats a fifth
/// of all datagrams.
pub(crate) fn lossy_relay(lab: &Lab, listen: u16, server: u16, seed: u32) -> Process {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/lossy_relay.py");
    let (listen, server, seed) = (listen.to_string(), server.to_string(), seed.to_string());
    let mut relay = start(lab, "python3", &[script, &listen, &server, &seed, "20"]);
    relay.expect("listening on");
    relay
}

/// RFC 5080 §2.2.2: a request that comes again gets the same answer, octet by octet.
#[test]
fn eapol_test_logs_in_over_a_lossy_network() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "md5", &[]);
    let relay = lossy_relay(&lab, 1813, 1812, 7);
    let network = "  eap=MD5\n  password=\"secret\"";
    let config = format!("network={{\n  key_mgmt=IEEE8021X\n  identity=\"alice\"\n{network}\n}}\n");
    let config = lab.file("lossy.conf", &config);
    let args = ["-c", &config, "-a", "127.0.0.1", "-p", "1813", "-s", SECRET, "-t", "90"];
    // -r: re-authentications.
    let args = [&args[..], &["-n", "-r", "3"]].concat();
    let eapol_test = start(&lab, "eapol_test", &args);
    for _ in 0..4 {
        let accepted = server.expect_within("accept", Duration::from_secs(60));
        assert_eq!(accepted, "accept alice (MD5-Challenge)");
    }
    assert_verdict(eapol_test, "SUCCESS");
    relay.signal("TERM");
    let lines = relay.lines();
    let count = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count();
    assert_eq!(count("DIFFERENT"), 0, "{lines:#?}");
    assert!(count("lost") > 0 && count("repeated request") > 0, "{lines:#?}");
    assert!(count("same answer") > 0, "{lines:#?}");
}

#[test]
fn eapol_test_with_a_wrong_password_is_refused() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "md5,gtc", &[]);
    for eap in ["MD5", "GTC"] {
        assert_verdict(eapol_test_without_keys(&lab, eap, "guess", SECRET), "FAILURE");
        assert_eq!(server.expect("e"), "reject alice: wrong password or token");
    }
}

#[test]
fn eapol_test_with_a_wrong_secret_is_not_answered() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "md5", &[]);
    assert_verdict(eapol_test_without_keys(&lab, "MD5", "secret", "another"), "FAILURE");
    server.expect("wrong Message-Authenticator");
    assert!(!server.lines().iter().any(|line| line.contains("accept")));
}

#[test]
fn eapol_test_without_a_common_method_is_refused() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "md5", &[]);
    assert_verdict(eapol_test_without_keys(&lab, "GTC", "secret", SECRET), "FAILURE");
    server.expect("reject alice: no common method: the peer refused every method offered");
}

/// FreeRADIUS with the user alice, and nothing that the distribution has configured; `eap` is what
/// its EAP module is told.
pub(crate) fn freeradius(lab: &Lab, eap: &str) -> Process {
    freeradius_with(lab, "alice Cleartext-Password := \"secret\"\n", eap)
}

/// FreeRADIUS with these lines of its user file.
pub(crate) fn freeradius_with(lab: &Lab, users: &str, eap: &str) -> Process {
    freeradius_on(lab, 1812, users, eap)
}

/// Who gets an answer as FreeRADIUS before 3.2.5 gives it if nothing is said: without
/// Message-Authenticator.
pub(crate) const UNSIGNED: &str = "0200000000cc";

/// One of several, by its port. Answers without EAP have a Message-Authenticator, too.
pub(crate) fn freeradius_on(lab: &Lab, port: u16, users: &str, eap: &str) -> Process {
    let folder = lab.path(&format!("raddb {port}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, content: &str| lab.file(&format!("raddb {port}/{name}"), content);
    file("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n");
    let users = file("users", users);
    file(
        "radiusd.conf",
        &format!(
            r#"
prefix = "{folder}"
logdir = "{folder}"
run_dir = "{folder}"
libdir = /usr/lib/freeradius
cleanup_delay = 5
security {{
    reject_delay = 0
}}
client loopback {{
    ipaddr = 127.0.0.1
    secret = {SECRET}
    require_message_authenticator = yes
}}
modules {{
    pap {{
    }}
    chap {{
    }}
    mschap {{
    }}
    files {{
        filename = "{users}"
    }}
    eap {{
{eap}
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        eap {{
            ok = return
        }}
        chap
        mschap
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
        Auth-Type CHAP {{
            chap
        }}
        Auth-Type MS-CHAP {{
            mschap
        }}
        eap
    }}
    post-auth {{
        if (&User-Name != "{UNSIGNED}") {{
            update reply {{
                Message-Authenticator := 0x00
            }}
        }}
        Post-Auth-Type REJECT {{
            eap
            update reply {{
                Message-Authenticator := 0x00
            }}
        }}
    }}
}}
"#
        ),
    );
    let mut server = start(lab, "freeradius", &["-d", &folder, "-n", "radiusd", "-X"]);
    server.expect("Ready to process requests");
    server
}

/// hostapd as a RADIUS server, with the lines of its user file and more of its settings.
pub(crate) fn hostapd(lab: &Lab, users: &str, more: &str) -> Process {
    let users = lab.file("users", users);
    let clients = lab.file("clients", &format!("127.0.0.1/32 {SECRET}\n"));
    let config = lab.file(
        "hostapd.conf",
        &format!(
            "interface=lo\ndriver=none\nieee8021x=1\neap_server=1\neap_user_file={users}\n\
             radius_server_clients={clients}\nradius_server_auth_port=1812\n\
             logger_stdout=-1\nlogger_stdout_level=0\n{more}\n"
        ),
    );
    let mut server = start(lab, "hostapd", &["-d", &config]);
    server.expect("AP-ENABLED");
    server
}

fn assert_refused(last: &str, method: &str) {
    let reason = "the network refused the login: wrong name or password, or not allowed";
    assert_eq!(last, format!("FAILURE: {reason} ({method})"));
}

#[test]
fn radius_peer_logs_in_at_freeradius_and_is_refused_with_a_wrong_password() {
    let lab = Lab::new();
    let eap = "default_eap_type = md5\nmd5 {\n}\ngtc {\nauth_type = PAP\n}";
    let _server = freeradius(&lab, eap);
    for (method, shown) in [("md5", "MD5-Challenge"), ("gtc", "GTC")] {
        assert_eq!(log_in(&lab, method, "alice", "secret"), "SUCCESS");
        assert_refused(&log_in(&lab, method, "alice", "guess"), shown);
    }
    assert_refused(&log_in(&lab, "md5", "mallory", "secret"), "MD5-Challenge");
}

#[test]
fn radius_peer_logs_in_at_hostapd_and_is_refused_with_a_wrong_password() {
    let lab = Lab::new();
    let users = "\"alice\" MD5 \"secret\"\n\"bob\" GTC \"secret\"\n";
    let _server = hostapd(&lab, users, "");
    for (method, identity, shown) in [("md5", "alice", "MD5-Challenge"), ("gtc", "bob", "GTC")] {
        assert_eq!(log_in(&lab, method, identity, "secret"), "SUCCESS");
        assert_refused(&log_in(&lab, method, identity, "guess"), shown);
    }
    let last = log_in(&lab, "md5", "bob", "secret");
    assert_eq!(last, "FAILURE: no common method: the network wants GTC");
}

#[test]
fn radius_peer_logs_in_at_radius_server() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "otp,gtc,md5", &[]);
    for (method, shown) in [("md5", "MD5-Challenge"), ("gtc", "GTC"), ("otp", "OTP")] {
        assert_eq!(log_in(&lab, method, "alice", "secret"), "SUCCESS");
        assert_eq!(server.expect("a"), format!("accept alice ({shown})"));
    }
}
