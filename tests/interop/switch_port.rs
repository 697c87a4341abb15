//! `switch_port` between `wpa_supplicant -Dwired`, or a device that speaks no 802.1X, and FreeRADIUS.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::authenticator::wpa_supplicant_on;
use crate::certificates::{Authority, Certificate};
use crate::lab::{Host, Lab, PHONE, Process};
use crate::phone;
use crate::radius::{SECRET, UNSIGNED, example, freeradius_on, lossy_relay};
use crate::{settings, settings_with, tls_settings};

/// The devices that are known by their address alone, and alice.
const USERS: &str = r#"
alice Cleartext-Password := "secret"
    Tunnel-Type = VLAN, Tunnel-Medium-Type = IEEE-802, Tunnel-Private-Group-Id = "42"

brief Cleartext-Password := "secret"
    Session-Timeout = 2, Termination-Action = RADIUS-Request, State = 0x7365617420313742

guest Cleartext-Password := "secret"
    Session-Timeout = 2

caller Cleartext-Password := "secret"
    Tunnel-Type = L2TP, Tunnel-Medium-Type = IEEE-802, Tunnel-Private-Group-Id = "42"

nowhere Cleartext-Password := "secret"
    Tunnel-Type = VLAN, Tunnel-Medium-Type = IEEE-802, Tunnel-Private-Group-Id = "4095"

0200000000aa Cleartext-Password := "0200000000aa"
    Tunnel-Type = VLAN, Tunnel-Medium-Type = IEEE-802, Tunnel-Private-Group-Id = "printers"

0200000000cc Cleartext-Password := "0200000000cc"

"02-00-00-00-00-AA" Cleartext-Password := "02-00-00-00-00-AA"
    Session-Timeout = 2, Termination-Action = RADIUS-Request
"#;

/// A device that the servers know.
const PRINTER: &str = "02:00:00:00:00:aa";
/// One that they do not know.
const STRANGER: &str = "02:00:00:00:00:bb";

fn server(lab: &Lab, port: u16) -> Process {
    freeradius_on(lab, port, USERS, "default_eap_type = md5\nmd5 {\n}")
}

/// FreeRADIUS with every method, and small fragments.
fn tls_server(lab: &Lab, port: u16, server: &Certificate, ca: &Authority<'_>) -> Process {
    let Certificate { certificate, key, .. } = server;
    let ca = &ca.path;
    let eap = format!(
        r#"
        default_eap_type = peap
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            tls_min_version = "1.2"
            tls_max_version = "1.3"
            fragment_size = 200
        }}
        md5 {{
        }}
        gtc {{
            auth_type = PAP
        }}
        mschapv2 {{
        }}
        tls {{
            tls = common
        }}
        peap {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = "default"
            use_tunneled_reply = yes
        }}
        ttls {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = "default"
            use_tunneled_reply = yes
        }}
"#
    );
    freeradius_on(lab, port, USERS, &eap)
}

/// The port, with these servers and short times.
fn switch_port(lab: &Lab, servers: &[u16], more: &[&str]) -> Process {
    let servers: Vec<_> = servers.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let mut args = vec!["--interface", "sw0", "--secret", SECRET, "--key-fingerprint", "--verbose"];
    args.extend(["--tx-period", "1", "--max-reauth-req", "10", "--radius-wait", "100"]);
    args.extend(servers.iter().flat_map(|server| ["--server", server]));
    args.extend(more);
    let mut port = lab.start(Host::Switch, &example("switch_port"), &args);
    port.expect("link: up");
    port
}

fn md5(password: &str) -> String {
    format!("eap=MD5\n  password=\"{password}\"")
}

fn supplicant(lab: &Lab, network: &str) -> Process {
    wpa_supplicant_on(lab, "ph0", network)
}

