//! A CA, a server and a client of it, made when a benchmark starts.

use std::error::Error;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// What the server's certificate says, and the client wants.
pub(crate) const SERVER_NAME: &str = "radius.example.org";

pub(crate) struct Pki {
    /// The CA's certificate, in PEM.
    pub(crate) ca: String,
    pub(crate) server: Identity,
    pub(crate) client: Identity,
}

/// A certificate and its key, in PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Pki {
    pub(crate) fn p256() -> Result<Self, Box<dyn Error>> {
        Self::new(|| Ok(KeyPair::generate()?))
    }

    /// With keys that `key` makes.
    pub(crate) fn new(
        key: fn() -> Result<KeyPair, Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Benchmark CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer_key = key()?;
        let ca = params.self_signed(&issuer_key)?.pem();
        let issuer = Issuer::new(params, issuer_key);
        let issue = |names: Vec<String>, purpose| {
            let mut params = CertificateParams::new(names)?;
            params.distinguished_name.push(DnType::CommonName, "phone-17");
            params.extended_key_usages = vec![purpose];
            let key = key()?;
            let certificate = params.signed_by(&key, &issuer)?.pem();
            Ok::<_, Box<dyn Error>>(Identity { certificate, key: key.serialize_pem() })
        };
        let server = issue(vec![SERVER_NAME.into()], ExtendedKeyUsagePurpose::ServerAuth)?;
        let client = issue(vec![], ExtendedKeyUsagePurpose::ClientAuth)?;
        Ok(Self { ca, server, client })
    }
}
