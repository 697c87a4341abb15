//! Certificates as files, for the programs of a test bench.

use std::process::Command;

use eap_tests::certs::{Ca, Identity, for_server};
use rcgen::KeyPair;

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
        let ca = Ca::current(name, KeyPair::generate().unwrap());
        let path = lab.file(&format!("{name}.pem"), &ca.pem);
        Self { lab, name, ca, path }
    }

    pub(crate) fn server(&self) -> Certificate {
        self.files("server", &self.ca.server("radius.example.org"))
    }

    /// With an RSA key: the suites of EAP-FAST know no other.
    pub(crate) fn rsa_server(&self) -> Certificate {
        let made = Command::new("openssl").args(["genpkey", "-algorithm", "RSA"]).output().unwrap();
        let key = KeyPair::from_pem(&String::from_utf8(made.stdout).unwrap()).unwrap();
        let edit = |params: &mut _| for_server(params, "radius.example.org");
        self.files("server", &self.ca.issue_for(&key, edit))
    }

    pub(crate) fn client(&self) -> Certificate {
        self.files("client", &self.ca.client("alice"))
    }

    fn files(&self, role: &str, identity: &Identity) -> Certificate {
        Certificate::new(self.lab, &format!("{} {role}", self.name), identity)
    }
}

impl Certificate {
    /// Writes the files; `name` is what their names begin with.
    pub(crate) fn new(lab: &Lab, name: &str, Identity { certificate, key }: &Identity) -> Self {
        let file = |kind, content: &str| lab.file(&format!("{name} {kind}.pem"), content);
        Self {
            certificate: file("certificate", certificate),
            key: file("key", key),
            device: file("device", &format!("{certificate}{key}")),
        }
    }
}

/// A file with parameters for DH: without one, hostapd has no anonymous suite.
pub(crate) fn dh_parameters(lab: &Lab) -> String {
    let args = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"];
    let made = Command::new("openssl").args(args).output().unwrap();
    lab.file("dh.pem", &String::from_utf8(made.stdout).unwrap())
}

/// What hostapd's EAP server has to be told. It speaks TLS 1.3 only when told to, and 1.2 anyway.
pub(crate) fn hostapd_tls(server: &Certificate, ca: &str, tls_1_3: bool) -> String {
    let flags = if tls_1_3 { "tls_flags=[ENABLE-TLSv1.3]\n" } else { "" };
    format!("ca_cert={ca}\nserver_cert={}\nprivate_key={}\n{flags}", server.certificate, server.key)
}
