use super::*;
use crate::tunnel::certificate::testing::{Hash, Odd, RsaKey, ca_params};

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
