//! A small public key infrastructure, made when a test runs.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, date_time_ymd,
};

/// A moment at which the certificates of [`Ca`] are valid unless a test says otherwise:
/// 2030-06-01 00:00 UTC, in seconds since 1970.
pub const NOW: u64 = 1_906_502_400;

/// When certificates for programs that read the machine's clock are valid.
const CURRENT: RangeInclusive<i64> = -1..=365;

/// A CA that issues what it is asked to.
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    /// A certificate that is as long valid as the CA's, and says nothing else.
    template: CertificateParams,
    /// Its certificate.
    pub pem: String,
}

/// A certificate with its key, in PEM.
pub struct Identity {
    /// The certificate, and nothing else.
    pub certificate: String,
    /// The key in PKCS#8.
    pub key: String,
}

impl Default for Ca {
    fn default() -> Self {
        Self::new("Test CA")
    }
}

impl Ca {
    /// A CA of this name, valid from 2025 to 2035.
    pub fn new(name: &str) -> Self {
        let mut template = CertificateParams::default();
        (template.not_before, template.not_after) =
            (date_time_ymd(2025, 1, 1), date_time_ymd(2035, 1, 1));
        Self::from_template(name, KeyPair::generate().unwrap(), template)
    }

    /// A CA of this name, valid today by the machine's clock.
    pub fn current(name: &str, key: KeyPair) -> Self {
        let mut template = CertificateParams::default();
        set_validity(&mut template, CURRENT);
        Self::from_template(name, key, template)
    }

    fn from_template(name: &str, key: KeyPair, template: CertificateParams) -> Self {
        let params = for_ca(&template, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), template, pem }
    }

    /// A CA below this one, as long valid unless `edit` says otherwise.
    pub fn sub_ca(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let template = self.template.clone();
        let mut params = for_ca(&template, name);
        edit(&mut params);
        let key = KeyPair::generate().unwrap();
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Self { issuer: Issuer::new(params, key), template, pem }
    }

    /// A server's certificate.
    pub fn server(&self, name: &str) -> Identity {
        self.issue(|params| for_server(params, name))
    }

    /// A client's certificate.
    pub fn client(&self, name: &str) -> Identity {
        self.issue(|params| for_client(params, name))
    }

    /// A certificate of any kind, as long valid as the CA unless `edit` says otherwise.
    pub fn issue(&self, edit: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        self.issue_for(&key, edit)
    }

    /// The same for a key that is there.
    pub fn issue_for(&self, key: &KeyPair, edit: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = self.template.clone();
        edit(&mut params);
        let certificate = params.signed_by(key, &self.issuer).unwrap().pem();
        Identity { certificate, key: key.serialize_pem() }
    }

    /// The CA's current revocation list, with these serial numbers on it.
    pub fn revocation_list(&self, serials: &[u64]) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: self.template.not_before,
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: self.template.not_before,
            next_update: self.template.not_after,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

fn for_ca(template: &CertificateParams, name: &str) -> CertificateParams {
    let mut params = template.clone();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Makes it a server's certificate.
pub fn for_server(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = named(name);
    params.subject_alt_names = vec![rcgen::SanType::DnsName(name.try_into().unwrap())];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

/// Makes it a client's certificate.
pub fn for_client(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = named(name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

/// What the machine's clock says, in seconds since 1970.
pub fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Makes it valid from the first of these days to the last; today by the machine's clock is 0.
pub fn set_validity(params: &mut CertificateParams, days: RangeInclusive<i64>) {
    const DAY: i64 = 24 * 60 * 60;
    let now = today();
    let epoch = date_time_ymd(1970, 1, 1);
    let on = |day: i64| epoch + Duration::from_secs(now.checked_add_signed(day * DAY).unwrap());
    (params.not_before, params.not_after) = (on(*days.start()), on(*days.end()));
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::CommonName, name);
    distinguished_name
}
