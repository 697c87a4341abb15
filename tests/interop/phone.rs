//! `phone` on a switch port of hostapd (`driver=wired`).

use crate::certificates::{Authority, Certificate, hostapd_tls};
use crate::lab::{Host, Lab, PHONE, Process};
use crate::matrix::{Pacs, Provisioning};
use crate::{example, phone, settings, settings_with, tls_settings};

/// hostapd with its own EAP server and the user alice.
fn hostapd(lab: &Lab, more: &str) -> Process {
    hostapd_with_users(lab, "\"alice\" MD5 \"secret\"\n", more)
}

/// hostapd with its own EAP server, and everybody who has a certificate.
fn hostapd_with_tls(
    lab: &Lab,
    server: &Certificate,
    clients: &Authority<'_>,
    tls_1_3: bool,
) -> Process {
    hostapd_with_users(lab, "* TLS\n", &hostapd_tls(server, &clients.path, tls_1_3))
}

fn hostapd_with_users(lab: &Lab, users: &str, more: &str) -> Process {
    let users = lab.file("users", users);
    start_hostapd(lab, &format!("eap_server=1\neap_user_file={users}\n{more}"))
}

pub(crate) fn start_hostapd(lab: &Lab, more: &str) -> Process {
    let config = format!(
        "interface=sw0\ndriver=wired\nieee8021x=1\neapol_version=2\n\
         logger_stdout=-1\nlogger_stdout_level=0\n{more}\n"
    );
    let path = lab.file("hostapd.conf", &config);
    let mut hostapd = lab.start(Host::Switch, "hostapd", &["-d", &path]);
    hostapd.expect("AP-ENABLED");
    hostapd
}

#[test]
fn logs_in_with_md5() {
    let lab = Lab::new();
    let mut hostapd = hostapd(&lab, "");
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", "secret"), &[]);
    phone.expect("state: connecting");
    phone.expect("state: authenticating");
    phone.expect("method: MD5-Challenge");
    phone.expect("login ok: alice (MD5-Challenge)");
    phone.expect("port: authorized");
    hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
    hostapd.expect("IEEE 802.1X: authenticated");
}

#[test]
fn logs_in_with_tls_1_2_and_1_3() {
    for (tls_1_3, version) in [(false, "1.2"), (true, "1.3")] {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut hostapd = hostapd_with_tls(&lab, &ca.server(), &ca, tls_1_3);
        let config = tls_settings(&lab, &ca, &ca.client());
        let mut phone = phone(&lab, &config, &["--server-name", "radius.example.org"]);
        phone.expect("method: EAP-TLS");
        phone.expect(&format!("login ok: alice (EAP-TLS, TLS {version})"));
        phone.expect("port: authorized");
        hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
        hostapd.expect("IEEE 802.1X: authenticated");
    }
}

/// A mode with a tunnel, and what it is called on both ends.
struct TunnelMode {
    mode: u8,
    outer: &'static str,
    inner: &'static str,
    /// In hostapd's list of users.
    names: [&'static str; 2],
    /// hostapd 2.10 computes the crypto-binding of PEAP wrongly with TLS 1.3.
    tls_1_3: &'static [bool],
}

const TUNNEL_MODES: [TunnelMode; 4] = [
    TunnelMode {
        mode: 3,
        outer: "PEAP",
        inner: "EAP-MSCHAPv2",
        names: ["PEAP", "MSCHAPV2"],
        tls_1_3: &[false],
    },
    TunnelMode {
        mode: 4,
        outer: "EAP-TTLS",
        inner: "EAP-MSCHAPv2",
        names: ["TTLS", "MSCHAPV2"],
        tls_1_3: &[false, true],
    },
    TunnelMode { mode: 5, outer: "PEAP", inner: "GTC", names: ["PEAP", "GTC"], tls_1_3: &[false] },
    TunnelMode {
        mode: 6,
        outer: "EAP-TTLS",
        inner: "GTC",
        names: ["TTLS", "GTC"],
        tls_1_3: &[false, true],
    },
];

impl TunnelMode {
    /// hostapd that knows alice inside the tunnel only.
    fn hostapd(&self, lab: &Lab, ca: &Authority<'_>, tls_1_3: bool, more: &str) -> Process {
        let [outer, inner] = self.names;
        let users = format!("* {outer}\n\"alice\" {inner} \"secret\" [2]\n");
        let tls = hostapd_tls(&ca.server(), &ca.path, tls_1_3);
        hostapd_with_users(lab, &users, &format!("{tls}{more}"))
    }

