//! PEAP in RADIUS, TLS 1.2 and 1.3, with everything inside: our peer at FreeRADIUS and at hostapd,
//! `eapol_test` at our server.

use crate::certificates::{Authority, Certificate, hostapd_tls};
use crate::lab::{Lab, Process};
use crate::radius::{
    SECRET, assert_verdict, eapol_test, freeradius, hostapd, radius_peer, radius_server,
};

/// Our name, how both tools call it in their reports, and that of wpa_supplicant and hostapd.
const INNER: [(&str, &str, &str); 4] = [
    ("peap/mschapv2", "EAP-MSCHAPv2", "MSCHAPV2"),
    ("peap/gtc", "GTC", "GTC"),
    ("peap/md5", "MD5-Challenge", "MD5"),
    ("peap/tls", "EAP-TLS", "TLS"),
];

const TLS_VERSIONS: [&str; 2] = ["1.2", "1.3"];

fn freeradius_peap(lab: &Lab, server: &Certificate, ca: &Authority<'_>) -> Process {
    let Certificate { certificate, key, .. } = server;
    let ca = &ca.path;
    let cache = lab.path("cache");
    std::fs::create_dir_all(&cache).unwrap();
    let eap = format!(
        r#"
        default_eap_type = peap
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            tls_min_version = "1.2"
            tls_max_version = "1.3"
            cache {{
                enable = yes
                name = "peap"
                persist_dir = "{cache}"
                store {{
                    Tunnel-Private-Group-Id
                }}
            }}
        }}
        tls {{
            tls = common
        }}
        md5 {{
        }}
        gtc {{
            auth_type = PAP
        }}
        mschapv2 {{
        }}
        peap {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = "default"
        }}
"#
    );
    freeradius(lab, &eap)
}

fn hostapd_peap(lab: &Lab, server: &Certificate, ca: &Authority<'_>, inner: &str) -> Process {
    let users = format!("* PEAP\n\"alice\" {inner} \"secret\" [2]\n");
    let users = if inner == "TLS" { "* PEAP\n\"alice\" TLS [2]\n".into() } else { users };
    let more = format!("{}tls_session_lifetime=3600\n", hostapd_tls(server, &ca.path, true));
    hostapd(lab, &users, &more)
}

/// Our peer as alice, anonymous outside; the lines that it prints.
#[track_caller]
fn log_in(
    lab: &Lab,
    ca: &Authority<'_>,
    client: &Certificate,
    [method, tls_version, password]: [&str; 3],
    more: &[&str],
) -> Vec<String> {
    #[rustfmt::skip]
    let args = [
        "--password", password, "--anonymous-identity", "anonymous@example.org",
        "--ca", &ca.path, "--server-name", "radius.example.org",
        "--cert", &client.certificate, "--key", &client.key,
        "--tls-min", tls_version, "--tls-max", tls_version,
    ];
    radius_peer(lab, method, "alice", &[&args, more].concat())
}

#[track_caller]
fn assert_logged_in(lines: &[String], inner: &str) {
    let [reports @ .., last] = lines else { panic!("nothing printed") };
    assert_eq!(last, "SUCCESS", "{lines:?}");
    for (i, report) in reports.iter().enumerate() {
        let resumed = if i == 0 { "" } else { ", resumed" };
        let start = format!("alice logged in by PEAP with {inner}{resumed}: ");
        assert!(report.starts_with(&start), "{report}");
        assert!(report.ends_with("keys: equal on both ends"), "{report}");
    }
}

#[track_caller]
fn assert_wrong_password(lines: &[String], said: &str) {
    assert!(lines[0].starts_with(&format!("FAILURE: {said}")), "{lines:?}");
}

const REJECTED: &str = "the network refused the login: wrong name or password, or not allowed";

