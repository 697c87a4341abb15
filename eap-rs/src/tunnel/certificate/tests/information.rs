use rcgen::{DnType, OtherNameValue, SanType, SerialNumber};

use super::*;
use crate::tunnel::certificate::CertificateInfo;
use crate::tunnel::certificate::information::sha256;
use crate::tunnel::certificate::testing::{NOT_AFTER, NOT_BEFORE, dns};

#[test]
fn a_certificate_says_who_it_is() {
    let root = Issued::root("root");
    let leaf = root.leaf(|params| {
        params.serial_number = Some(SerialNumber::from(vec![0x0a, 0xbc]));
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
        params.distinguished_name.push(DnType::CommonName, "phone-17");
        params.subject_alt_names = vec![
            dns("phone-17.example.org"),
            SanType::Rfc822Name("phone-17@example.org".try_into().unwrap()),
            SanType::OtherName((
                vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3],
                OtherNameValue::Utf8String("phone-17@corp.example.org".into()),
            )),
            SanType::IpAddress([192, 0, 2, 1].into()),
        ];
    });
    let info = CertificateInfo::from_der(&leaf.der).unwrap();
    assert_eq!(
        info,
        CertificateInfo {
            subject: "CN=phone-17,O=Example\\, Inc.".into(),
            common_name: Some("phone-17".into()),
            issuer: "CN=root".into(),
            serial: "0abc".into(),
            dns_names: vec!["phone-17.example.org".into()],
            mail_addresses: vec!["phone-17@example.org".into()],
            principal_names: vec!["phone-17@corp.example.org".into()],
            not_before: NOT_BEFORE,
            not_after: NOT_AFTER,
            sha256: sha256(&leaf.der),
        }
    );
    assert!(info.to_string().starts_with("CN=phone-17,O=Example\\, Inc. (SHA-256 "));
}

#[test]
fn texts_fit_a_screen_and_names_are_not_endless() {
    let root = Issued::root("root");
    let leaf = root.leaf(|params| {
        params
            .distinguished_name
            .push(DnType::CommonName, format!("a\u{202e}b\n{}", "x".repeat(999)));
        params.subject_alt_names = (0..100).map(|n| dns(&format!("{n}.example"))).collect();
    });
    let info = CertificateInfo::from_der(&leaf.der).unwrap();
    let name = info.common_name.unwrap();
    assert!(name.starts_with("a\u{fffd}b\u{fffd}xx") && name.ends_with("x…"), "{name}");
    assert_eq!(name.chars().count(), 257);
    assert!(info.subject.chars().count() <= 257);
    assert_eq!(info.dns_names.len(), 32);
}

#[test]
fn no_truncation_of_a_certificate_can_be_read() {
    let der = Issued::root("root").leaf(|_| {}).der;
    for length in 0..der.len() {
        assert_eq!(CertificateInfo::from_der(&der[..length]), Err(CertificateRefusal::Malformed));
    }
}