    /// The phone's settings: no certificate of its own, and anonymous outside.
    fn settings(&self, lab: &Lab, ca: &Authority<'_>, identity: &str, password: &str) -> String {
        let more = format!(
            "<P8628>{password}</P8628><P20987>{}</P20987>
    <network.802_1x.anonymous_identity>anonymous</network.802_1x.anonymous_identity>",
            ca.path
        );
        settings_with(lab, self.mode, identity, &more)
    }
}

#[test]
fn logs_in_with_a_password_in_a_tunnel() {
    for tunnel in &TUNNEL_MODES {
        for &tls_1_3 in tunnel.tls_1_3 {
            let lab = Lab::new();
            let ca = Authority::new(&lab, "Test_CA");
            let mut hostapd = tunnel.hostapd(&lab, &ca, tls_1_3, "");
            let config = tunnel.settings(&lab, &ca, "alice", "secret");
            let mut phone = phone(&lab, &config, &["--server-name", "radius.example.org"]);
            phone.expect(&format!("method: {}", tunnel.outer));
            let version = if tls_1_3 { "1.3" } else { "1.2" };
            let (outer, inner) = (tunnel.outer, tunnel.inner);
            phone.expect(&format!("login ok: alice ({outer} with {inner}, TLS {version})"));
            phone.expect("port: authorized");
            hostapd.expect("61 6e 6f 6e 79 6d 6f 75 73"); // "anonymous"
            hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
        }
    }
}

/// What hostapd 2.10 gets wrong is told, and does not let anybody in.
#[test]
fn peap_of_hostapd_with_tls_1_3_is_refused_for_its_crypto_binding() {
    for tunnel in TUNNEL_MODES.iter().filter(|tunnel| !tunnel.tls_1_3.contains(&true)) {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut hostapd = tunnel.hostapd(&lab, &ca, true, "");
        let config = tunnel.settings(&lab, &ca, "alice", "secret");
        let mut phone = phone(&lab, &config, &["--once"]);
        phone.expect("method: PEAP");
        phone.expect("login failed: PEAP failed: the server's crypto-binding is wrong");
        assert_eq!(phone.wait().code(), Some(1));
        hostapd.expect(&format!("CTRL-EVENT-EAP-FAILURE {PHONE}"));
    }
}

#[test]
fn a_wrong_password_in_a_tunnel_is_refused_with_its_reason() {
    for tunnel in &TUNNEL_MODES {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut hostapd = tunnel.hostapd(&lab, &ca, false, "");
        let config = tunnel.settings(&lab, &ca, "alice", "guess");
        let mut phone = phone(&lab, &config, &["--once"]);
        let line = phone.expect("login failed: ");
        assert!(line.contains("wrong name or password"), "mode {}: {line}", tunnel.mode);
        assert_eq!(phone.wait().code(), Some(1));
        hostapd.expect(&format!("CTRL-EVENT-EAP-FAILURE {PHONE}"));
        assert!(!phone.lines().iter().any(|line| line.contains("guess")), "a secret was printed");
    }
}

#[test]
fn the_tunnel_of_another_ca_is_refused_before_the_password_is_sent() {
    for tunnel in &TUNNEL_MODES {
        let lab = Lab::new();
        let (ca, other) = (Authority::new(&lab, "Test_CA"), Authority::new(&lab, "Other_CA"));
        let mut hostapd = tunnel.hostapd(&lab, &other, false, "");
        let config = tunnel.settings(&lab, &ca, "alice", "secret");
        let mut phone = phone(&lab, &config, &["--once"]);
        phone.expect("login failed: issued by an untrusted CA: CN=Other_CA");
        assert_eq!(phone.wait().code(), Some(1));
        hostapd.expect("unknown CA");
        assert!(!hostapd.lines().iter().any(|line| line.contains("alice")));
    }
}

#[test]
fn questions_from_inside_a_tunnel_say_so() {
    for tunnel in &TUNNEL_MODES {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut hostapd = tunnel.hostapd(&lab, &ca, false, "");
        let mut phone = phone(&lab, &tunnel.settings(&lab, &ca, "", ""), &[]);
        let origin = format!("inside {} (outside: anonymous): ", tunnel.outer);
        phone.expect(&format!("identity wanted {origin}"));
        phone.type_line("alice");
        match tunnel.inner {
            "GTC" => phone.expect(&format!("token wanted {origin}Password")),
            _ => phone.expect(&format!("password wanted {origin}alice")),
        };
        phone.type_line("secret");
        phone.expect("login ok: alice");
        hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
    }
}

#[test]
fn reauthentication_in_a_tunnel_is_resumed() {
    for tunnel in &TUNNEL_MODES {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let resuming = "tls_session_lifetime=3600\neap_reauth_period=2\n";
        let mut hostapd = tunnel.hostapd(&lab, &ca, false, resuming);
        let config = tunnel.settings(&lab, &ca, "alice", "secret");
        let mut phone = phone(&lab, &config, &[]);
        phone.expect("login ok: alice (");
        for _ in 0..2 {
            // Nobody is asked inside: it is who has logged in before.
            let (outer, inner) = (tunnel.outer, tunnel.inner);
            phone.expect(&format!("login ok: alice ({outer} with {inner}, TLS 1.2, resumed)"));
            hostapd.expect("IEEE 802.1X: authenticated");
        }
        assert!(!phone.lines().iter().any(|line| line.contains("port: unauthorized")));
    }
}

/// hostapd that lets sessions be resumed, and authenticates every station again after two seconds.
fn resuming_hostapd(lab: &Lab, ca: &Authority<'_>, tls_1_3: bool) -> Process {
    let tls = hostapd_tls(&ca.server(), &ca.path, tls_1_3);
    let more = format!("{tls}tls_session_lifetime=3600\neap_reauth_period=2\n");
    hostapd_with_users(lab, "* TLS\n", &more)
}

#[test]
fn reauthentication_by_hostapd_is_resumed_with_tls_1_2() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let mut hostapd = resuming_hostapd(&lab, &ca, false);
    let mut phone = phone(&lab, &tls_settings(&lab, &ca, &ca.client()), &[]);
    phone.expect("login ok: alice (EAP-TLS, TLS 1.2)");
    for _ in 0..3 {
        phone.expect("login ok: alice (EAP-TLS, TLS 1.2, resumed)");
        hostapd.expect("IEEE 802.1X: authenticated");
    }
    assert!(!phone.lines().iter().any(|line| line.contains("port: unauthorized")));
}

