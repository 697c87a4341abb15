use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::{LineEnding, encode_string};
use pkcs8::der::{Decode, Encode};
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Parameters, Pbkdf2Params, Pbkdf2Prf};
use pkcs8::pkcs5::scrypt;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rustls_pki_types::PrivateKeyDer;

use super::*;
use crate::tunnel::certificate::material::{certificates, private_key, revocation_lists};
use crate::tunnel::certificate::testing::{Hash, Odd, RsaKey, leaf_params, old_revocation_list};
use crate::tunnel::certificate::{CertificateWithKey, MaterialProblem};
use crate::{ConfigError, Secret};

fn pem(label: &str, der: &[u8]) -> String {
    encode_string(label, LineEnding::LF, der).unwrap()
}

fn certificate_pem(issued: &Issued) -> String {
    pem("CERTIFICATE", &issued.der)
}

fn key_pem(issued: &Issued) -> String {
    pem("PRIVATE KEY", issued.key.serialized_der())
}

fn sec1(issued: &Issued) -> Vec<u8> {
    let key = PrivateKeyInfoRef::from_der(issued.key.serialized_der()).unwrap();
    key.private_key.as_bytes().to_vec()
}

fn encrypted(key: &[u8], password: &str, iterations: u32) -> Vec<u8> {
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, &[7; 16], [9; 16]);
    encrypted_with(parameters.unwrap(), key, password)
}

fn encrypted_with(parameters: Parameters, key: &[u8], password: &str) -> Vec<u8> {
    let data = parameters.encrypt(password, key).unwrap();
    EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetStringRef::new(&data).unwrap(),
    }
    .to_der()
    .unwrap()
}

fn load(pem: &str, password: Option<&str>) -> Result<CertificateWithKey, ConfigError> {
    let password = password.map(Secret::from);
    CertificateWithKey::from_parts(pem.as_bytes(), pem.as_bytes(), password.as_ref(), &provider())
}

fn problem(field: &'static str, problem: MaterialProblem) -> ConfigError {
    ConfigError::Certificate { field, problem }
}

#[test]
fn a_bundle_may_have_text_between_and_any_line_ends() {
    let (first, second) = (Issued::root("first"), Issued::root("second"));
    let bundle = format!(
        "# Two CAs\nsubject=CN=first\n{}\n\nissuer: nobody -----\n{}trailing",
        certificate_pem(&first),
        certificate_pem(&second)
    );
    let expected = vec![first.der.clone(), second.der.clone()];
    for text in [
        bundle.clone(),
        bundle.replace('\n', "\r\n"),
        format!("\u{feff}{}{}", certificate_pem(&first), certificate_pem(&second)),
    ] {
        assert_eq!(certificates("ca", text.as_bytes()), Ok(expected.clone()), "{text}");
    }
    assert_eq!(certificates("ca", &first.der), Ok(vec![first.der.clone()]));
}

#[test]
fn what_is_no_certificate_is_named_as_such() {
    let root = Issued::root("root");
    let none = Err(problem("ca", MaterialProblem::NoCertificate));
    let unreadable = Err(problem("ca", MaterialProblem::Unreadable));
    assert_eq!(certificates("ca", b""), none);
    assert_eq!(certificates("ca", b"/etc/ssl/ca.pem"), none);
    assert_eq!(certificates("ca", key_pem(&root).as_bytes()), none);
    assert_eq!(certificates("ca", root.key.serialized_der()), unreadable);
    assert_eq!(certificates("ca", &root.der[..root.der.len() - 1]), unreadable);
    assert_eq!(certificates("ca", &[&root.der[..], &[0]].concat()), unreadable);
    let text = certificate_pem(&root);
    for bad in [
        text.replace("MII", "M\u{1}I"),
        text.replace("-----END CERTIFICATE-----", ""),
        pem("CERTIFICATE", b"0\x01"),
        format!("{text}{}", pem("CERTIFICATE", &root.der[1..])),
    ] {
        assert_eq!(certificates("ca", bad.as_bytes()), unreadable, "{bad}");
    }
    let long = vec![b' '; 512 * 1024 + 1];
    assert_eq!(
        certificates("ca", &long),
        Err(ConfigError::TooLong { field: "ca", len: 524_289, max: 524_288 })
    );
}