/// What wpa_supplicant is told for each method; `ca` and its certificate are files.
fn tls_networks(ca: &Authority<'_>, client: &Certificate) -> [(&'static str, String); 3] {
    let (ca, Certificate { certificate, key, .. }) = (&ca.path, client);
    let tunnel = |eap, phase2| {
        format!(
            "eap={eap}\n  password=\"secret\"\n  anonymous_identity=\"anonymous\"\n  \
             ca_cert=\"{ca}\"\n  phase2=\"auth={phase2}\"\n  fragment_size=200"
        )
    };
    let tls = format!(
        "eap=TLS\n  ca_cert=\"{ca}\"\n  client_cert=\"{certificate}\"\n  private_key=\"{key}\"\n  \
         fragment_size=200"
    );
    [("EAP-TLS", tls), ("PEAP", tunnel("PEAP", "MSCHAPV2")), ("EAP-TTLS", tunnel("TTLS", "PAP"))]
}

/// What begins the SHA-256 of the key that wpa_supplicant has derived last.
#[track_caller]
fn fingerprint(supplicant: &Process) -> String {
    let lines = supplicant.lines();
    let line = lines.iter().rev().find(|line| line.contains(": Derived key - hexdump(len=64): "));
    let (_, digits) = line.expect("-K shows it").split_once("len=64): ").unwrap();
    let key: Vec<u8> =
        digits.split(' ').map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect();
    assert_eq!(key.len(), 64);
    Sha256::digest(key).iter().take(8).map(|octet| format!("{octet:02x}")).collect()
}

/// The port hands on what the station has derived.
#[track_caller]
fn assert_keys(port: &mut Process, supplicant: &mut Process) {
    supplicant.expect("CTRL-EVENT-EAP-SUCCESS");
    assert_same_keys(port, supplicant);
}

#[track_caller]
fn assert_same_keys(port: &mut Process, supplicant: &Process) {
    let line = port.expect("keys: ");
    let fingerprint = fingerprint(supplicant);
    assert_eq!(line, format!("keys: 64 octets handed on, SHA-256 begins {fingerprint}"));
}

/// Nothing is heard of the phone's host but what a test sends.
fn silence(lab: &Lab) {
    let quiet = ["-q", "-w", "net.ipv6.conf.all.disable_ipv6=1"];
    assert!(lab.start(Host::Phone, "sysctl", &quiet).wait().success());
}

/// A device sends a frame of its own.
fn speak(lab: &Lab, mac: &str) {
    let script = format!(
        "import socket\n\
         link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n\
         link.bind(('ph0', 0))\n\
         mac = bytes.fromhex('{}')\n\
         link.send(b'\\xff' * 6 + mac + b'\\x08\\x06' + bytes(46))\n",
        mac.replace(':', "")
    );
    assert!(lab.start(Host::Phone, "python3", &["-c", &script]).wait().success());
}

fn bad_link(lab: &Lab, host: Host, args: &[&str]) -> Process {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/bad_link.py");
    let mut link = lab.start(host, "python3", &[&[script], args].concat());
    link.expect("carrying");
    link
}

#[test]
fn wpa_supplicant_logs_in_with_md5_gets_its_vlan_and_logs_off() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &[]);
    let mut supplicant = supplicant(&lab, &md5("secret"));
    port.expect(&format!("identity alice at {PHONE}"));
    port.expect("port: authorized alice (MD5-Challenge) vlan 42");
    port.expect("keys: none");
    supplicant.expect("CTRL-EVENT-EAP-SUCCESS");
    let control = lab.path("control");
    let mut wpa_cli = lab.start(Host::Phone, "wpa_cli", &["-p", &control, "-i", "ph0", "logoff"]);
    assert!(wpa_cli.wait().success());
    port.expect("port: unauthorized");
}

#[test]
fn wpa_supplicant_and_the_port_get_the_same_keys() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let _server = tls_server(&lab, 1812, &ca.server(), &ca);
    let ways: [&[&str]; 3] = [&[], &["--unicast"], &["--eapol-version", "3"]];
    for ((method, network), way) in tls_networks(&ca, &ca.client()).into_iter().zip(ways) {
        let mut port = switch_port(&lab, &[1812], way);
        let mut supplicant = supplicant(&lab, &network);
        let line = port.expect("port: authorized ");
        assert!(line.contains(&format!("({method})")), "{line}");
        if method != "EAP-TLS" {
            assert!(line.ends_with("vlan 42"), "{line}");
        }
        assert_keys(&mut port, &mut supplicant);
    }
}