/// In a resumed login, hostapd 2.10 gives no ticket: the next one is a full login.
#[test]
fn reauthentication_by_hostapd_is_resumed_with_tls_1_3() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let mut hostapd = resuming_hostapd(&lab, &ca, true);
    let mut phone = phone(&lab, &tls_settings(&lab, &ca, &ca.client()), &[]);
    for _ in 0..3 {
        for line in
            ["login ok: alice (EAP-TLS, TLS 1.3)", "login ok: alice (EAP-TLS, TLS 1.3, resumed)"]
        {
            phone.expect(line);
            hostapd.expect("IEEE 802.1X: authenticated");
        }
    }
    assert!(!phone.lines().iter().any(|line| line.contains("login failed")));
}

#[test]
fn the_user_is_asked_about_the_server_once() {
    for tls_1_3 in [false, true] {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let _hostapd = resuming_hostapd(&lab, &ca, tls_1_3);
        let config = tls_settings(&lab, &ca, &ca.client());
        let mut phone = phone(&lab, &config, &["--ask-server"]);
        let question = phone.expect("yes or no wanted");
        let (_, fingerprint) = question.split_once("CN=radius.example.org, SHA-256 ").unwrap();
        assert!(fingerprint.len() == 64 && fingerprint.bytes().all(|c| c.is_ascii_hexdigit()));
        phone.type_line("perhaps");
        phone.expect("yes or no, once more");
        phone.type_line("yes");
        phone.expect("login ok: alice");
        phone.expect(", resumed)");
        let asked = phone.lines().iter().filter(|line| line.contains("yes or no wanted")).count();
        assert_eq!(asked, 1);
    }
}

