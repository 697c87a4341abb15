use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};

use super::*;
use crate::ConfigError;
use crate::tunnel::certificate::information::sha256;
use crate::tunnel::certificate::testing::{Odd, leaf_params};

#[test]
fn a_chain_to_a_configured_ca_is_accepted_with_and_without_intermediates() {
    let root = Issued::root("root");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), Ok(()));

    let outer = root.sub_ca("outer", |_| {});
    let inner = outer.sub_ca("inner", |_| {});
    let leaf = inner.leaf(|_| {});
    assert_eq!(check(&policy, &[&leaf, &inner, &outer]), Ok(()));
    // In any order, with the root, with a stranger.
    let stranger = Issued::root("stranger");
    assert_eq!(check(&policy, &[&leaf, &stranger, &root, &outer, &inner]), Ok(()));
    assert_eq!(check(&policy, &[&leaf, &inner]), untrusted("CN=inner"));
}

#[test]
fn a_foreign_ca_is_refused_even_under_the_same_name() {
    let root = Issued::root("root");
    let foreign = Issued::root("root");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    assert_eq!(check(&policy, &[&foreign.leaf(|_| {}), &foreign]), untrusted("CN=root"));
    let other = Issued::root("other");
    assert_eq!(check(&policy, &[&other.leaf(|_| {}), &other]), untrusted("CN=other"));
}

#[test]
fn one_of_several_cas_suffices() {
    let (first, second) = (Issued::root("first"), Issued::root("second"));
    let policy = build(CertificatePolicy::for_servers().ca(&first.der).ca(&second.der));
    assert_eq!(check(&policy, &[&first.leaf(|_| {})]), Ok(()));
    assert_eq!(check(&policy, &[&second.leaf(|_| {})]), Ok(()));
}

#[test]
fn an_intermediate_configured_as_ca_is_enough() {
    let root = Issued::root("root");
    let sub_ca = root.sub_ca("sub", |_| {});
    let policy = build(CertificatePolicy::for_servers().ca(&sub_ca.der));
    assert_eq!(check(&policy, &[&sub_ca.leaf(|_| {})]), Ok(()));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), untrusted("CN=root"));
}

#[test]
fn a_version_1_root_is_accepted_and_a_version_1_leaf_is_not() {
    let root = Issued::root("old root");
    let version_1 = Odd { version_1: true, ..Odd::default() }.certificate(&root, &root.key);
    let policy = build(CertificatePolicy::for_servers().ca(&version_1));
    let leaf = root.leaf(|_| {});
    assert_eq!(check(&policy, &[&leaf]), Ok(()));

    let leaf = Odd { version_1: true, ..Odd::default() }.certificate(&leaf, &root.key);
    assert_eq!(policy.check(&[leaf], Some(NOW)), Err(CertificateRefusal::OldVersion));
}

#[test]
fn a_self_signed_server_certificate_that_is_configured_is_accepted_ca_or_not() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = leaf_params();
        params.is_ca = is_ca;
        let server = Issued::self_signed(params.clone());
        let policy = build(CertificatePolicy::for_servers().ca(&server.der));
        assert_eq!(check(&policy, &[&server]), Ok(()), "{is_ca:?}");
        // The same in everything but its key.
        assert_eq!(check(&policy, &[&Issued::self_signed(params)]), untrusted("CN=server"));
    }
}

#[test]
fn a_configured_server_certificate_still_needs_its_name_purpose_and_dates() {
    let mut params = leaf_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let server = Issued::self_signed(params);
    let policy = build(CertificatePolicy::for_servers().ca(&server.der));
    assert_eq!(check(&policy, &[&server]), Err(CertificateRefusal::WrongUsage));

    let server = Issued::self_signed(leaf_params());
    let policy = build(CertificatePolicy::for_servers().ca(&server.der).server_name("a.example"));
    let refusal = check(&policy, &[&server]);
    assert!(matches!(refusal, Err(CertificateRefusal::NameMismatch { .. })), "{refusal:?}");
    assert!(matches!(
        check_at(&policy, &[&server], Some(0)),
        Err(CertificateRefusal::NotYetValid { .. })
    ));
    assert!(matches!(
        check_at(&policy, &[&server], Some(u64::from(u32::MAX))),
        Err(CertificateRefusal::Expired { .. })
    ));
    assert_eq!(check_at(&policy, &[&server], None), Err(CertificateRefusal::ClockUnknown));
}

