//! A TLS connection's other end by OpenSSL: `openssl_exporter.c`.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use eap_rs::tls::TlsVersion;

use crate::certificates::{Authority, Certificate};

/// Keying material to ask for (RFC 5705, RFC 8446 §7.5).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Export {
    pub(crate) label: &'static str,
    pub(crate) context: Option<&'static [u8]>,
    pub(crate) octets: usize,
}

/// Which end OpenSSL is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Client,
    Server,
}

/// The running program. It is killed with the value.
pub(crate) struct OpenSsl(Child);

/// What OpenSSL says of a connection that has been made.
pub(crate) struct Values {
    pub(crate) client_random: Vec<u8>,
    pub(crate) server_random: Vec<u8>,
    /// In the order of the exports asked for.
    pub(crate) exports: Vec<Vec<u8>>,
}

impl OpenSsl {
    pub(crate) fn start(
        role: Role,
        version: TlsVersion,
        own: &Certificate,
        ca: &Authority<'_>,
        exports: &[Export],
    ) -> Self {
        let program = std::env::var("OPENSSL_EXPORTER")
            .expect("OPENSSL_EXPORTER is the built openssl_exporter.c: use tests/run interop");
        let role = match role {
            Role::Client => "client",
            Role::Server => "server",
        };
        let version = match version {
            TlsVersion::V1_3 => "1.3",
            _ => "1.2",
        };
        let mut command = Command::new(program);
        command.args([role, version, &own.certificate, &own.key, &ca.path]);
        for Export { label, context, octets } in exports {
            let context = context.map_or("-".to_owned(), hex);
            command.args([label, context.as_str(), octets.to_string().as_str()]);
        }
        let piped =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Self(piped.unwrap())
    }

    /// Gives it the records of one message; takes those that it has to say then.
    pub(crate) fn exchange(&mut self, records: &[u8]) -> Vec<u8> {
        let length = u32::try_from(records.len()).unwrap().to_be_bytes();
        let input = self.0.stdin.as_mut().unwrap();
        let output = self.0.stdout.as_mut().unwrap();
        let mut length_of_answer = [0; 4];
        let exchanged = input
            .write_all(&[&length, records].concat())
            .and_then(|()| output.read_exact(&mut length_of_answer));
        if exchanged.is_err() {
            panic!("{}", self.standard_error());
        }
        let mut answer = vec![0; u32::from_be_bytes(length_of_answer).try_into().unwrap()];
        output.read_exact(&mut answer).unwrap();
        answer
    }

    /// Ends the connection.
    pub(crate) fn values(mut self) -> Values {
        drop(self.0.stdin.take());
        let lines = self.standard_error();
        assert!(self.0.wait().unwrap().success(), "{lines}");
        let mut values = lines.lines().map(octets);
        Values {
            client_random: values.next().unwrap(),
            server_random: values.next().unwrap(),
            exports: values.collect(),
        }
    }

    fn standard_error(&mut self) -> String {
        let mut lines = String::new();
        self.0.stderr.as_mut().unwrap().read_to_string(&mut lines).unwrap();
        lines
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn octets(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