#[test]
fn a_wrong_password_is_refused_and_followed_by_a_quiet_period() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &["--quiet-period", "3"]);
    let mut supplicant = supplicant(&lab, &md5("guess"));
    port.expect("login failed: the authentication server refused the login");
    port.expect("state: held");
    let held = Instant::now();
    supplicant.expect("CTRL-EVENT-EAP-FAILURE");
    port.expect("state: connecting");
    assert!(held.elapsed() > Duration::from_millis(2500), "{:?}", held.elapsed());
    assert!(!port.lines().iter().any(|line| line.starts_with("port: authorized")));
}

#[test]
fn whom_the_server_refuses_inside_tls_is_not_let_in_either() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let _server = tls_server(&lab, 1812, &ca.server(), &ca);
    let stranger = Authority::new(&lab, "Other CA").client();
    for (method, network) in tls_networks(&ca, &stranger) {
        let mut port = switch_port(&lab, &[1812], &["--quiet-period", "30"]);
        let wrong = network.replace("password=\"secret\"", "password=\"guess\"");
        let mut supplicant = supplicant(&lab, &wrong);
        port.expect("login failed: the authentication server refused the login");
        port.expect("state: held");
        supplicant.expect("CTRL-EVENT-EAP-FAILURE");
        let open = |line: &String| line.starts_with("port: authorized") || line.starts_with("keys");
        assert!(!port.lines().iter().any(open), "{method}");
    }
}

#[test]
fn the_quiet_period_is_deaf_to_a_start() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &["--quiet-period", "30"]);
    let wrong = supplicant(&lab, &md5("guess"));
    port.expect("state: held");
    drop(wrong);
    let _right = supplicant(&lab, &md5("secret"));
    port.expect("drop: quiet period after a failed login");
}

#[test]
fn a_link_that_was_lost_for_a_moment_has_to_be_earned_again() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &[]);
    let supplicant = supplicant(&lab, &md5("secret"));
    port.expect("port: authorized alice");
    drop(supplicant);
    // What happens while the program stands still is over when it looks.
    port.signal("STOP");
    lab.plug(false);
    lab.plug(true);
    port.signal("CONT");
    port.expect("link: down");
    port.expect("port: unauthorized");
    port.expect("link: up");
}

#[test]
fn users_of_the_port_are_authenticated_here_and_all_others_there() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let local = ["--user", "bob:builder", "--vlan-default", "guests"];
    let mut port = switch_port(&lab, &[1812], &local);
    let alice = supplicant(&lab, &md5("secret"));
    port.expect("port: authorized alice (MD5-Challenge) vlan 42");
    drop(alice);
    lab.plug(false);
    port.expect("link: down");
    port.expect("port: unauthorized");
    lab.plug(true);
    let network = "eap=MD5\n  identity=\"bob\"\n  password=\"builder\"";
    let _bob = supplicant(&lab, network);
    port.expect("method MD5-Challenge");
    port.expect("port: authorized bob (MD5-Challenge) vlan guests");
}

/// RFC 2868 §3.1: as if there had been an Access-Reject.
#[test]
fn whom_the_server_sends_where_the_port_cannot_put_them_is_not_let_in() {
    for (user, why) in [
        ("caller", "the authentication server asks for a tunnel that is no VLAN"),
        ("nowhere", "the authentication server names no VLAN that there can be"),
    ] {
        let lab = Lab::new();
        let mut server = server(&lab, 1812);
        let mut port = switch_port(&lab, &[1812], &[]);
        let network = format!("{}\n  identity=\"{user}\"", md5("secret"));
        let _supplicant = supplicant(&lab, &network);
        server.expect("Sent Access-Accept");
        port.expect(&format!("not let in: {why}"));
        port.expect("state: held");
        assert!(!port.lines().iter().any(|line| line.starts_with("port: authorized")));
    }
}

