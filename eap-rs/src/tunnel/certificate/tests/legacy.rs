use std::sync::Arc;

use rustls::sign::{CertifiedKey, Signer};
use rustls::version::TLS12;
use rustls::{CertificateError, SignatureAlgorithm, SignatureScheme};

use super::verifier::{VERSIONS, handshake, handshake_with};
use super::*;
use crate::tunnel::certificate::testing::{Hash, Odd, RsaKey, ca_params, leaf_params};

/// A CA with an RSA key.
struct RsaRoot {
    key: RsaKey,
    der: CertificateDer<'static>,
}

impl RsaRoot {
    fn new(key: RsaKey) -> Self {
        let der = ca_params("root").self_signed(&key).unwrap().der().clone();
        Self { key, der }
    }

    /// `like`, which names a CA of the same name as its issuer, signed by this one.
    fn sign(&self, like: &Issued) -> CertificateDer<'static> {
        let signature_algorithm = Some(self.key.hash().signature_algorithm());
        Odd { signature_algorithm, ..Odd::default() }.certificate(like, &self.key)
    }

    /// What becomes of a chain by default, and where old signatures are allowed.
    fn judge(&self, chain: &[CertificateDer<'_>]) -> [Result<(), CertificateRefusal>; 2] {
        [false, true].map(|allow| {
            let policy = CertificatePolicy::for_servers().ca(&self.der);
            build(policy.allow_legacy_signatures(allow)).check(chain, Some(NOW))
        })
    }
}

const LEGACY: Result<(), CertificateRefusal> = Err(CertificateRefusal::LegacySignature);

#[test]
fn old_signatures_and_short_keys_are_refused_unless_they_are_allowed() {
    let leaf = Issued::root("root").leaf(|_| {});
    for (key, by_default) in [
        (RsaKey::long(Hash::Sha1), LEGACY),
        (RsaKey::short(Hash::Sha1), LEGACY),
        (RsaKey::short(Hash::Sha256), LEGACY),
        (RsaKey::short(Hash::Sha512), LEGACY),
        (RsaKey::long(Hash::Sha256), Ok(())),
        (RsaKey::long(Hash::Sha384), Ok(())),
        (RsaKey::long(Hash::Sha512), Ok(())),
    ] {
        let root = RsaRoot::new(key);
        assert_eq!(root.judge(&[root.sign(&leaf)]), [by_default, Ok(())], "{:?}", root.key);
    }
}

#[test]
fn an_intermediate_with_an_old_signature_is_refused_unless_it_is_allowed() {
    let (foreign, root) = (Issued::root("root"), RsaRoot::new(RsaKey::long(Hash::Sha1)));
    let sub_ca = foreign.sub_ca("sub", |_| {});
    let leaf = sub_ca.leaf(|_| {}).der;
    let signed = root.sign(&sub_ca);
    assert_eq!(root.judge(&[leaf.clone(), signed.clone()]), [LEGACY, Ok(())]);
    let mut der = signed.to_vec();
    *der.last_mut().unwrap() ^= 1;
    let [_, allowed] = root.judge(&[leaf, der.into()]);
    assert_eq!(allowed, untrusted("CN=sub"));
}

#[test]
fn an_old_signature_has_to_be_right() {
    let leaf = Issued::root("root").leaf(|_| {});
    for key in [RsaKey::long, RsaKey::short] {
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
            let root = RsaRoot::new(key(hash));
            let mut der = root.sign(&leaf).to_vec();
            *der.last_mut().unwrap() ^= 1;
            let [_, allowed] = root.judge(&[der.into()]);
            assert_eq!(allowed, untrusted("CN=root"), "{:?}", root.key);
        }
    }
}

#[test]
fn a_server_of_an_old_ca_gets_through_the_handshake_if_it_is_allowed() {
    let leaf = Issued::root("root").leaf(|_| {});
    let root = RsaRoot::new(RsaKey::short(Hash::Sha1));
    let der = root.sign(&leaf);
    let server = Issued { der, ..leaf };
    for version in VERSIONS {
        for (allow, refusal) in [(false, Some(CertificateRefusal::LegacySignature)), (true, None)] {
            let policy = CertificatePolicy::for_servers().ca(&root.der);
            let policy = build(policy.allow_legacy_signatures(allow));
            let outcome = handshake(version, &server, None, policy, None, NOW);
            assert_eq!(outcome.refusals.first(), refusal.as_ref());
            assert_eq!((outcome.peer.is_ok(), outcome.server.is_ok()), (allow, allow));
        }
    }
}

/// A server's RSA key, of any length.
#[derive(Debug)]
struct ServerKey(Arc<RsaKey>);

impl rustls::sign::SigningKey for ServerKey {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Self(self.0.clone())))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for ServerKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(rcgen::SigningKey::sign(&*self.0, message).unwrap())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::RSA_PKCS1_SHA256
    }
}

/// Old signatures are allowed in chains: the key with which the server signs has to be long.
#[test]
fn a_short_key_does_not_sign_a_handshake() {
    let root = Issued::root("root");
    for (key, expected) in [
        (RsaKey::long(Hash::Sha256), Ok(())),
        (
            RsaKey::short(Hash::Sha256),
            Err(rustls::Error::InvalidCertificate(CertificateError::BadSignature)),
        ),
    ] {
        let der = leaf_params().signed_by(&key, &root.issuer()).unwrap().der().clone();
        let policy = CertificatePolicy::for_servers().ca(&root.der).allow_legacy_signatures(true);
        let server = CertifiedKey::new(vec![der], Arc::new(ServerKey(Arc::new(key))));
        let outcome = handshake_with(&TLS12, server, None, build(policy), None, NOW);
        assert_eq!(outcome.peer, expected);
        assert_eq!((outcome.refusals, outcome.server.is_ok()), (vec![], expected.is_ok()));
    }
}

#[test]
fn a_sha1_signature_is_refused_by_its_own_name() {
    let root = Issued::root("root");
    let odd = Odd { signature_algorithm: Some(Hash::Sha1.signature_algorithm()), ..Odd::default() };
    let leaf = odd.certificate(&root.leaf(|_| {}), &root.key);
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    assert_eq!(policy.check(&[leaf], Some(NOW)), Err(CertificateRefusal::LegacySignature));
}

#[test]
fn allowing_old_algorithms_keeps_new_ones_and_forgives_no_wrong_signature() {
    let root = Issued::root("root");
    let policy =
        build(CertificatePolicy::for_servers().ca(&root.der).allow_legacy_signatures(true));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), Ok(()));
    let impostor = Issued::root("root");
    assert_eq!(check(&policy, &[&impostor.leaf(|_| {})]), untrusted("CN=root"));
    // An ECDSA key makes no RSA signature, whatever the certificate calls it.
    let odd = Odd { signature_algorithm: Some(Hash::Sha1.signature_algorithm()), ..Odd::default() };
    let leaf = odd.certificate(&root.leaf(|_| {}), &root.key);
    assert_eq!(policy.check(&[leaf], Some(NOW)), Err(CertificateRefusal::LegacySignature));
}