#[test]
fn mistakes_in_a_ca_or_list_come_out_of_build_and_the_first_one_counts() {
    let root = Issued::root("root");
    let mistake = CertificatePolicy::for_servers().ca(b"").crl(b"").build(&provider()).unwrap_err();
    assert_eq!(mistake, problem("ca", MaterialProblem::NoCertificate));
    assert_eq!(mistake.field(), "ca");
    let with_list =
        |list: &[u8]| CertificatePolicy::for_servers().ca(&root.der).crl(list).build(&provider());
    assert_eq!(
        with_list(certificate_pem(&root).as_bytes()).unwrap_err(),
        problem("crl", MaterialProblem::NoRevocationList)
    );
    assert_eq!(with_list(&root.der).unwrap_err(), problem("crl", MaterialProblem::Unreadable));
}

#[test]
fn revocation_lists_come_as_pem_or_der() {
    let root = Issued::root("root");
    let (first, second) = (root.revocation_list(&[1], 2027), root.revocation_list(&[2], 2027));
    assert_eq!(revocation_lists("crl", &first), Ok(vec![first.clone()]));
    let text = format!("{}{}", pem("X509 CRL", &first), pem("X509 CRL", &second));
    assert_eq!(revocation_lists("crl", text.as_bytes()), Ok(vec![first, second]));
}

#[test]
fn a_revocation_list_of_version_1_is_told_from_damage() {
    let root = Issued::root("root");
    let build = |der: &[u8]| {
        let text = pem("X509 CRL", der);
        let policy = CertificatePolicy::for_servers().ca(&root.der).crl(text.as_bytes());
        policy.build(&provider()).map(|_| ())
    };
    let list = root.revocation_list(&[1], 2027);
    assert_eq!(build(&list), Ok(()));
    let old = old_revocation_list(&list, &root.key);
    let error = build(&old).unwrap_err();
    assert_eq!(error, problem("crl", MaterialProblem::OldRevocationList));
    assert_eq!(error.to_string(), "crl: revocation list of version 1; accepted: version 2");
    let unreadable = Err(problem("crl", MaterialProblem::Unreadable));
    for len in 1..old.len() {
        assert_eq!(build(&old[..len]), unreadable, "{len}");
    }
    assert_eq!(build(&list[..list.len() - 1]), unreadable);
}

#[test]
fn keys_come_as_pkcs8_or_sec1_in_pem_or_der() {
    let leaf = Issued::root("root").leaf(|_| {});
    let certificate = certificate_pem(&leaf);
    let sec1 = sec1(&leaf);
    for key in [
        key_pem(&leaf).into_bytes(),
        pem("EC PRIVATE KEY", &sec1).into_bytes(),
        leaf.key.serialized_der().to_vec(),
        sec1,
    ] {
        let loaded =
            CertificateWithKey::from_parts(certificate.as_bytes(), &key, None, &provider());
        assert_eq!(loaded.unwrap().certified().cert, std::slice::from_ref(&leaf.der));
    }
}

/// A certificate for an RSA key.
fn rsa_certificate(key: &RsaKey) -> String {
    let root = Issued::root("root");
    let certificate = leaf_params().signed_by(key, &root.issuer()).unwrap();
    pem("CERTIFICATE", certificate.der())
}

#[test]
fn rsa_keys_come_as_pkcs1_or_pkcs8_in_pem_or_der() {
    let key = RsaKey::long(Hash::Sha256);
    let certificate = rsa_certificate(&key);
    for octets in [
        pem("RSA PRIVATE KEY", &key.pkcs1()).into_bytes(),
        pem("PRIVATE KEY", &key.pkcs8()).into_bytes(),
        key.pkcs1(),
        key.pkcs8(),
    ] {
        let loaded =
            CertificateWithKey::from_parts(certificate.as_bytes(), &octets, None, &provider());
        assert!(loaded.is_ok(), "{loaded:?}");
    }
    let text = format!("{certificate}{}", pem("RSA PRIVATE KEY", &key.pkcs1()));
    assert!(load(&text, None).is_ok());
    let encrypted = encrypted(&key.pkcs8(), "secret", 2048);
    let text = format!("{certificate}{}", pem("ENCRYPTED PRIVATE KEY", &encrypted));
    assert!(load(&text, Some("secret")).is_ok());
    let wrong = load(&text, Some("Secret")).unwrap_err();
    assert_eq!(wrong, problem("key", MaterialProblem::PasswordWrong));
}