/// FreeRADIUS does without crypto-binding, and keeps the errors of MSCHAPv2 to itself.
#[test]
fn radius_peer_logs_in_at_freeradius() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let client = ca.client();
    let _server = freeradius_peap(&lab, &ca.server(), &ca);
    for tls_version in TLS_VERSIONS {
        for (method, inner, _) in INNER {
            let run = |password, more: &[&str]| {
                log_in(&lab, &ca, &client, [method, tls_version, password], more)
            };
            assert_logged_in(&run("secret", &[]), inner);
            if method != "peap/tls" {
                // The last fragment's Identifier is not that of the Request which FreeRADIUS 3.2
                // remembers: phase 2 has to fit, as all but EAP-TLS does.
                assert_logged_in(&run("secret", &["--fragment-size", "100"]), inner);
            }
            // In TLS 1.3 it resumes a session once.
            assert_logged_in(&run("secret", &["--resume", "1"]), inner);
            if method != "peap/tls" {
                assert_wrong_password(&run("wrong", &[]), REJECTED);
            }
            let lines = run("secret", &["--crypto-binding", "required"]);
            let reason = "FAILURE: PEAP failed: the server does without crypto-binding";
            assert_eq!(lines, [reason]);
        }
    }
}

/// hostapd begins with version 1, and takes 0 as well.
#[test]
fn radius_peer_logs_in_at_hostapd() {
    for (method, inner, name) in INNER {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test CA");
        let client = ca.client();
        let _server = hostapd_peap(&lab, &ca.server(), &ca, name);
        for tls_version in TLS_VERSIONS {
            // hostapd has no protected success (RFC 9190 §2.5) in an EAP-TLS inside a tunnel.
            if (method, tls_version) == ("peap/tls", "1.3") {
                let lines = log_in(&lab, &ca, &client, [method, tls_version, "secret"], &[]);
                let reason = "the network granted access without authenticating";
                assert_eq!(lines, [format!("FAILURE: {reason}")]);
                continue;
            }
            for version in ["0", "1"] {
                let run = |password, more: &[&str]| {
                    let more = [&["--peap-max-version", version], more].concat();
                    log_in(&lab, &ca, &client, [method, tls_version, password], &more)
                };
                if (version, tls_version) == ("0", "1.3") {
                    // hostapd exports 64 octets for its crypto-binding, and means the first of 128.
                    let reason = "FAILURE: PEAP failed: the server's crypto-binding is wrong";
                    assert_eq!(run("secret", &[]), [reason]);
                    let without = run("secret", &["--crypto-binding", "off"]);
                    assert_logged_in(&without, inner);
                    continue;
                }
                assert_logged_in(&run("secret", &[]), inner);
                assert_logged_in(&run("secret", &["--resume", "2"]), inner);
                if version == "0" {
                    let bound = ["--crypto-binding", "required", "--resume", "1"];
                    assert_logged_in(&run("secret", &bound), inner);
                }
                match method {
                    "peap/tls" => {}
                    "peap/mschapv2" => {
                        assert_wrong_password(&run("wrong", &[]), "wrong name or password");
                    }
                    _ => assert_wrong_password(&run("wrong", &[]), REJECTED),
                }
            }
        }
    }
}

/// What the matrix relies on: hostapd and eapol_test take no other version if told to.
#[test]
fn a_version_that_is_insisted_on_is_not_left() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let (server, client) = (ca.server(), ca.client());
    let users = "* PEAP [ver=1]\n\"alice\" MSCHAPV2 \"secret\" [2]\n";
    let hostapd = hostapd(&lab, users, &hostapd_tls(&server, &ca.path, true));
    for (version, succeeds) in [("0", false), ("1", true)] {
        let peer = ["peap/mschapv2", "1.2", "secret"];
        let lines = log_in(&lab, &ca, &client, peer, &["--peap-max-version", version]);
        assert_eq!(lines.last().unwrap() == "SUCCESS", succeeds, "{lines:?}");
    }
    drop(hostapd);
    for (version, verdict) in [("0", "FAILURE"), ("1", "SUCCESS")] {
        let _server = peap_server(&lab, &server, &ca, ["1.2", version, "if-offered"]);
        let peer = ["MSCHAPV2", "1.2", "secret", "peapver=1"];
        assert_verdict(supplicant(&lab, &ca, &client, peer, &[]), verdict);
    }
}

