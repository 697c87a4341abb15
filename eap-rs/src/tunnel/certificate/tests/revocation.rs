use rcgen::{KeyUsagePurpose, SerialNumber};

use super::*;
use crate::tunnel::certificate::ClockPolicy;
use crate::tunnel::certificate::testing::SERIAL;

// CVE-2011-2701: the answer that a certificate is revoked was taken for a good one.
#[test]
fn cve_2011_2701_a_revoked_leaf_is_refused_and_its_sibling_is_not() {
    let root = Issued::root("root");
    let list = root.revocation_list(&[SERIAL], 2027);
    let policy = build(CertificatePolicy::for_servers().ca(&root.der).crl(&list));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), Err(CertificateRefusal::Revoked));
    let sibling = root.leaf(|params| params.serial_number = Some(SerialNumber::from(SERIAL + 1)));
    assert_eq!(check(&policy, &[&sibling]), Ok(()));
}

// CVE-2015-4680: intermediates were not looked up.
#[test]
fn cve_2015_4680_a_revoked_intermediate_is_refused() {
    let root = Issued::root("root");
    let sub_ca = root.sub_ca("sub", |params| params.serial_number = Some(SerialNumber::from(77)));
    let leaf = sub_ca.leaf(|_| {});
    let policy = |revoked: &[u64]| {
        build(
            CertificatePolicy::for_servers()
                .ca(&root.der)
                .crl(&root.revocation_list(revoked, 2027))
                .crl(&sub_ca.revocation_list(&[], 2027)),
        )
    };
    assert_eq!(check(&policy(&[77]), &[&leaf, &sub_ca]), Err(CertificateRefusal::Revoked));
    assert_eq!(check(&policy(&[78]), &[&leaf, &sub_ca]), Ok(()));
}

#[test]
fn with_one_list_configured_every_issuer_needs_one() {
    let root = Issued::root("root");
    let sub_ca = root.sub_ca("sub", |_| {});
    let leaf = sub_ca.leaf(|_| {});
    let unknown = Err(CertificateRefusal::RevocationUnknown);
    for list in [&root, &sub_ca].map(|ca| ca.revocation_list(&[], 2027)) {
        let policy = build(CertificatePolicy::for_servers().ca(&root.der).crl(&list));
        assert_eq!(check(&policy, &[&leaf, &sub_ca]), unknown);
    }
    let foreign = Issued::root("foreign").revocation_list(&[], 2027);
    let policy = build(CertificatePolicy::for_servers().ca(&root.der).crl(&foreign));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), unknown);
}

#[test]
fn a_list_that_its_ca_did_not_sign_does_not_count() {
    let (root, impostor) = (Issued::root("root"), Issued::root("root"));
    let list = impostor.revocation_list(&[], 2027);
    let policy = build(CertificatePolicy::for_servers().ca(&root.der).crl(&list));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), Err(CertificateRefusal::RevocationUnknown));
}

#[test]
fn an_intermediate_without_the_right_to_sign_lists_does_not_count() {
    let root = Issued::root("root");
    let sub_ca = root.sub_ca("sub", |_| {});
    // The same key and name; the certificate that is presented lacks the right.
    let mut params = sub_ca.params.clone();
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let der = params.signed_by(&sub_ca.key, &root.issuer()).unwrap().der().clone();
    let leaf = sub_ca.leaf(|_| {});
    let policy = build(
        CertificatePolicy::for_servers()
            .ca(&root.der)
            .crl(&root.revocation_list(&[], 2027))
            .crl(&sub_ca.revocation_list(&[], 2027)),
    );
    assert_eq!(
        policy.check(&[leaf.der, der], Some(NOW)),
        Err(CertificateRefusal::RevocationUnknown)
    );
}

#[test]
fn an_outdated_list_does_not_count_while_the_time_is_known() {
    let root = Issued::root("root");
    let list = root.revocation_list(&[1], 2026);
    let builder = || CertificatePolicy::for_servers().ca(&root.der).crl(&list);
    let leaf = root.leaf(|_| {});
    let refusal = check(&build(builder()), &[&leaf]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the revocation list is out of date since 2026-01-01 00:00 UTC, \
         our clock says 2026-06-01 00:00 UTC"
    );
    let ignoring = build(builder().clock(ClockPolicy::IgnoreUntilSet));
    assert_eq!(check_at(&ignoring, &[&leaf], None), Ok(()));
    // Outdated or not: what it lists is revoked.
    let leaf = root.leaf(|params| params.serial_number = Some(SerialNumber::from(1)));
    assert_eq!(check(&build(builder()), &[&leaf]), Err(CertificateRefusal::Revoked));
    assert_eq!(check_at(&ignoring, &[&leaf], None), Err(CertificateRefusal::Revoked));
}

#[test]
fn clients_are_looked_up_as_servers_are() {
    let root = Issued::root("root");
    let list = root.revocation_list(&[SERIAL], 2027);
    let policy = build(CertificatePolicy::for_clients().ca(&root.der).crl(&list));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), Err(CertificateRefusal::Revoked));
}