#[test]
fn the_server_says_when_a_session_ends_and_how() {
    let lab = Lab::new();
    let mut server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &[]);
    let network = |name| format!("{}\n  identity=\"{name}\"", md5("secret"));
    let brief = supplicant(&lab, &network("brief"));
    for _ in 0..2 {
        port.expect("port: authorized brief (MD5-Challenge) for 2 s, then to log in again");
    }
    assert!(!port.lines().iter().any(|line| line == "port: unauthorized"));
    // RFC 2865 §5.24: the request at the session's end has its State.
    server.expect("Sent Access-Accept");
    server.expect("Received Access-Request");
    let request = server.lines_until("Sent Access-Challenge");
    assert!(request.iter().any(|line| line.contains("State = 0x7365617420313742")), "{request:#?}");
    drop(brief);
    lab.plug(false);
    port.expect("port: unauthorized");
    lab.plug(true);
    let _guest = supplicant(&lab, &network("guest"));
    port.expect("port: authorized guest (MD5-Challenge) for 2 s");
    port.expect("port: unauthorized");
}

#[test]
fn reauthentication_leaves_the_port_open() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &["--reauth-period", "1"]);
    let _supplicant = supplicant(&lab, &md5("secret"));
    for _ in 0..3 {
        port.expect("port: authorized alice");
    }
    assert!(!port.lines().iter().any(|line| line == "port: unauthorized"));
}

#[test]
fn a_server_that_is_gone_is_replaced_by_the_next() {
    let lab = Lab::new();
    let first = server(&lab, 1812);
    let mut second = server(&lab, 1822);
    let mut port = switch_port(&lab, &[1812, 1822], &["--reauth-period", "1"]);
    let _supplicant = supplicant(&lab, &md5("secret"));
    port.expect("port: authorized alice");
    drop(first);
    port.expect("server 127.0.0.1:1812 does not answer; trying 127.0.0.1:1822");
    second.expect("Sent Access-Accept");
    port.expect("port: authorized alice");
    assert!(!port.lines().iter().any(|line| line == "port: unauthorized"));
}

#[test]
fn a_server_that_stops_in_the_middle_of_a_login_is_replaced_by_the_next() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let certificate = ca.server();
    let mut first = tls_server(&lab, 1812, &certificate, &ca);
    let mut second = tls_server(&lab, 1822, &certificate, &ca);
    // Six answers, and then no more.
    let _link = bad_link(&lab, Host::Switch, &["answers", "6", "1813", "1812"]);
    let mut port = switch_port(&lab, &[1813, 1822], &[]);
    let [_, (_, peap), _] = tls_networks(&ca, &ca.client());
    let mut supplicant = supplicant(&lab, &peap);
    port.expect("server 127.0.0.1:1813 does not answer");
    port.expect("login failed: the authentication server did not answer");
    port.expect("port: authorized alice (PEAP) vlan 42");
    assert_keys(&mut port, &mut supplicant);
    first.expect("Sent Access-Challenge");
    second.expect("Sent Access-Accept");
    assert!(!first.lines().iter().any(|line| line.contains("Sent Access-Accept")));
}

#[test]
fn without_any_server_nobody_is_let_in() {
    let lab = Lab::new();
    let mut port = switch_port(&lab, &[1812], &["--radius-tries", "2"]);
    let _supplicant = supplicant(&lab, &md5("secret"));
    for _ in 0..2 {
        port.expect("login failed: the authentication server did not answer");
    }
    assert!(!port.lines().iter().any(|line| line.starts_with("port: authorized")));
}

#[test]
fn datagrams_that_are_lost_are_sent_again() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let _server = tls_server(&lab, 1812, &ca.server(), &ca);
    let relay = lossy_relay(&lab, 1813, 1812, 7);
    let mut port = switch_port(&lab, &[1813], &["--radius-tries", "20"]);
    let [_, _, (_, ttls)] = tls_networks(&ca, &ca.client());
    let mut supplicant = supplicant(&lab, &ttls);
    port.expect("port: authorized anonymous (EAP-TTLS) vlan 42");
    assert_keys(&mut port, &mut supplicant);
    let lines = relay.lines();
    for what in ["lost request", "lost reply"] {
        assert!(lines.iter().any(|line| line.starts_with(what)), "{lines:?}");
    }
}