/// Our server, with everything inside.
fn peap_server(
    lab: &Lab,
    server: &Certificate,
    ca: &Authority<'_>,
    [tls_version, version, binding]: [&str; 3],
) -> Process {
    let methods = INNER.map(|(method, ..)| method).join(",");
    #[rustfmt::skip]
    let args = [
        "--cert", &server.certificate, "--key", &server.key, "--ca", &ca.path,
        "--tls-max", tls_version, "--session-lifetime", "3600",
        "--peap-max-version", version, "--crypto-binding", binding,
    ];
    radius_server(lab, &methods, &args)
}

/// The reference peer, with its default of everything that `phase1` does not say.
fn supplicant(
    lab: &Lab,
    ca: &Authority<'_>,
    client: &Certificate,
    [inner, tls_version, password, phase1]: [&str; 4],
    more: &[&str],
) -> Process {
    let (ca, disabled) = (&ca.path, u8::from(tls_version == "1.2"));
    let Certificate { certificate, key, .. } = client;
    let network = format!(
        "  eap=PEAP\n  anonymous_identity=\"anonymous\"\n  password=\"{password}\"\n  \
         ca_cert=\"{ca}\"\n  phase1=\"tls_disable_tlsv1_3={disabled} \
         tls_disable_session_ticket=0 {phase1}\"\n  phase2=\"auth={inner}\"\n  \
         ca_cert2=\"{ca}\"\n  client_cert2=\"{certificate}\"\n  private_key2=\"{key}\""
    );
    eapol_test(lab, &network, SECRET, more)
}

#[test]
fn eapol_test_logs_in_at_radius_server() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let (server, client) = (ca.server(), ca.client());
    for tls_version in TLS_VERSIONS {
        for version in ["0", "1"] {
            let settings = [tls_version, version, "if-offered"];
            let mut server = peap_server(&lab, &server, &ca, settings);
            for (_, shown, inner) in INNER {
                let run = |password, more: &[&str]| {
                    supplicant(&lab, &ca, &client, [inner, tls_version, password, ""], more)
                };
                // Without -n the keys have to match.
                assert_verdict(run("secret", &[]), "SUCCESS");
                assert_eq!(server.expect("a"), format!("accept alice (PEAP with {shown})"));
                if inner != "TLS" {
                    assert_verdict(run("wrong", &[]), "FAILURE");
                    server.expect("reject anonymous: wrong password or token");
                }
                // -r: more logins in the same run. An EAP-TLS that was inside the last session but
                // one confuses wpa_supplicant 2.10: "shutdown while in init".
                let more = if inner == "TLS" { 1 } else { 2 };
                assert_verdict(run("secret", &["-r", &more.to_string()]), "SUCCESS");
                server.expect(&format!("(PEAP with {shown})"));
                for _ in 0..more {
                    server.expect(&format!("(PEAP with {shown}, resumed)"));
                }
            }
        }
    }
}

#[test]
fn eapol_test_and_radius_server_agree_on_crypto_binding_and_version() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let (server, client) = (ca.server(), ca.client());
    for tls_version in TLS_VERSIONS {
        for (version, binding, phase1, expected) in [
            ("0", "required", "crypto_binding=2", Ok(())),
            ("0", "if-offered", "crypto_binding=0", Ok(())),
            ("0", "off", "crypto_binding=1", Ok(())),
            ("0", "required", "crypto_binding=0", Err("the peer does without crypto-binding")),
            ("1", "if-offered", "peapver=0", Ok(())),
            ("1", "if-offered", "peap_outer_success=1", Ok(())),
            ("1", "if-offered", "peap_outer_success=2", Ok(())),
        ] {
            let mut server = peap_server(&lab, &server, &ca, [tls_version, version, binding]);
            let peer = ["MSCHAPV2", tls_version, "secret", phase1];
            let supplicant = supplicant(&lab, &ca, &client, peer, &[]);
            match expected {
                Ok(()) => {
                    assert_verdict(supplicant, "SUCCESS");
                    server.expect("accept alice (PEAP with EAP-MSCHAPv2)");
                }
                Err(reason) => {
                    assert_verdict(supplicant, "FAILURE");
                    server.expect(&format!("reject anonymous: PEAP failed: {reason}"));
                }
            }
        }
    }
}