#[test]
fn an_rsa_key_of_1024_bits_is_not_supported() {
    let key = RsaKey::short(Hash::Sha256);
    let certificate = rsa_certificate(&key);
    for (label, der) in [("RSA PRIVATE KEY", key.pkcs1()), ("PRIVATE KEY", key.pkcs8())] {
        let error = load(&format!("{certificate}{}", pem(label, &der)), None).unwrap_err();
        assert_eq!(error, problem("key", MaterialProblem::KeyUnsupported));
    }
}

/// As OpenSSL 1.0 encrypts with `openssl pkcs8 -topk8 -v2 des3`.
fn triple_des() -> Parameters {
    let mut kdf = Pbkdf2Params::hmac_sha256(2048, &[7; 8]).unwrap();
    kdf.prf = Pbkdf2Prf::HmacWithSha1;
    Parameters { kdf: kdf.into(), encryption: EncryptionScheme::DesEde3Cbc { iv: [9; 8] } }
}

#[test]
fn keys_are_decrypted_whatever_pbes2_is_made_of() {
    let leaf = Issued::root("root").leaf(|_| {});
    let plain = leaf.key.serialized_der();
    let cost = scrypt::Params::new(10, 8, 1).unwrap();
    let scrypt = Parameters::generate_scrypt_aes256cbc(cost, &[7; 16], [9; 16]).unwrap();
    for parameters in [scrypt, triple_des()] {
        let der = encrypted_with(parameters, plain, "secret");
        let text = format!("{}{}", certificate_pem(&leaf), pem("ENCRYPTED PRIVATE KEY", &der));
        assert!(load(&text, Some("secret")).is_ok());
        let wrong = load(&text, Some("Secret")).unwrap_err();
        assert_eq!(wrong, problem("key", MaterialProblem::PasswordWrong));
    }
}

#[test]
fn one_pem_holds_certificate_and_key_in_any_order() {
    let root = Issued::root("root");
    let sub_ca = root.sub_ca("sub", |_| {});
    let leaf = sub_ca.leaf(|_| {});
    let [leaf_text, sub_text, key] =
        [certificate_pem(&leaf), certificate_pem(&sub_ca), key_pem(&leaf)];
    for text in [
        format!("{leaf_text}{sub_text}{key}"),
        format!("{key}{leaf_text}{sub_text}"),
        format!("{leaf_text}{key}{sub_text}"),
        // The leaf is sent first wherever it stands.
        format!("{sub_text}{key}{leaf_text}"),
    ] {
        let loaded = load(&text, None).unwrap();
        assert_eq!(loaded.certified().cert, [leaf.der.clone(), sub_ca.der.clone()]);
        assert!(format!("{loaded:?}").contains("CN=server"));
    }
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let leaf = Issued::root("root").leaf(|_| {});
    let der = encrypted(leaf.key.serialized_der(), "secret", 2048);
    let key = pem("ENCRYPTED PRIVATE KEY", &der);
    let text = format!("{}{key}", certificate_pem(&leaf));
    assert!(load(&text, Some("secret")).is_ok());
    assert!(load(&text.replace('\n', "\r\n"), Some("secret")).is_ok());
    let error = |password| load(&text, password).unwrap_err();
    assert_eq!(error(None), problem("key", MaterialProblem::PasswordMissing));
    assert_eq!(error(Some("Secret")), problem("key", MaterialProblem::PasswordWrong));
    assert_eq!(error(Some("")), problem("key", MaterialProblem::PasswordWrong));

    let secret = Secret::from("secret");
    let key = private_key("key", &der, Some(&secret)).unwrap();
    assert_eq!(key.secret_der(), leaf.key.serialized_der());
    assert!(matches!(*key, PrivateKeyDer::Pkcs8(_)));
}

