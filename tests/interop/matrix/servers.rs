//! The programs that let in.

use super::certificates::{CLIENT_NAME, Flaw};
use super::counterparts::{Refusal, Server, Setup, hostap_heard};
use crate::certificates::{Certificate, hostapd_tls};
use crate::radius::{freeradius, hostapd, radius_server};

pub(crate) const RADIUS_SERVER: Server = Server {
    name: "radius_server",
    start: |setup, Certificate { certificate, key, .. }| {
        let Setup { lab, method, pki, fragment_size } = setup;
        let fragment_size = fragment_size.to_string();
        #[rustfmt::skip]
        let args = [
            "--cert", certificate, "--key", key, "--ca", &pki.ca, "--crl", &pki.crl,
            "--fragment-size", &fragment_size,
        ];
        radius_server(lab, method.flag, &args)
    },
    refusal: |flaw| match flaw {
        Flaw::WrongName => None,
        flaw => Refusal::ours(flaw),
    },
    heard: |_, lines| {
        let last = lines.last().unwrap();
        last.strip_prefix("reject alice: refused by the other side: ").map(str::to_owned)
    },
    accepts: |method| format!("accept {CLIENT_NAME} ({})", method.name),
    rejects: "reject alice: ",
};

pub(crate) const FREERADIUS: Server = Server {
    name: "FreeRADIUS",
    start: |setup, Certificate { certificate, key, .. }| {
        let Setup { lab, method, pki, fragment_size } = setup;
        let (ca, methods) = (&pki.ca_with_crl, method.freeradius);
        let eap = format!(
            r#"
        tls-config common {{
            certificate_file = "{certificate}"
            private_key_file = "{key}"
            ca_file = "{ca}"
            check_crl = yes
            check_cert_cn = "%{{User-Name}}"
            tls_min_version = "1.2"
            tls_max_version = "1.3"
            fragment_size = {fragment_size}
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
    rejects: "Sent Access-Reject",
};

pub(crate) const HOSTAPD: Server = Server {
    name: "hostapd",
    start: |setup, certificate| {
        let Setup { lab, method, pki, fragment_size } = setup;
        let files = hostapd_tls(certificate, &pki.ca_with_crl, true);
        let more = format!(
            "{files}fragment_size={fragment_size}\ncheck_crl=1\ncheck_cert_subject=CN={CLIENT_NAME}\n"
        );
        hostapd(lab, method.hostapd, &more)
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
    rejects: "CTRL-EVENT-EAP-FAILURE",
};
