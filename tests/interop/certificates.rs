//! Certificates as files, for the programs of a test bench.

use eap_tests::certs::{Ca, Identity};

use crate::lab::Lab;

/// A CA, its certificate in a file.
pub(crate) struct Authority<'a> {
    lab: &'a Lab,
    name: &'a str,
    pub(crate) ca: Ca,
    /// The file with its certificate.
    pub(crate) path: String,
}

/// The files of a certificate and its key.
pub(crate) struct Certificate {
    pub(crate) certificate: String,
    pub(crate) key: String,
    /// Both in one file.
    pub(crate) device: String,
}

impl<'a> Authority<'a> {
    pub(crate) fn new(lab: &'a Lab, name: &'a str) -> Self {
        let ca = Ca::new(name);
        let path = lab.file(&format!("{name}.pem"), &ca.pem);
        Self { lab, name, ca, path }
    }

    pub(crate) fn server(&self) -> Certificate {
        self.files("server", &self.ca.server("radius.example.org"))
    }

    pub(crate) fn client(&self) -> Certificate {
        self.files("client", &self.ca.client("alice"))
    }

    fn files(&self, role: &str, Identity { certificate, key }: &Identity) -> Certificate {
        let file = |kind, content: &str| {
            self.lab.file(&format!("{} {role} {kind}.pem", self.name), content)
        };
        Certificate {
            certificate: file("certificate", certificate),
            key: file("key", key),
            device: file("device", &format!("{certificate}{key}")),
        }
    }
}

/// What hostapd's EAP server has to be told. It speaks TLS 1.3 only when told to, and 1.2 anyway.
pub(crate) fn hostapd_tls(server: &Certificate, clients: &Authority<'_>, tls_1_3: bool) -> String {
    let flags = if tls_1_3 { "tls_flags=[ENABLE-TLSv1.3]\n" } else { "" };
    format!(
        "ca_cert={}\nserver_cert={}\nprivate_key={}\n{flags}",
        clients.path, server.certificate, server.key
    )
}
