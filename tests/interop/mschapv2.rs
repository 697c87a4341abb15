//! EAP-MSCHAPv2 in RADIUS: our peer at FreeRADIUS and at hostapd, `eapol_test` at our server. Keys
//! are compared in every login that succeeds.

use crate::authenticator::wpa_supplicant;
use crate::lab::{Host, Lab, Process};
use crate::phone::start_hostapd;
use crate::radius::{
    SECRET, assert_verdict, eapol_test, freeradius_with, hostapd, log_in, radius_peer,
    radius_server,
};

/// The NT hash of "secret".
const NT_HASH: &str = "878d8014606cda29677a44efa1353fc7";

/// SMB-Account-CTRL: a normal account (16), and why it may not be used.
const USERS: &str = r#"
alice Cleartext-Password := "secret"
bob NT-Password := 0x878d8014606cda29677a44efa1353fc7
"EXAMPLE\alice" Cleartext-Password := "secret"
expired Cleartext-Password := "secret", SMB-Account-CTRL := 131088
disabled Cleartext-Password := "secret", SMB-Account-CTRL := 17
"#;

fn freeradius(lab: &Lab, mschapv2: &str) -> Process {
    let eap = format!("default_eap_type = mschapv2\nmschapv2 {{\n{mschapv2}\n}}");
    freeradius_with(lab, USERS, &eap)
}

/// The last line of a login that has succeeded with the server's keys.
#[track_caller]
fn assert_logged_in(lines: &[String], identity: &str) {
    let [report, last] = lines else { panic!("{lines:?}") };
    assert_eq!(last, "SUCCESS");
    assert!(report.starts_with(&format!("{identity} logged in by EAP-MSCHAPv2: ")), "{report}");
    assert!(report.ends_with("keys: equal on both ends"), "{report}");
}

#[track_caller]
fn assert_logs_in(lab: &Lab, identity: &str, more: &[&str]) {
    assert_logged_in(&radius_peer(lab, "mschapv2", identity, more), identity);
}

#[test]
fn radius_peer_logs_in_at_freeradius() {
    let lab = Lab::new();
    let _server = freeradius(&lab, "");
    assert_logs_in(&lab, "alice", &["--password", "secret"]);
    assert_logs_in(&lab, "alice", &["--nt-hash", NT_HASH]);
    assert_logs_in(&lab, "bob", &["--password", "secret"]);
    assert_logs_in(&lab, "EXAMPLE\\alice", &["--password", "secret"]);
}

#[test]
fn radius_peer_with_a_wrong_password_is_refused_by_freeradius() {
    let lab = Lab::new();
    let _server = freeradius(&lab, "");
    // Without `send_error` there is nothing but EAP-Failure.
    let reason = "the network refused the login: wrong name or password, or not allowed";
    for identity in ["alice", "mallory"] {
        let last = log_in(&lab, "mschapv2", identity, "guess");
        assert_eq!(last, format!("FAILURE: {reason} (EAP-MSCHAPv2)"));
    }
}

#[test]
fn radius_peer_tries_again_at_freeradius() {
    let lab = Lab::new();
    let _server = freeradius(&lab, "send_error = yes");
    let last = log_in(&lab, "mschapv2", "alice", "guess");
    assert_eq!(last, "FAILURE: wrong name or password (\"Authentication rejected\")");
    assert_logs_in(&lab, "alice", &["--password", "typo", "--retry-password", "secret"]);
}

/// FreeRADIUS 3.2.1 crashes when it is to store a new password itself (OpenSSL 3 has no cipher before
/// it is given a key length), so it is to refuse it here.
#[test]
fn radius_peer_is_told_by_freeradius_what_is_wrong_with_its_account() {
    let lab = Lab::new();
    let mut server = freeradius(&lab, "send_error = yes");
    let last = log_in(&lab, "mschapv2", "expired", "secret");
    assert_eq!(last, "FAILURE: the password has expired (\"Password expired\")");
    let typed = ["--password", "secret", "--new-password", "looking-glass"];
    let lines = radius_peer(&lab, "mschapv2", "expired", &typed);
    server.expect("Password change packet received");
    let reason = "the new password was not accepted (\"Password change failed\")";
    assert_eq!(lines, [format!("FAILURE: {reason}")]);
    let last = log_in(&lab, "mschapv2", "disabled", "secret");
    assert_eq!(last, "FAILURE: wrong name or password (\"Account disabled\")");
}

#[test]
fn radius_peer_logs_in_at_hostapd() {
    let lab = Lab::new();
    let users = format!(
        "\"alice\" MSCHAPV2 \"secret\"\n\"bob\" MSCHAPV2 hash:{NT_HASH}\n\
         \"EXAMPLE\\alice\" MSCHAPV2 \"secret\"\n"
    );
    let _server = hostapd(&lab, &users, "");
    assert_logs_in(&lab, "alice", &["--password", "secret"]);
    assert_logs_in(&lab, "bob", &["--password", "secret"]);
    assert_logs_in(&lab, "bob", &["--nt-hash", NT_HASH]);
    assert_logs_in(&lab, "EXAMPLE\\alice", &["--password", "secret"]);
    for identity in ["alice", "bob"] {
        let last = log_in(&lab, "mschapv2", identity, "guess");
        assert_eq!(last, "FAILURE: wrong name or password (\"FAILED\")");
    }
}

