//! The programs that let in.

use std::fs;

use super::certificates::{CLIENT_NAME, Flaw};
use super::counterparts::{How, RESUMPTIONS, Refusal, Server, Setup, hostap_heard};
use crate::certificates::{Certificate, hostapd_tls};
use crate::radius::{freeradius, hostapd, radius_server};

const ALWAYS: [How; 1 + RESUMPTIONS] = [How::Full, How::Resumed, How::Resumed];

pub(crate) const RADIUS_SERVER: Server = Server {
    name: "radius_server",
    start: |setup, Certificate { certificate, key, .. }| {
        let Setup { lab, family, pki, fragment_size, pacs, .. } = setup;
        let fragment_size = fragment_size.to_string();
        #[rustfmt::skip]
        let args = [
            "--cert", certificate, "--key", key, "--ca", &pki.ca, "--crl", &pki.crl,
            "--fragment-size", &fragment_size, "--ticket-key", &lab.path("ticket keys"),
        ];
        let pacs = if family.has_pacs { pacs.radius_server(lab) } else { Vec::new() };
        let pacs: Vec<_> = pacs.iter().map(String::as_str).collect();
        let args = [&args[..], family.radius_server, &pacs].concat();
        let methods: Vec<_> = family.methods.iter().map(|method| method.flag).collect();
        radius_server(lab, &methods.join(","), &args)
    },
    refusal: |flaw| match flaw {
        Flaw::WrongName => {
            Refusal::with_alert(": the certificate is for mallory, expected alice", 42)
        }
        flaw => Refusal::ours(flaw),
    },
    heard: |_, lines| {
        let last = lines.last().unwrap();
        last.strip_prefix("reject alice: refused by the other side: ").map(str::to_owned)
    },
    accepts: |method| format!("accept {CLIENT_NAME} ({}", method.name),
    resumes: |_| ", resumed)".to_owned(),
    rejects: "reject alice: ",
    wrong_password: Some("reject alice: wrong password or token"),
    resumption: |_| ALWAYS,
    remark: "",
};

pub(crate) const FREERADIUS: Server = Server {
    name: "FreeRADIUS",
    start: |setup, Certificate { certificate, key, .. }| {
        let Setup { lab, family, pki, fragment_size, .. } = setup;
        let (ca, methods) = (&pki.ca_with_crl, family.freeradius);
        let (tls_min, tls_max) = (family.versions[0], family.versions[family.versions.len() - 1]);
        // Anonymous ones are not in its list, and below OpenSSL's level.
        let suites = if family.has_pacs { "ALL:@SECLEVEL=0" } else { "DEFAULT" };
        let sessions = lab.path("sessions");
        fs::create_dir_all(&sessions).unwrap();
        let eap = format!(
            r#"
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            check_crl = yes
            check_cert_cn = "%{{User-Name}}"
            cipher_list = "{suites}"
            tls_min_version = "{tls_min}"
            tls_max_version = "{tls_max}"
            fragment_size = {fragment_size}
            cache {{
                enable = yes
                name = "matrix"
                persist_dir = "{sessions}"
                store {{
                    Tunnel-Private-Group-Id
                }}
            }}
        }}
{methods}
"#
        );
        freeradius(lab, &eap)
    },
    refusal: |flaw| {
        Refusal::without_alert(match flaw {
            Flaw::Expired => "OpenSSL says error 10 : certificate has expired",
            Flaw::ForeignCa => "OpenSSL says error 20 : unable to get local issuer certificate",
            Flaw::WrongUsage => "OpenSSL says error 26 : unsuitable certificate purpose",
            Flaw::WrongName => "Certificate CN (mallory) does not match specified value (alice)!",
            Flaw::Revoked => "OpenSSL says error 23 : certificate revoked",
        })
    },
    // (3) eap_tls: (TLS) recv TLS 1.3 Alert, fatal unknown_ca
    heard: |_, lines| {
        let received = lines
            .iter()
            .find(|line| line.contains("(TLS) recv TLS 1.") && line.contains(" Alert, "))?;
        let (_, alert) = received.split_once(" Alert, fatal ")?;
        Some(alert.replace('_', " "))
    },
    accepts: |_| "Sent Access-Accept".to_owned(),
    // The session inside a tunnel may be resumed, too.
    resumes: |method| format!("eap_{}:   &request:EAP-Session-Resumed := 1", method.outer()),
    rejects: "Sent Access-Reject",
    wrong_password: None,
    resumption: |row| match row.version {
        "1.3" => [How::Full, How::Resumed, How::Full],
        _ => ALWAYS,
    },
    remark: "With TLS 1.3, FreeRADIUS resumes every other time: it does not store the session of a \
             ticket that it gives in a resumed one.",
};

pub(crate) const HOSTAPD: Server = Server {
    name: "hostapd",
    start: |setup, certificate| {
        let Setup { lab, family, pki, fragment_size, pacs, .. } = setup;
        let files = hostapd_tls(certificate, &pki.ca_with_crl, true);
        let pacs = if family.has_pacs { pacs.hostapd(lab) } else { String::new() };
        let more = format!(
            "{files}fragment_size={fragment_size}\ncheck_crl=1\n\
             check_cert_subject=CN={CLIENT_NAME}\ntls_session_lifetime=3600\n{pacs}"
        );
        hostapd(lab, family.hostapd, &more)
    },
    refusal: |flaw| {
        Refusal::without_alert(match flaw {
            Flaw::Expired => "verification failed, error 10 (certificate has expired) …",
            Flaw::ForeignCa => {
                "verification failed, error 20 (unable to get local issuer certificate) …"
            }
            Flaw::WrongUsage => "verification failed, error 26 (unsuitable certificate purpose) …",
            Flaw::WrongName => {
                "Failed to match CN 'alice' with certificate DN field value 'mallory'"
            }
            Flaw::Revoked => "verification failed, error 23 (certificate revoked) …",
        })
    },
    heard: hostap_heard,
    accepts: |_| "CTRL-EVENT-EAP-SUCCESS".to_owned(),
    resumes: |_| "OpenSSL: Handshake finished - resumed=1".to_owned(),
    rejects: "CTRL-EVENT-EAP-FAILURE",
    wrong_password: None,
    resumption: |row| match (row.version, row.method.outer()) {
        ("1.3", "peap") | ("1.2", _) => ALWAYS,
        _ => [How::Full, How::Resumed, How::Full],
    },
    remark: "With TLS 1.3, hostapd resumes every other time: in a resumed login it gives no ticket, \
             and of two tickets it means the last.",
};