#[test]
fn a_configured_server_certificate_cannot_issue_others() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let mut params = leaf_params();
        params.is_ca = is_ca;
        let server = Issued::self_signed(params);
        let forged = server.leaf(|_| {});
        let policy = build(CertificatePolicy::for_servers().ca(&server.der));
        assert_eq!(check(&policy, &[&forged]), untrusted("CN=server"));
        assert_eq!(check(&policy, &[&forged, &server]), Err(CertificateRefusal::IssuerNotCa));
    }
}

#[test]
fn a_leaf_cannot_issue_and_path_lengths_are_kept() {
    let root = Issued::root("root");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    let leaf = root.leaf(|_| {});
    let forged = leaf.leaf(|params| {
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "forged");
    });
    assert_eq!(check(&policy, &[&forged, &leaf]), Err(CertificateRefusal::IssuerNotCa));

    let narrow = root.sub_ca("narrow", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below = narrow.sub_ca("below", |_| {});
    assert_eq!(check(&policy, &[&narrow.leaf(|_| {}), &narrow]), Ok(()));
    let chain = [&below.leaf(|_| {}), &below, &narrow];
    assert_eq!(check(&policy, &chain), Err(CertificateRefusal::IssuerNotCa));
}

#[test]
fn extended_key_usage_must_fit_the_role_where_there_is_one() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, EmailProtection, ServerAuth};
    let root = Issued::root("root");
    let servers = build(CertificatePolicy::for_servers().ca(&root.der));
    let clients = build(CertificatePolicy::for_clients().ca(&root.der));
    let wrong = Err(CertificateRefusal::WrongUsage);
    for (usages, as_server, as_client) in [
        (vec![], Ok(()), Ok(())),
        (vec![ServerAuth], Ok(()), wrong.clone()),
        (vec![ClientAuth], wrong.clone(), Ok(())),
        (vec![ServerAuth, ClientAuth], Ok(()), Ok(())),
        (vec![Any], Ok(()), Ok(())),
        (vec![EmailProtection], wrong.clone(), wrong.clone()),
    ] {
        let leaf = root.leaf(|params| params.extended_key_usages = usages.clone());
        assert_eq!(check(&servers, &[&leaf]), as_server, "{usages:?}");
        assert_eq!(check(&clients, &[&leaf]), as_client, "{usages:?}");
    }
}

#[test]
fn a_ca_certificate_is_no_server_certificate() {
    let root = Issued::root("root");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    let sub_ca = root.sub_ca("sub", |_| {});
    assert_eq!(check(&policy, &[&sub_ca]), Err(CertificateRefusal::WrongUsage));
}

#[test]
fn a_pin_replaces_the_ca_and_narrows_it() {
    let root = Issued::root("root");
    let (leaf, other) = (root.leaf(|_| {}), root.leaf(|_| {}));
    let pin = sha256(&leaf.der);
    let unknown = [0; 32];
    let mismatch = Err(CertificateRefusal::PinMismatch);

    let alone = build(CertificatePolicy::for_servers().pin_sha256(unknown).pin_sha256(pin));
    assert_eq!(check(&alone, &[&leaf, &root]), Ok(()));
    assert_eq!(check(&alone, &[&other, &root]), mismatch);
    // The pin is of the leaf: standing elsewhere in the chain does not count.
    assert_eq!(check(&alone, &[&other, &leaf]), mismatch);

    let both = build(CertificatePolicy::for_servers().ca(&root.der).pin_sha256(pin));
    assert_eq!(check(&both, &[&leaf]), Ok(()));
    assert_eq!(check(&both, &[&other]), mismatch);

    let foreign = Issued::root("foreign");
    let both = build(CertificatePolicy::for_servers().ca(&foreign.der).pin_sha256(pin));
    assert_eq!(check(&both, &[&leaf]), untrusted("CN=root"));
}