#[test]
fn frames_that_are_lost_are_sent_again() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let _server = tls_server(&lab, 1812, &ca.server(), &ca);
    // In the phone's host: ph0 and ph1 are the ends of the bad link, ph2 is the station's.
    let pair = ["link", "add", "ph1", "type", "veth", "peer", "name", "ph2", "address", PRINTER];
    assert!(lab.start(Host::Phone, "ip", &pair).wait().success());
    for interface in ["ph1", "ph2"] {
        assert!(lab.start(Host::Phone, "ip", &["link", "set", interface, "up"]).wait().success());
    }
    let mut link = bad_link(&lab, Host::Phone, &["frames", "7", "20", "ph0", "ph1"]);
    let mut port = switch_port(&lab, &[1812], &[]);
    let [_, (_, peap), _] = tls_networks(&ca, &ca.client());
    let supplicant = wpa_supplicant_on(&lab, "ph2", &peap);
    let line = port.expect_within("port: authorized ", Duration::from_secs(60));
    assert_eq!(line, "port: authorized alice (PEAP) vlan 42");
    // EAP-Success may be lost, and is never sent again.
    assert_same_keys(&mut port, &supplicant);
    link.expect("lost 3");
}

#[test]
fn a_known_address_is_let_in_by_its_first_frame() {
    let lab = Lab::new();
    silence(&lab);
    let mut server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &["--mab", "first"]);
    speak(&lab, PRINTER);
    port.expect(&format!("MAC: asking about {PRINTER}"));
    port.expect(&format!("port: authorized {} (MAC) vlan printers", PRINTER));
    // RFC 3580 §3.4, §3.21, §3.23.
    server.expect("User-Name = \"0200000000aa\"");
    let lines = server.lines();
    for attribute in [
        "Service-Type = Call-Check",
        "NAS-Port-Type = Ethernet",
        "Calling-Station-Id = \"02-00-00-00-00-AA\"",
        "Called-Station-Id = \"02-00-00-00-00-01\"",
    ] {
        assert!(lines.iter().any(|line| line.contains(attribute)), "{attribute}");
    }
    lab.plug(false);
    port.expect("port: unauthorized");
}

#[test]
fn an_address_is_written_as_the_server_likes_and_asked_about_again() {
    let lab = Lab::new();
    silence(&lab);
    let _server = server(&lab, 1812);
    let form = ["--mab", "first", "--mac-format", "AA-BB-CC-DD-EE-FF"];
    let mut port = switch_port(&lab, &[1812], &form);
    speak(&lab, PRINTER);
    for _ in 0..2 {
        let line = port.expect("port: authorized ");
        assert!(line.ends_with("(MAC) for 2 s, then to log in again"), "{line}");
    }
    assert!(!port.lines().iter().any(|line| line == "port: unauthorized"));
}

#[test]
fn an_unknown_address_is_refused_and_802_1x_has_its_turn() {
    let lab = Lab::new();
    silence(&lab);
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &["--mab", "first"]);
    speak(&lab, STRANGER);
    port.expect(&format!("MAC: asking about {STRANGER}"));
    port.expect(&format!("MAC: refused {STRANGER}: the server does not let it in"));
    port.expect("state: authenticating");
    let _supplicant = supplicant(&lab, &md5("secret"));
    port.expect("port: authorized alice (MD5-Challenge) vlan 42");
}