#[test]
fn a_server_that_the_user_declines_is_refused() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let hostapd = hostapd_with_tls(&lab, &ca.server(), &ca, true);
    let config = tls_settings(&lab, &ca, &ca.client());
    let mut phone = phone(&lab, &config, &["--ask-server", "--once"]);
    phone.expect("yes or no wanted");
    phone.type_line("no");
    phone.expect("login failed: the certificate was declined");
    assert_eq!(phone.wait().code(), Some(1));
    assert!(!hostapd.lines().iter().any(|line| line.contains("AP-STA-CONNECTED")));
}

#[test]
fn a_server_of_another_ca_is_refused_with_its_reason() {
    for tls_1_3 in [false, true] {
        let lab = Lab::new();
        let (ca, other) = (Authority::new(&lab, "Test_CA"), Authority::new(&lab, "Other_CA"));
        let mut hostapd = hostapd_with_tls(&lab, &other.server(), &ca, tls_1_3);
        let mut phone = phone(&lab, &tls_settings(&lab, &ca, &ca.client()), &["--once"]);
        phone.expect("login failed: issued by an untrusted CA: CN=Other_CA");
        assert_eq!(phone.wait().code(), Some(1));
        hostapd.expect("unknown CA");
        assert!(!hostapd.lines().iter().any(|line| line.contains("AP-STA-CONNECTED")));
    }
}

#[test]
fn a_phone_of_another_ca_is_refused_with_a_reason() {
    for tls_1_3 in [false, true] {
        let lab = Lab::new();
        let (ca, other) = (Authority::new(&lab, "Test_CA"), Authority::new(&lab, "Other_CA"));
        let mut hostapd = hostapd_with_tls(&lab, &ca.server(), &ca, tls_1_3);
        let mut phone = phone(&lab, &tls_settings(&lab, &ca, &other.client()), &["--once"]);
        // hostapd says no more than that.
        phone.expect("login failed: the network refused the login: certificate not accepted");
        assert_eq!(phone.wait().code(), Some(1));
        hostapd.expect("unable to get local issuer certificate");
    }
}

#[test]
fn wrong_password_is_refused_with_a_reason_and_tried_again_later() {
    let lab = Lab::new();
    let mut hostapd = hostapd(&lab, "");
    // hostapd ignores a refused station for some seconds.
    let config = settings(&lab, 1, "alice", "guess");
    let mut phone = phone(&lab, &config, &["--max-start", "40"]);
    phone.expect("login failed: the network refused the login: wrong name or password");
    phone.expect("state: held");
    hostapd.expect(&format!("CTRL-EVENT-EAP-FAILURE {PHONE}"));
    phone.expect("state: authenticating");
    phone.expect("login failed:");
    assert!(!phone.lines().iter().any(|line| line.contains("port: authorized")));
    assert!(!phone.lines().iter().any(|line| line.contains("guess")), "a secret was printed");
}

#[test]
fn unknown_identity_is_refused_with_a_reason() {
    let lab = Lab::new();
    let _hostapd = hostapd(&lab, "");
    let mut phone = phone(&lab, &settings(&lab, 1, "mallory", "secret"), &["--once"]);
    phone.expect("login failed: the network refused this identity");
    assert_eq!(phone.wait().code(), Some(1));
}

#[test]
fn notification_carried_by_hostapd_is_shown() {
    let lab = Lab::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/notifying_radius.py");
    let message = "Your password expires in 3 days";
    let args = [script, "1812", "radius-secret", "alice", "secret", message];
    let mut radius = lab.start(Host::Switch, "python3", &args);
    radius.expect("listening");
    let mut hostapd = start_hostapd(
        &lab,
        "own_ip_addr=127.0.0.1\nnas_identifier=switch\nauth_server_addr=127.0.0.1\n\
         auth_server_port=1812\nauth_server_shared_secret=radius-secret",
    );
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", "secret"), &[]);
    phone.expect(&format!("message from the network: {message}"));
    phone.expect("login ok: alice (MD5-Challenge)");
    radius.expect("notification acknowledged");
    radius.expect("password right");
    hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
}

#[test]
fn prompt_of_hostapd_is_shown_to_a_user_who_is_asked() {
    let lab = Lab::new();
    let mut hostapd = hostapd(&lab, "eap_message=Welcome to floor 3");
    let mut phone = phone(&lab, &settings(&lab, 1, "", "secret"), &[]);
    phone.expect("Welcome to floor 3");
    phone.type_line("alice");
    phone.expect("login ok: alice (MD5-Challenge)");
    hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
}