#[test]
fn long_chains_are_accepted_up_to_a_limit() {
    let root = Issued::root("root");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    let padded = |params: &mut rcgen::CertificateParams| {
        let padding = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0x5a; 2500]);
        params.custom_extensions = vec![padding];
    };
    let mut issuers = vec![root.sub_ca("sub 1", padded)];
    for depth in 2..=6 {
        let next = issuers.last().unwrap().sub_ca(&format!("sub {depth}"), padded);
        issuers.push(next);
    }
    let leaf = issuers.last().unwrap().leaf(padded);
    let mut chain = vec![&leaf];
    chain.extend(issuers.iter().rev());
    let size: usize = chain.iter().map(|certificate| certificate.der.len()).sum();
    assert!(size > 20_000, "{size}");
    assert_eq!(check(&policy, &chain), Ok(()));

    let seventh = issuers.last().unwrap().sub_ca("sub 7", |_| {});
    let leaf = seventh.leaf(|_| {});
    let mut chain = vec![&leaf, &seventh];
    chain.extend(issuers.iter().rev());
    assert_eq!(check(&policy, &chain), Err(CertificateRefusal::ChainTooLong));

    let leaf = root.leaf(|_| {});
    assert_eq!(check(&policy, &[&leaf; 11]), Err(CertificateRefusal::ChainTooLong));
    let huge = root.leaf(|params| {
        let padding = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0x5a; 60_000]);
        params.custom_extensions = vec![padding];
    });
    assert_eq!(check(&policy, &[&leaf, &huge, &huge]), Err(CertificateRefusal::ChainTooLong));
}

#[test]
fn every_truncation_and_every_flipped_bit_of_a_leaf_is_refused() {
    let root = Issued::root("root");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    let leaf = root.leaf(|_| {}).der;
    for length in 0..leaf.len() {
        let cut = leaf[..length].to_vec().into();
        assert_eq!(policy.check(&[cut], Some(NOW)), Err(CertificateRefusal::Malformed));
    }
    for octet in 0..leaf.len() {
        for bit in 0..8 {
            let mut bent = leaf.to_vec();
            bent[octet] ^= 1 << bit;
            assert!(policy.check(&[bent.into()], Some(NOW)).is_err(), "octet {octet} bit {bit}");
        }
    }
}

#[test]
fn nothing_to_trust_is_a_mistake_and_trusting_everybody_has_to_be_said() {
    let nothing = CertificatePolicy::for_servers().server_name("a.example").build(&provider());
    assert_eq!(nothing.unwrap_err(), ConfigError::NoTrust);
    assert_eq!(
        CertificatePolicy::for_clients().build(&provider()).unwrap_err(),
        ConfigError::NoClientTrust
    );

    let policy = build(CertificatePolicy::for_servers().insecure_no_server_authentication());
    assert!(policy.is_insecure());
    assert_eq!(check_at(&policy, &[&Issued::root("anybody").leaf(|_| {})], None), Ok(()));
    assert_eq!(check(&policy, &[]), Err(CertificateRefusal::NoCertificate));
}

#[test]
fn settings_that_exclude_each_other_are_refused() {
    let root = Issued::root("root");
    let servers = CertificatePolicy::for_servers;
    for (builder, field) in [
        (servers().insecure_no_server_authentication().ca(&root.der), INSECURE),
        (servers().insecure_no_server_authentication().pin_sha256([1; 32]), INSECURE),
        (servers().insecure_no_server_authentication().server_name("a.example"), INSECURE),
        (CertificatePolicy::for_clients().insecure_no_server_authentication(), INSECURE),
        (CertificatePolicy::for_clients().ca(&root.der).server_name("a.example"), "server_name"),
        (servers().pin_sha256([1; 32]).crl(&root.revocation_list(&[], 2027)), "crl"),
    ] {
        let mistake = builder.build(&provider()).unwrap_err();
        assert!(matches!(mistake, ConfigError::Conflict { .. }), "{mistake}");
        assert_eq!(mistake.field(), field);
    }
}

const INSECURE: &str = "insecure_no_server_authentication";