#[test]
fn a_password_for_a_plain_key_does_no_harm() {
    let leaf = Issued::root("root").leaf(|_| {});
    assert!(load(&format!("{}{}", key_pem(&leaf), certificate_pem(&leaf)), Some("x")).is_ok());
}

#[test]
fn a_key_derivation_that_takes_minutes_is_not_started() {
    let leaf = Issued::root("root").leaf(|_| {});
    let mut der = encrypted(leaf.key.serialized_der(), "secret", 0x1234);
    // The iteration count is the INTEGER behind the salt.
    let at = der.windows(4).position(|window| window == [0x02, 0x02, 0x12, 0x34]).unwrap();
    der[at + 2..at + 4].copy_from_slice(&[0x7f, 0xff]);
    let wrong = private_key("key", &der, Some(&Secret::from("secret"))).unwrap_err();
    assert_eq!(wrong, problem("key", MaterialProblem::PasswordWrong));

    let parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(2_000_001, &[7; 16], [9; 16]).unwrap();
    let der = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetStringRef::new(&[0; 64]).unwrap(),
    }
    .to_der()
    .unwrap();
    assert_eq!(
        private_key("key", &der, Some(&Secret::from("secret"))).unwrap_err(),
        problem("key", MaterialProblem::EncryptionUnsupported)
    );
}

#[test]
fn traditional_encryption_is_told_from_damage() {
    let leaf = Issued::root("root").leaf(|_| {});
    let key = pem("EC PRIVATE KEY", &sec1(&leaf)).replace(
        "KEY-----\nM",
        "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nM",
    );
    assert!(key.contains("Proc-Type"));
    for text in [key.clone(), key.replace('\n', "\r\n")] {
        let error = private_key("key", text.as_bytes(), Some(&Secret::from("x"))).unwrap_err();
        assert_eq!(error, problem("key", MaterialProblem::TraditionalEncryption));
        assert!(error.to_string().contains("openssl pkcs8 -topk8"), "{error}");
    }
}

#[test]
fn a_missing_or_second_or_foreign_key_is_told() {
    let root = Issued::root("root");
    let (leaf, other) = (root.leaf(|_| {}), root.leaf(|_| {}));
    let certificate = certificate_pem(&leaf);
    let error = |text: String| load(&text, None).unwrap_err();
    assert_eq!(error(certificate.clone()), problem("key", MaterialProblem::NoKey));
    assert_eq!(
        error(format!("{certificate}{}{}", key_pem(&leaf), key_pem(&other))),
        problem("key", MaterialProblem::SeveralKeys)
    );
    assert_eq!(
        error(format!("{certificate}{}", key_pem(&other))),
        problem("key", MaterialProblem::KeyMismatch)
    );
    assert_eq!(error(key_pem(&leaf)), problem("certificate", MaterialProblem::NoCertificate));
    assert_eq!(
        error(format!("{certificate}{}", pem("PRIVATE KEY", b"0\x03\x02\x01\x00"))),
        problem("key", MaterialProblem::KeyUnsupported)
    );
    assert_eq!(
        private_key("key", b"password", None).unwrap_err(),
        problem("key", MaterialProblem::NoKey)
    );
}

#[test]
fn a_version_1_certificate_is_not_taken_for_a_foreign_key() {
    let root = Issued::root("root");
    let leaf = root.leaf(|_| {});
    let old = Odd { version_1: true, ..Odd::default() }.certificate(&leaf, &root.key);
    assert_eq!(
        load(&format!("{}{}", pem("CERTIFICATE", &old), key_pem(&leaf)), None).unwrap_err(),
        problem("certificate", MaterialProblem::OldVersion)
    );
}

#[test]
fn debug_shows_the_certificate_and_not_the_key() {
    let leaf = Issued::root("root").leaf(|_| {});
    let loaded = load(&format!("{}{}", key_pem(&leaf), certificate_pem(&leaf)), None).unwrap();
    let text = format!("{loaded:?}");
    assert!(text.starts_with("CertificateWithKey(CN=server (SHA-256 "), "{text}");
    assert_eq!(text.len(), "CertificateWithKey(CN=server (SHA-256 ))".len() + 64);
}