#[test]
fn radius_peer_logs_in_at_radius_server() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "mschapv2", &[]);
    assert_logs_in(&lab, "alice", &["--password", "secret"]);
    assert_eq!(server.expect("a"), "accept alice (EAP-MSCHAPv2)");
    assert_logs_in(&lab, "EXAMPLE\\alice", &["--nt-hash", NT_HASH]);
    assert_eq!(server.expect("a"), "accept EXAMPLE\\\\alice (EAP-MSCHAPv2)");
}

fn network(password: &str) -> String {
    format!("  eap=MSCHAPV2\n  password={password}")
}

#[test]
fn eapol_test_logs_in_at_radius_server() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "mschapv2", &[]);
    for password in ["\"secret\"", &format!("hash:{NT_HASH}")] {
        // Without -n the keys have to match.
        assert_verdict(eapol_test(&lab, &network(password), SECRET, &[]), "SUCCESS");
        assert_eq!(server.expect("a"), "accept alice (EAP-MSCHAPv2)");
    }
    let with_domain = format!("{}\n  identity=\"EXAMPLE\\alice\"", network("\"secret\""));
    assert_verdict(eapol_test(&lab, &with_domain, SECRET, &[]), "SUCCESS");
    assert_eq!(server.expect("a"), "accept EXAMPLE\\\\alice (EAP-MSCHAPv2)");
}

#[test]
fn eapol_test_with_a_wrong_password_is_refused() {
    let lab = Lab::new();
    let mut server = radius_server(&lab, "mschapv2", &[]);
    let mut peer = eapol_test(&lab, &network("\"guess\""), SECRET, &[]);
    peer.expect("failure message: 'Authentication failed' (retry not allowed, error 691)");
    assert_verdict(peer, "FAILURE");
    assert_eq!(server.expect("e"), "reject alice: wrong password or token");
}

/// wpa_supplicant at our server, with hostapd as the switch between them.
fn wpa_supplicant_at(lab: &Lab, password: &str) -> (Process, Process) {
    let switch = start_hostapd(
        lab,
        &format!(
            "own_ip_addr=127.0.0.1\nauth_server_addr=127.0.0.1\nauth_server_port=1812\n\
             auth_server_shared_secret={SECRET}"
        ),
    );
    (switch, wpa_supplicant(lab, password, "MSCHAPV2"))
}

/// What the user of wpa_supplicant types.
#[track_caller]
fn type_in(lab: &Lab, what: &str, text: &str) {
    let control = lab.path("control");
    let args = ["-p", &control, "-i", "ph0", what, "0", text];
    let mut wpa_cli = lab.start(Host::Phone, "wpa_cli", &args);
    assert!(wpa_cli.wait().success(), "{:?}", wpa_cli.lines());
    wpa_cli.expect("OK");
}

/// It asks its user, but does not send what the user types before the next login.
#[test]
fn eapol_test_asks_its_user_when_radius_server_allows_another_try() {
    let lab = Lab::new();
    let _server = radius_server(&lab, "mschapv2", &["--password-retries", "1"]);
    let mut peer = eapol_test(&lab, &network("\"typo\""), SECRET, &[]);
    peer.expect("failure message: 'Authentication failed' (retry allowed, error 691)");
    peer.expect("CTRL-REQ-PASSWORD-0:");
}

#[test]
fn wpa_supplicant_changes_its_password_at_radius_server() {
    let lab = Lab::new();
    let expired = "[users.alice]\npassword = \"secret\"\nstatus = \"expired\"\n";
    let users = lab.file("users.toml", expired);
    let mut server = radius_server(&lab, "mschapv2", &["--users", &users]);
    let (_switch, mut peer) = wpa_supplicant_at(&lab, "secret");
    peer.expect("failure message: 'Expired' (retry not allowed, error 648)");
    peer.expect("CTRL-REQ-NEW_PASSWORD-0:");
    type_in(&lab, "new_password", "looking-glass");
    peer.expect("CTRL-EVENT-EAP-SUCCESS");
    assert_eq!(server.expect("a"), "accept alice (EAP-MSCHAPv2)");
    assert_logs_in(&lab, "alice", &["--password", "looking-glass"]);
}

#[test]
fn radius_peer_changes_its_password_at_radius_server() {
    let lab = Lab::new();
    let expired = "[users.alice]\npassword = \"secret\"\nstatus = \"expired\"\n";
    let users = lab.file("users.toml", expired);
    let mut server = radius_server(&lab, "mschapv2", &["--users", &users]);
    let typed = ["--password", "secret", "--new-password", "looking-glass"];
    assert_logs_in(&lab, "alice", &typed);
    assert_eq!(server.expect("a"), "accept alice (EAP-MSCHAPv2)");
    let last = log_in(&lab, "mschapv2", "alice", "secret");
    assert_eq!(last, "FAILURE: wrong name or password (\"Authentication failed\")");
    assert_logs_in(&lab, "alice", &["--password", "looking-glass"]);
}
