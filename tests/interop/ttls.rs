//! EAP-TTLS in RADIUS, TLS 1.2 and 1.3, with everything inside: our peer at FreeRADIUS and at
//! hostapd, `eapol_test` at our server.

use crate::certificates::{Authority, Certificate, hostapd_tls};
use crate::lab::{Lab, Process};
use crate::radius::{
    SECRET, assert_verdict, eapol_test, freeradius, hostapd, radius_peer, radius_server,
};

/// Our name, how both tools call it in their reports, and wpa_supplicant's words for it.
const INNER: [(&str, &str, &str); 8] = [
    ("ttls/pap", "PAP", "auth=PAP"),
    ("ttls/chap", "CHAP", "auth=CHAP"),
    ("ttls/mschap", "MS-CHAP", "auth=MSCHAP"),
    ("ttls/mschapv2", "MS-CHAPv2", "auth=MSCHAPV2"),
    ("ttls/eap-mschapv2", "EAP-MSCHAPv2", "autheap=MSCHAPV2"),
    ("ttls/eap-gtc", "GTC", "autheap=GTC"),
    ("ttls/eap-md5", "MD5-Challenge", "autheap=MD5"),
    ("ttls/eap-tls", "EAP-TLS", "autheap=TLS"),
];

const VERSIONS: [&str; 2] = ["1.2", "1.3"];

fn freeradius_ttls(lab: &Lab, server: &Certificate, ca: &Authority<'_>) -> Process {
    let Certificate { certificate, key, .. } = server;
    let ca = &ca.path;
    let eap = format!(
        r#"
        default_eap_type = ttls
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            tls_min_version = "1.2"
            tls_max_version = "1.3"
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
        ttls {{
            tls = common
            default_eap_type = md5
            virtual_server = "default"
        }}
"#
    );
    freeradius(lab, &eap)
}

fn hostapd_ttls(lab: &Lab, server: &Certificate, ca: &Authority<'_>) -> Process {
    let inside = "MSCHAPV2,GTC,MD5,TLS,TTLS-PAP,TTLS-CHAP,TTLS-MSCHAP,TTLS-MSCHAPV2";
    let users = format!("* TTLS\n\"alice\" {inside} \"secret\" [2]\n");
    hostapd(lab, &users, &hostapd_tls(server, &ca.path, true))
}

/// Our peer as alice, anonymous outside; the lines that it prints.
#[track_caller]
fn log_in(
    lab: &Lab,
    ca: &Authority<'_>,
    client: &Certificate,
    [method, version, password]: [&str; 3],
) -> Vec<String> {
    #[rustfmt::skip]
    let args = [
        "--password", password, "--anonymous-identity", "anonymous@example.org",
        "--ca", &ca.path, "--server-name", "radius.example.org",
        "--cert", &client.certificate, "--key", &client.key,
        "--tls-min", version, "--tls-max", version,
    ];
    radius_peer(lab, method, "alice", &args)
}

fn logs_in(
    start: fn(&Lab, &Certificate, &Authority<'_>) -> Process,
    says_why: &[&str],
    without_indication: &[(&str, &str)],
) {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let client = ca.client();
    let _server = start(&lab, &ca.server(), &ca);
    for version in VERSIONS {
        for (method, inner, _) in INNER {
            let lines = log_in(&lab, &ca, &client, [method, version, "secret"]);
            if without_indication.contains(&(method, version)) {
                let reason = "the network granted access without authenticating";
                assert_eq!(lines, [format!("FAILURE: {reason}")], "{method} {version}");
                continue;
            }
            let [report, last] = &lines[..] else { panic!("{method} {version}: {lines:?}") };
            assert_eq!(last, "SUCCESS");
            assert!(report.starts_with(&format!("alice logged in by EAP-TTLS with {inner}: ")));
            assert!(report.ends_with("keys: equal on both ends"), "{report}");
            if method != "ttls/eap-tls" {
                let lines = log_in(&lab, &ca, &client, [method, version, "wrong"]);
                let said = match says_why.contains(&method) {
                    true => "FAILURE: wrong name or password",
                    false => "FAILURE: the network refused the login: wrong name or password, or",
                };
                assert!(lines[0].starts_with(said), "{method} {version}: {lines:?}");
            }
        }
    }
}

/// FreeRADIUS keeps the errors of MS-CHAP-V2 to itself.
#[test]
fn radius_peer_logs_in_at_freeradius() {
    logs_in(freeradius_ttls, &[], &[]);
}

/// hostapd sends no protected success (RFC 9190 §2.5) in an EAP-TLS that runs inside a tunnel.
#[test]
fn radius_peer_logs_in_at_hostapd() {
    let says_why = ["ttls/mschapv2", "ttls/eap-mschapv2"];
    logs_in(hostapd_ttls, &says_why, &[("ttls/eap-tls", "1.3")]);
}

#[test]
fn eapol_test_logs_in_at_radius_server() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test CA");
    let (server, client) = (ca.server(), ca.client());
    let methods = INNER.map(|(method, ..)| method).join(",");
    for version in VERSIONS {
        // eapol_test has no TLS 1.3 for an EAP-TLS inside the tunnel.
        #[rustfmt::skip]
        let args = [
            "--cert", &server.certificate, "--key", &server.key, "--ca", &ca.path,
            "--tls-max", version,
        ];
        for (_, inner, phase2) in INNER {
            let mut server = radius_server(&lab, &methods, &args);
            let network = |password| {
                let (ca, disabled) = (&ca.path, u8::from(version == "1.2"));
                let Certificate { certificate, key, .. } = &client;
                format!(
                    "  eap=TTLS\n  anonymous_identity=\"anonymous\"\n  password=\"{password}\"\n  \
                     ca_cert=\"{ca}\"\n  phase1=\"tls_disable_tlsv1_3={disabled}\"\n  \
                     phase2=\"{phase2}\"\n  ca_cert2=\"{ca}\"\n  client_cert2=\"{certificate}\"\n  \
                     private_key2=\"{key}\""
                )
            };
            // Without -n the keys have to match.
            assert_verdict(eapol_test(&lab, &network("secret"), SECRET, &[]), "SUCCESS");
            assert_eq!(server.expect("a"), format!("accept alice (EAP-TTLS with {inner})"));
            if phase2 != "autheap=TLS" {
                assert_verdict(eapol_test(&lab, &network("wrong"), SECRET, &[]), "FAILURE");
                server.expect("reject anonymous: wrong password or token");
            }
        }
    }
}
