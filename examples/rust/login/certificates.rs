//! What both ends need for TLS: a CA, and a certificate of it for each end. They are made when the
//! example starts and are gone when it ends; a network has them in files.

use std::error::Error;
use std::time::{Duration, SystemTime};

use eap_rs::ConfigError;
use eap_rs::tls::{
    CertificatePolicy, TlsPeerConfig, TlsPeerConfigBuilder, TlsServerConfig, TlsServerConfigBuilder,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};

use crate::command::TlsSettings;

/// The name in the authenticator's certificate.
const SERVER_NAME: &str = "switch-3.example.org";

/// Both ends' certificates.
pub(crate) struct Certificates {
    ca: String,
    server: Certificate,
    client: Certificate,
}

impl Certificates {
    /// The client's certificate names `client`. With `foreign_client`, it comes from a CA that the
    /// authenticator does not know.
    pub(crate) fn new(client: &str, foreign_client: bool) -> Result<Self, Box<dyn Error>> {
        let ca = Ca::new("Example CA")?;
        let foreign_ca = foreign_client.then(|| Ca::new("Another CA")).transpose()?;
        let server = ca.issue(
            SERVER_NAME,
            SanType::DnsName(SERVER_NAME.try_into()?),
            ExtendedKeyUsagePurpose::ServerAuth,
        )?;
        let client = foreign_ca.as_ref().unwrap_or(&ca).issue(
            client,
            SanType::Rfc822Name(client.try_into()?),
            ExtendedKeyUsagePurpose::ClientAuth,
        )?;
        Ok(Self { ca: ca.certificate, server, client })
    }

    /// TLS as the peer does it. Without the server's name, every server of the CA could pose as
    /// the network.
    pub(crate) fn peer(&self, settings: TlsSettings) -> Result<TlsPeerConfig, ConfigError> {
        self.peer_builder(settings)
            .certificate(self.client.pem.as_bytes(), self.client.key.as_bytes())
            .build()
    }

    /// The same, not built yet, and without a certificate of the peer's.
    pub(crate) fn peer_builder(&self, settings: TlsSettings) -> TlsPeerConfigBuilder {
        let mut servers =
            CertificatePolicy::for_servers().ca(self.ca.as_bytes()).server_name(SERVER_NAME);
        if settings.ask {
            servers = servers.ask_host();
        }
        TlsPeerConfig::builder(servers)
            .min_version(settings.min)
            .max_version(settings.max)
            .fragment_size(settings.fragment_size)
    }

    /// TLS as the authenticator does it.
    pub(crate) fn server(&self, settings: TlsSettings) -> Result<TlsServerConfig, ConfigError> {
        let mut clients = CertificatePolicy::for_clients().ca(self.ca.as_bytes());
        if settings.ask {
            clients = clients.ask_host();
        }
        self.server_builder(settings).clients(clients).build()
    }

    /// A tunnel, in which the peer shows who it is.
    pub(crate) fn tunnel(&self, settings: TlsSettings) -> Result<TlsServerConfig, ConfigError> {
        self.server_builder(settings).build()
    }

    /// A server that asks for no certificate, not built yet.
    pub(crate) fn server_builder(&self, settings: TlsSettings) -> TlsServerConfigBuilder {
        TlsServerConfig::builder(self.server.pem.as_bytes(), self.server.key.as_bytes())
            .min_version(settings.min)
            .max_version(settings.max)
            .fragment_size(settings.fragment_size)
    }
}

/// A certificate with its key, in PEM.
struct Certificate {
    pem: String,
    key: String,
}

struct Ca {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    fn new(name: &str) -> Result<Self, rcgen::Error> {
        let mut params = valid_today(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    fn issue(
        &self,
        name: &str,
        alternative_name: SanType,
        purpose: ExtendedKeyUsagePurpose,
    ) -> Result<Certificate, rcgen::Error> {
        let mut params = valid_today(name);
        params.subject_alt_names = vec![alternative_name];
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate()?;
        let pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Certificate { pem, key: key.serialize_pem() })
    }
}

fn valid_today(name: &str) -> CertificateParams {
    const HALF_A_DAY: Duration = Duration::from_secs(12 * 60 * 60);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now();
    params.not_before = (now - HALF_A_DAY).into();
    params.not_after = (now + HALF_A_DAY).into();
    params
}