#[test]
fn reauthentication_by_hostapd_does_not_drop_the_port() {
    let lab = Lab::new();
    let mut hostapd = hostapd(&lab, "eap_reauth_period=2");
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", "secret"), &[]);
    phone.expect("port: authorized");
    for _ in 0..2 {
        phone.expect("state: authenticating");
        phone.expect("login ok: alice");
    }
    hostapd.expect("IEEE 802.1X: authenticated");
    hostapd.expect("IEEE 802.1X: authenticated");
    assert!(!phone.lines().iter().any(|line| line.contains("port: unauthorized")));
}

#[test]
fn logoff_on_sigterm_is_seen_by_hostapd() {
    let lab = Lab::new();
    let mut hostapd = hostapd(&lab, "");
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", "secret"), &[]);
    phone.expect("port: authorized");
    hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
    phone.signal("TERM");
    phone.expect("logged off");
    assert_eq!(phone.wait().code(), Some(0));
    hostapd.expect("received EAPOL-Logoff from STA");
    hostapd.expect("unauthorizing port");
}

#[test]
fn hostapd_restarted_in_the_middle_of_a_login() {
    let lab = Lab::new();
    let before = hostapd(&lab, "");
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", ""), &[]);
    phone.expect("method: MD5-Challenge");
    before.signal("KILL");
    drop(before);
    let mut after = hostapd(&lab, "");
    // The new hostapd knows nothing of the challenge that this password answers.
    phone.type_line("secret");
    phone.expect("login failed: the network did not answer");
    phone.expect("state: connecting");
    phone.expect("method: MD5-Challenge");
    phone.type_line("secret");
    phone.expect("login ok: alice (MD5-Challenge)");
    after.expect(&format!("AP-STA-CONNECTED {PHONE}"));
}

#[test]
fn unplugged_and_plugged_in_again() {
    let lab = Lab::new();
    let _hostapd = hostapd(&lab, "");
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", "secret"), &[]);
    phone.expect("port: authorized");
    lab.plug(false);
    phone.expect("port: unauthorized");
    lab.plug(true);
    phone.expect("state: connecting");
    phone.expect("port: authorized");
}

#[test]
fn proxy_logoff_has_the_pc_as_its_source() {
    let lab = Lab::new();
    let mut tcpdump = lab.start(
        Host::Switch,
        "tcpdump",
        &["-l", "-e", "-n", "-i", "sw0", "ether", "proto", "0x888e"],
    );
    tcpdump.expect("listening on sw0");
    let args = ["--interface", "ph0", "--proxy-logoff", "02:00:00:00:00:99"];
    let mut phone = lab.start(Host::Phone, &example("phone"), &args);
    assert_eq!(phone.wait().code(), Some(0));
    let line = tcpdump.expect("EAPOL logoff");
    assert!(line.contains("02:00:00:00:00:99 > 01:80:c2:00:00:03"), "{line}");
}

#[test]
fn proxy_logoff_leaves_the_phone_logged_in() {
    let lab = Lab::new();
    let mut hostapd = hostapd(&lab, "eap_reauth_period=2");
    let config = settings(&lab, 1, "alice", "secret");
    let mut phone = phone(&lab, &config, &["--proxy-logoff", "02:00:00:00:00:99"]);
    phone.expect("port: authorized");
    phone.signal("USR1");
    hostapd.expect("02:00:00:00:00:99");
    phone.expect("login ok: alice");
    assert!(!phone.lines().iter().any(|line| line.contains("port: unauthorized")));
}

#[test]
fn without_an_authenticator_there_is_no_8021x_here() {
    let lab = Lab::new();
    let config = settings(&lab, 1, "alice", "secret");
    let mut phone = phone(&lab, &config, &["--max-start", "2"]);
    phone.expect("no 802.1X here");
    phone.expect("port: authorized");
    let mut hostapd = hostapd(&lab, "eap_reauth_period=2");
    // hostapd speaks first only to stations it knows: it learns this one by a restart of the link.
    lab.plug(false);
    phone.expect("link: down");
    lab.plug(true);
    phone.expect("login ok: alice");
    hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
}

/// EAP-FAST, mode 7: what hostapd runs inside, and who is given a PAC.
struct Fast<'a> {
    lab: &'a Lab,
    ca: &'a Authority<'a>,
    inner: &'static str,
    provisioning: Provisioning,
}

