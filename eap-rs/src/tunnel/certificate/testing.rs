//! Certification authorities for tests: every certificate is made when the test runs.

mod rsa;

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SanType, SerialNumber, SigningKey, date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls_pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::asn1::{Any, BitString};
use x509_cert::der::{Decode, Encode, Tag, TagNumber};

/// 2026-06-01 00:00 UTC. Certificates are valid from 2026-01-01 to 2027-01-01 unless edited.
pub(super) const NOW: u64 = 1_780_272_000;
pub(super) const NOT_BEFORE: u64 = 1_767_225_600;
pub(super) const NOT_AFTER: u64 = 1_798_761_600;
pub(super) const SERIAL: u64 = 4711;

pub(in crate::tunnel) fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "ring")]
    return Arc::new(rustls::crypto::ring::default_provider());
    #[cfg(not(feature = "ring"))]
    return Arc::new(rustls::crypto::aws_lc_rs::default_provider());
}

pub(super) use rsa::{Hash, RsaKey};

pub(super) struct Issued {
    pub(super) params: CertificateParams,
    pub(super) key: KeyPair,
    pub(super) der: CertificateDer<'static>,
}

impl Issued {
    pub(super) fn root(name: &str) -> Self {
        Self::root_with(name, |_| {})
    }

    pub(super) fn root_with(name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = ca_params(name);
        edit(&mut params);
        Self::self_signed(params)
    }

    pub(super) fn self_signed(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().clone();
        Self { params, key, der }
    }

    pub(super) fn sub_ca(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = ca_params(name);
        edit(&mut params);
        self.sign(params)
    }

    pub(super) fn leaf(&self, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = leaf_params();
        edit(&mut params);
        self.sign(params)
    }

    pub(super) fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    fn sign(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let der = params.signed_by(&key, &self.issuer()).unwrap().der().clone();
        Self { params, key, der }
    }

    pub(super) fn revocation_list(&self, revoked: &[u64], next_update_year: i32) -> Vec<u8> {
        let entry = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 2, 1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 1, 1),
            next_update: date_time_ymd(next_update_year, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer()).unwrap().der().to_vec()
    }
}

/// Parts of a certificate that rcgen does not vary.
#[derive(Default)]
pub(super) struct Odd {
    pub(super) version_1: bool,
    pub(super) signature_algorithm: Option<Vec<u8>>,
    pub(super) validity: Option<Vec<u8>>,
}

impl Odd {
    /// `like` again, with these parts, signed by `signer`.
    pub(super) fn certificate(
        self,
        like: &Issued,
        signer: &impl SigningKey,
    ) -> CertificateDer<'static> {
        let original = Certificate::from_der(&like.der).unwrap();
        let fields = original.tbs_certificate();
        let algorithm = self
            .signature_algorithm
            .unwrap_or_else(|| original.signature_algorithm().to_der().unwrap());
        let mut parts = Vec::new();
        if !self.version_1 {
            parts.push(vec![0xa0, 3, 2, 1, 2]);
        }
        parts.push(fields.serial_number().to_der().unwrap());
        parts.push(algorithm.clone());
        parts.push(fields.issuer().to_der().unwrap());
        parts.push(self.validity.unwrap_or_else(|| fields.validity().to_der().unwrap()));
        parts.push(fields.subject().to_der().unwrap());
        parts.push(fields.subject_public_key_info().to_der().unwrap());
        if !self.version_1 {
            let extensions = fields.extensions().unwrap().to_der().unwrap();
            let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(3) };
            parts.push(Any::new(tag, extensions).unwrap().to_der().unwrap());
        }
        let signed = sequence(&parts);
        let signature = BitString::from_bytes(&signer.sign(&signed).unwrap()).unwrap();
        sequence(&[signed, algorithm, signature.to_der().unwrap()]).into()
    }
}

/// This list without version and extensions, signed by `signer`.
pub(super) fn old_revocation_list(list: &[u8], signer: &KeyPair) -> Vec<u8> {
    let list: CertificateList = CertificateList::from_der(list).unwrap();
    let fields = list.tbs_cert_list;
    let mut revoked = fields.revoked_certificates.unwrap();
    revoked.iter_mut().for_each(|entry| entry.crl_entry_extensions = None);
    let algorithm = list.signature_algorithm.to_der().unwrap();
    let signed = sequence(&[
        algorithm.clone(),
        fields.issuer.to_der().unwrap(),
        fields.this_update.to_der().unwrap(),
        fields.next_update.unwrap().to_der().unwrap(),
        revoked.to_der().unwrap(),
    ]);
    let signature = BitString::from_bytes(&signer.sign(&signed).unwrap()).unwrap();
    sequence(&[signed, algorithm, signature.to_der().unwrap()])
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    Any::new(Tag::Sequence, parts.concat()).unwrap().to_der().unwrap()
}

pub(super) fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

pub(super) fn leaf_params() -> CertificateParams {
    let mut params = params("server");
    params.subject_alt_names = vec![dns("radius.example.org")];
    params.serial_number = Some(SerialNumber::from(SERIAL));
    params
}

pub(super) fn ca_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}