/// CVE-2024-3596: without Message-Authenticator, an Access-Reject may have been made an
/// Access-Accept.
#[test]
fn an_answer_that_is_not_signed_lets_in_only_where_that_is_asked_for() {
    let lab = Lab::new();
    silence(&lab);
    let mut server = server(&lab, 1812);
    let mac = "02:00:00:00:00:cc";
    assert_eq!(mac.replace(':', ""), UNSIGNED);
    let mut port = switch_port(&lab, &[1812], &["--mab", "first"]);
    speak(&lab, mac);
    server.expect("Sent Access-Accept");
    port.expect("drop from 127.0.0.1:1812: no Message-Authenticator");
    port.expect(&format!("MAC: refused {mac}: no server answers"));
    assert!(!port.lines().iter().any(|line| line.starts_with("port: authorized")));
    drop(port);
    let insecure = ["--mab", "first", "--insecure-missing-message-authenticator"];
    let mut port = switch_port(&lab, &[1812], &insecure);
    speak(&lab, mac);
    port.expect(&format!("port: authorized {mac} (MAC)"));
}

#[test]
fn who_was_let_in_by_address_and_speaks_802_1x_later_logs_in() {
    let lab = Lab::new();
    silence(&lab);
    let users = format!("{USERS}\n020000000002 Cleartext-Password := \"020000000002\"\n");
    let _server = freeradius_on(&lab, 1812, &users, "default_eap_type = md5\nmd5 {\n}");
    let mut port = switch_port(&lab, &[1812], &["--mab", "first"]);
    speak(&lab, PHONE);
    port.expect(&format!("port: authorized {PHONE} (MAC)"));
    let _supplicant = supplicant(&lab, &md5("secret"));
    port.expect("port: authorized alice (MD5-Challenge) vlan 42");
    assert!(!port.lines().iter().any(|line| line == "port: unauthorized"));
}

#[test]
fn after_802_1x_got_no_answer_the_address_is_asked_about() {
    let lab = Lab::new();
    silence(&lab);
    let _server = server(&lab, 1812);
    let after = ["--mab", "after", "--mab-delay", "2"];
    let mut port = switch_port(&lab, &[1812], &after);
    let began = Instant::now();
    speak(&lab, PRINTER);
    port.expect(&format!("port: authorized {PRINTER} (MAC) vlan printers"));
    assert!(began.elapsed() > Duration::from_millis(1500), "{:?}", began.elapsed());
    let lines = port.lines();
    let asked = lines.iter().position(|line| line.starts_with("MAC: asking")).unwrap();
    let tried = lines.iter().position(|line| line == "state: authenticating").unwrap();
    assert!(tried < asked, "{lines:?}");
}

#[test]
fn who_speaks_802_1x_in_time_is_not_asked_about() {
    let lab = Lab::new();
    let _server = server(&lab, 1812);
    let mut port = switch_port(&lab, &[1812], &["--mab", "after", "--mab-delay", "5"]);
    let _supplicant = supplicant(&lab, &md5("secret"));
    port.expect("port: authorized alice (MD5-Challenge) vlan 42");
    assert!(!port.lines().iter().any(|line| line.starts_with("MAC:")));
}

#[test]
fn our_phone_logs_in_in_every_mode() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let _server = tls_server(&lab, 1812, &ca.server(), &ca);
    let modes = [
        (1, "MD5-Challenge"),
        (2, "EAP-TLS"),
        (3, "PEAP"),
        (4, "EAP-TTLS"),
        (5, "PEAP"),
        (6, "EAP-TTLS"),
    ];
    for (mode, method) in modes {
        let mut port = switch_port(&lab, &[1812], &[]);
        let config = match mode {
            1 => settings(&lab, mode, "alice", "secret"),
            2 => tls_settings(&lab, &ca, &ca.client()),
            _ => {
                let more = format!("<P8628>secret</P8628><P20987>{}</P20987>", ca.path);
                settings_with(&lab, mode, "alice", &more)
            }
        };
        let mut phone = phone(&lab, &config, &[]);
        phone.expect(&format!("login ok: alice ({method}"));
        let line = port.expect("port: authorized alice");
        assert!(line.contains(&format!("({method})")), "mode {mode}: {line}");
        let keys = port.expect("keys: ");
        assert_eq!(keys == "keys: none", mode == 1, "mode {mode}: {keys}");
        phone.signal("TERM");
        port.expect("port: unauthorized");
    }
}
