//! TLS of old: our peer at a hostapd that has nothing but TLS 1.0 or 1.1, with CBC and without
//! forward secrecy.

use eap_tests::certs::{Ca, for_client, for_server};

use crate::certificates::{Certificate, hostapd_tls};
use crate::lab::Lab;
use crate::matrix::{KeyType, SERVER_NAME};
use crate::radius::{hostapd, radius_peer};

/// Our name, and what it is called in reports.
const METHODS: [(&str, &str); 4] = [
    ("tls", "EAP-TLS"),
    ("peap/mschapv2", "PEAP with EAP-MSCHAPv2"),
    ("ttls/pap", "EAP-TTLS with PAP"),
    ("ttls/mschapv2", "EAP-TTLS with MS-CHAPv2"),
];

const UNFINISHED: &str = "FAILURE: the network ended the login before TLS was set up: no common \
                          version or cipher, perhaps";

#[test]
fn radius_peer_logs_in_at_a_hostapd_of_old_if_told_to() {
    for flags in [
        "[DISABLE-TLSv1.2][DISABLE-TLSv1.1][ENABLE-TLSv1.0]",
        "[DISABLE-TLSv1.2][ENABLE-TLSv1.1][DISABLE-TLSv1.0]",
    ] {
        let lab = Lab::new();
        let ca = Ca::current("Test CA", KeyType::Rsa2048.generate());
        let key = KeyType::Rsa2048.generate();
        let server = ca.issue_for(&key, |params| for_server(params, SERVER_NAME));
        let client = ca.issue_for(&key, |params| for_client(params, "alice"));
        let ca = lab.file("ca.pem", &ca.pem);
        let server = Certificate::new(&lab, "server", &server);
        let client = Certificate::new(&lab, "client", &client);
        let users = "* TLS,PEAP,TTLS\n\"alice\" MSCHAPV2,TTLS-PAP,TTLS-MSCHAPV2 \"secret\" [2]\n";
        let more = format!(
            "{}tls_flags={flags}\nopenssl_ciphers=AES256-SHA:@SECLEVEL=0\n",
            hostapd_tls(&server, &ca, false)
        );
        let mut server = hostapd(&lab, users, &more);
        for (method, shown) in METHODS {
            #[rustfmt::skip]
            let args = [
                "--password", "secret", "--ca", &ca, "--server-name", SERVER_NAME,
                "--cert", &client.certificate, "--key", &client.key,
            ];
            let old = ["--legacy-tls", "--tls-min", "1.0"];
            let lines = radius_peer(&lab, method, "alice", &[&args[..], &old].concat());
            let [report, last] = &lines[..] else { panic!("{flags} {method}: {lines:?}") };
            assert_eq!(last, "SUCCESS");
            assert!(report.starts_with(&format!("alice logged in by {shown}: ")), "{report}");
            assert!(report.ends_with("keys: equal on both ends"), "{report}");
            let lines = radius_peer(&lab, method, "alice", &args);
            // hostapd 2.10 keeps its alert to itself.
            server.expect("unsupported protocol");
            let [last] = &lines[..] else { panic!("{flags} {method}: {lines:?}") };
            assert!(last.starts_with(UNFINISHED), "{last}");
        }
    }
}