impl Fast<'_> {
    fn hostapd(&self, more: &str) -> Process {
        let users = format!("* FAST\n\"alice\" {} \"secret\" [2]\n", self.inner);
        let tls = hostapd_tls(&self.ca.rsa_server(), &self.ca.path, false);
        let pacs = Pacs { issued: self.provisioning, ..Pacs::default() }.hostapd(self.lab);
        hostapd_with_users(self.lab, &users, &format!("{tls}{pacs}{more}"))
    }

    /// The phone's settings; with the CA unless it goes without.
    fn settings(&self, password: &str) -> String {
        let trust = match self.provisioning {
            Provisioning::Anonymous => "<network.802_1x.eap_fast_provision_mode>0\
                  </network.802_1x.eap_fast_provision_mode>"
                .to_owned(),
            _ => format!("<P20987>{}</P20987>", self.ca.path),
        };
        let more = format!(
            "<P8628>{password}</P8628>{trust}
    <network.802_1x.eap_fast_pac_file>{}</network.802_1x.eap_fast_pac_file>
    <network.802_1x.anonymous_identity>anonymous</network.802_1x.anonymous_identity>",
            self.pacs()
        );
        settings_with(self.lab, 7, "alice", &more)
    }

    fn pacs(&self) -> String {
        self.lab.path("pacs")
    }

    /// The file is there, complete, and nobody else's.
    fn assert_pacs(&self) {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::read_to_string(self.pacs()).unwrap();
        assert!(file.starts_with("wpa_supplicant EAP-FAST PAC file - version 1\n"), "{file}");
        assert!(file.ends_with("END\n"), "{file}");
        assert_eq!(std::fs::metadata(self.pacs()).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!std::path::Path::new(&self.lab.path("pacs.new")).exists());
    }
}

const FAST_INNER: [(&str, &str); 2] = [("MSCHAPV2", "EAP-MSCHAPv2"), ("GTC", "GTC")];

#[test]
fn eap_fast_gets_a_pac_by_a_certificate_and_logs_in_with_it() {
    for (inner, name) in FAST_INNER {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let fast = Fast { lab: &lab, ca: &ca, inner, provisioning: Provisioning::Authenticated };
        let mut hostapd = fast.hostapd("");
        let config = fast.settings("secret");
        let mut first = phone(&lab, &config, &["--once", "--server-name", "radius.example.org"]);
        first.expect("method: EAP-FAST");
        first.expect("PAC: kept in ");
        first.expect(&format!("login ok: alice (EAP-FAST with {name}, TLS 1.2)"));
        assert_eq!(first.wait().code(), Some(0));
        fast.assert_pacs();
        hostapd.expect("61 6e 6f 6e 79 6d 6f 75 73"); // "anonymous"
        hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
        // It has been switched off meanwhile.
        let mut second = phone(&lab, &config, &["--once"]);
        second.expect(&format!("login ok: alice (EAP-FAST with {name}, TLS 1.2, by PAC)"));
        assert_eq!(second.wait().code(), Some(0));
        assert!(!second.lines().iter().any(|line| line.contains("PAC: ")), "there is time left");
    }
}

#[test]
fn eap_fast_gets_a_pac_from_anybody_and_logs_in_with_it_by_itself() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let fast =
        Fast { lab: &lab, ca: &ca, inner: "MSCHAPV2", provisioning: Provisioning::Anonymous };
    let mut hostapd = fast.hostapd("");
    // hostapd ignores a refused station for some seconds.
    let more = ["--once", "--max-start", "40"];
    let mut phone = phone(&lab, &fast.settings("secret"), &more);
    phone.expect("PAC: kept in ");
    phone.expect("no access yet: a PAC was provisioned");
    phone.expect("login ok: alice (EAP-FAST with EAP-MSCHAPv2, TLS 1.2, by PAC)");
    assert_eq!(phone.wait().code(), Some(0));
    fast.assert_pacs();
    hostapd.expect(&format!("CTRL-EVENT-EAP-FAILURE {PHONE}"));
    hostapd.expect(&format!("AP-STA-CONNECTED {PHONE}"));
    assert!(!phone.lines().iter().any(|line| line.contains("login failed")));
}

