use super::*;
use crate::tunnel::certificate::testing::Odd;

/// sha1WithRSAEncryption, NULL (RFC 3279 §2.2.1). ring makes no such signature; that it is not
/// even tried is what can be tested without one.
const SHA1_WITH_RSA: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00];

#[test]
fn a_sha1_signature_is_refused_by_its_own_name() {
    let root = Issued::root("root");
    let odd = Odd { signature_algorithm: Some(SHA1_WITH_RSA.to_vec()), ..Odd::default() };
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
    let odd = Odd { signature_algorithm: Some(SHA1_WITH_RSA.to_vec()), ..Odd::default() };
    let leaf = odd.certificate(&root.leaf(|_| {}), &root.key);
    assert_eq!(policy.check(&[leaf], Some(NOW)), Err(CertificateRefusal::LegacySignature));
}