#[test]
fn eap_fast_reauthenticates_by_pac() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let fast =
        Fast { lab: &lab, ca: &ca, inner: "MSCHAPV2", provisioning: Provisioning::Authenticated };
    let mut hostapd = fast.hostapd("eap_reauth_period=2\n");
    let mut phone = phone(&lab, &fast.settings("secret"), &[]);
    phone.expect("login ok: alice (EAP-FAST with EAP-MSCHAPv2, TLS 1.2)");
    for _ in 0..2 {
        phone.expect("login ok: alice (EAP-FAST with EAP-MSCHAPv2, TLS 1.2, by PAC)");
        hostapd.expect("IEEE 802.1X: authenticated");
    }
    assert!(!phone.lines().iter().any(|line| line.contains("port: unauthorized")));
}

#[test]
fn eap_fast_with_a_wrong_password_is_refused_with_its_reason() {
    use Provisioning::{Anonymous, Authenticated};
    let cases = [("MSCHAPV2", Authenticated), ("GTC", Authenticated), ("MSCHAPV2", Anonymous)];
    for (inner, provisioning) in cases {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let fast = Fast { lab: &lab, ca: &ca, inner, provisioning };
        let mut hostapd = fast.hostapd("");
        let mut phone = phone(&lab, &fast.settings("guess"), &["--once"]);
        let line = phone.expect("login failed: ");
        assert!(line.contains("wrong name or password"), "{inner} {provisioning:?}: {line}");
        assert_eq!(phone.wait().code(), Some(1));
        hostapd.expect("EAP-FAST: Phase2 method failed");
        hostapd.expect(&format!("CTRL-EVENT-EAP-FAILURE {PHONE}"));
        assert!(!std::path::Path::new(&fast.pacs()).exists());
        assert!(!phone.lines().iter().any(|line| line.contains("guess")), "a secret was printed");
    }
}

#[test]
fn eap_fast_of_another_ca_is_refused_before_the_password_is_sent() {
    let lab = Lab::new();
    let (ca, other) = (Authority::new(&lab, "Test_CA"), Authority::new(&lab, "Other_CA"));
    let hostapd =
        Fast { lab: &lab, ca: &other, inner: "GTC", provisioning: Provisioning::Authenticated };
    let mut hostapd = hostapd.hostapd("");
    let fast = Fast { lab: &lab, ca: &ca, inner: "GTC", provisioning: Provisioning::Authenticated };
    let mut phone = phone(&lab, &fast.settings("secret"), &["--once"]);
    phone.expect("login failed: issued by an untrusted CA: CN=Other_CA");
    assert_eq!(phone.wait().code(), Some(1));
    hostapd.expect("unknown CA");
    assert!(!hostapd.lines().iter().any(|line| line.contains("alice")));
}

#[test]
fn eap_fast_settings_that_cannot_work_are_named() {
    let lab = Lab::new();
    let pacs = lab.file("pacs", "no PACs\n");
    let file = |path: &str| {
        format!("<network.802_1x.eap_fast_pac_file>{path}</network.802_1x.eap_fast_pac_file>")
    };
    for (more, said) in [
        (String::new(), "P20987: empty, mode 7 (EAP-FAST) needs the CA certificate of the network"),
        (file(&pacs), "network.802_1x.eap_fast_pac_file: pacs: line 1: no PAC file"),
        (file(&lab.path("none-yet")), "P20987: ca: nothing to trust is configured"),
        (file("/"), "network.802_1x.eap_fast_pac_file: /: not a regular file"),
        (
            format!(
                "{}<network.802_1x.eap_fast_provision_mode>0\
                 </network.802_1x.eap_fast_provision_mode>",
                file("/nowhere/pacs")
            ),
            "network.802_1x.eap_fast_pac_file: /nowhere/pacs: No such file or directory",
        ),
        (
            format!(
                "{}<network.802_1x.eap_fast_provision_mode>2\
                 </network.802_1x.eap_fast_provision_mode>",
                file(&lab.path("none-yet"))
            ),
            "P20987: empty, network.802_1x.eap_fast_provision_mode 2 needs the CA certificate",
        ),
    ] {
        let mut phone = phone(&lab, &settings_with(&lab, 7, "alice", &more), &[]);
        phone.expect(said);
        assert_eq!(phone.wait().code(), Some(2));
    }
}
