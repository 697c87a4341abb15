use rcgen::{DnType, ExtendedKeyUsagePurpose, GeneralSubtree, NameConstraints, SanType};

use super::*;
use crate::ConfigError;
use crate::tunnel::certificate::testing::dns;

/// Whether a certificate with these dNSNames, and the common name `server`, is accepted.
fn accepts(builder: CertificatePolicyBuilder, names: &[&str]) -> bool {
    let root = Issued::root("root");
    let leaf = root.leaf(|params| {
        params.subject_alt_names = names.iter().copied().map(dns).collect();
    });
    judge(&build(builder.ca(&root.der)), &leaf)
}

fn accepts_common_names(builder: CertificatePolicyBuilder, names: &[&str]) -> bool {
    let root = Issued::root("root");
    let leaf = root.leaf(|params| common_names(params, names));
    judge(&build(builder.ca(&root.der)), &leaf)
}

fn judge(policy: &CertificatePolicy, leaf: &Issued) -> bool {
    match check(policy, &[leaf]) {
        Ok(()) => true,
        Err(CertificateRefusal::NameMismatch { .. }) => false,
        Err(refusal) => panic!("{refusal}"),
    }
}

fn common_names(params: &mut rcgen::CertificateParams, names: &[&str]) {
    params.subject_alt_names.clear();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let kinds = [DnType::CommonName, DnType::CustomDnType(vec![2, 5, 4, 3])];
    for (kind, name) in kinds.into_iter().zip(names) {
        params.distinguished_name.push(kind, *name);
    }
}

fn exact(name: &str) -> CertificatePolicyBuilder {
    CertificatePolicy::for_servers().server_name(name)
}

fn suffix(name: &str) -> CertificatePolicyBuilder {
    CertificatePolicy::for_servers().server_name_suffix(name)
}

#[test]
fn an_exact_name_matches_itself_in_any_case_and_nothing_else() {
    assert!(accepts(exact("radius.example.org"), &["radius.example.org"]));
    assert!(accepts(exact("Radius.Example.ORG"), &["rADIUS.eXAMPLE.org"]));
    assert!(accepts(exact("radius.example.org"), &["other.example.org", "radius.example.org"]));
    for name in [
        "example.org",
        "sub.radius.example.org",
        "xradius.example.org",
        "radius.example.org.",
        "radius.example.org.evil.example",
        "radius-example.org",
    ] {
        assert!(!accepts(exact("radius.example.org"), &[name]), "{name}");
    }
}

// CVE-2015-0210: the suffix was compared without its label boundary.
#[test]
fn cve_2015_0210_a_suffix_ends_at_a_label_boundary() {
    for rule in ["example.org", ".example.org", "EXAMPLE.org"] {
        assert!(accepts(suffix(rule), &["example.org"]), "{rule}");
        assert!(accepts(suffix(rule), &["radius.example.org"]), "{rule}");
        assert!(accepts(suffix(rule), &["a.b.EXAMPLE.ORG"]), "{rule}");
        for name in ["notexample.org", "radius.notexample.org", "example.org.evil.example", "org"] {
            assert!(!accepts(suffix(rule), &[name]), "{rule} {name}");
        }
    }
}

#[test]
fn cve_2015_0210_a_nul_octet_hides_nothing() {
    for name in
        ["radius.example.org\0.evil.example", "radius.example.org\0", "evil.example\0.example.org"]
    {
        assert!(!accepts(exact("radius.example.org"), &[name]), "{name:?}");
        assert!(!accepts(suffix("example.org"), &[name]), "{name:?}");
        assert!(!accepts_common_names(exact("radius.example.org"), &[name]), "{name:?}");
        assert!(!accepts_common_names(suffix("example.org"), &[name]), "{name:?}");
    }
}

#[test]
fn names_outside_ascii_never_match() {
    let root = Issued::root("root");
    let policy = build(suffix("example.org").ca(&root.der));
    // A dNSName is an IA5String: this one is no certificate at all.
    let leaf = root.leaf(|params| {
        params.subject_alt_names.clear();
        let name = "rädius.example.org".as_bytes();
        let names = [&[0x30, name.len() as u8 + 2, 0x82, name.len() as u8][..], name].concat();
        params.custom_extensions =
            vec![rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 17], names)];
    });
    assert_eq!(check(&policy, &[&leaf]), Err(CertificateRefusal::Malformed));
    assert!(!accepts_common_names(suffix("example.org"), &["rädius.example.org"]));
    // KELVIN SIGN folds to k.
    assert!(!accepts_common_names(exact("k.example.org"), &["\u{212a}.example.org"]));
}

#[test]
fn a_wildcard_stands_for_one_whole_label() {
    let rule = || exact("radius.example.org");
    assert!(accepts(rule(), &["*.example.org"]));
    assert!(accepts(rule(), &["*.EXAMPLE.org"]));
    for name in [
        "*",
        "*.org",
        "*.*.org",
        "r*.example.org",
        "*s.example.org",
        "radius.*.org",
        "*.radius.example.org",
    ] {
        assert!(!accepts(rule(), &[name]), "{name}");
    }
    assert!(!accepts(exact("example.org"), &["*.example.org"]));
    assert!(!accepts(exact("a.b.example.org"), &["*.example.org"]));
    assert!(!accepts(exact("example.org"), &["*.org"]));
}

#[test]
fn under_a_suffix_a_wildcard_counts_when_everything_it_stands_for_does() {
    assert!(accepts(suffix("example.org"), &["*.example.org"]));
    assert!(accepts(suffix("example.org"), &["*.radius.example.org"]));
    assert!(!accepts(suffix("radius.example.org"), &["*.example.org"]));
    assert!(!accepts(suffix("example.org"), &["*.notexample.org"]));
    assert!(!accepts(suffix("org"), &["*.org"]));
}

#[test]
fn the_common_name_counts_only_where_there_is_no_dns_name() {
    let root = Issued::root("root");
    assert!(accepts_common_names(exact("radius.example.org"), &["radius.example.org"]));
    assert!(accepts_common_names(suffix("example.org"), &["radius.example.org"]));
    assert!(!accepts_common_names(exact("radius.example.org"), &["other.example.org"]));
    assert!(!accepts_common_names(exact("radius.example.org"), &["My RADIUS server"]));

    let policy = build(exact("radius.example.org").ca(&root.der));
    for name in ["other.example.org", "not a name", "radius.example.org\0"] {
        let leaf = root.leaf(|params| {
            common_names(params, &["radius.example.org"]);
            params.subject_alt_names = vec![dns(name)];
        });
        assert!(!judge(&policy, &leaf), "{name:?}");
    }
    // Other kinds of alternative names do not count, an address neither.
    let leaf = root.leaf(|params| {
        common_names(params, &["radius.example.org"]);
        params.subject_alt_names = vec![
            rcgen::SanType::Rfc822Name("it@example.org".try_into().unwrap()),
            rcgen::SanType::IpAddress([192, 0, 2, 1].into()),
        ];
    });
    assert!(judge(&policy, &leaf));
}

#[test]
fn of_several_common_names_the_last_one_counts() {
    let names = ["a.example", "b.example"];
    assert!(accepts_common_names(exact("b.example"), &names));
    assert!(!accepts_common_names(exact("a.example"), &names));
}

#[test]
fn no_name_at_all_matches_no_rule() {
    let root = Issued::root("root");
    let policy = build(exact("radius.example.org").ca(&root.der));
    let leaf = root.leaf(|params| common_names(params, &[]));
    assert_eq!(
        check(&policy, &[&leaf]),
        Err(CertificateRefusal::NameMismatch {
            expected: "radius.example.org".into(),
            presented: "no name".into()
        })
    );
}

#[test]
fn a_mismatch_names_both_sides_without_control_characters_and_within_bounds() {
    let root = Issued::root("root");
    let policy = build(exact("a.example").server_name_suffix("b.example").ca(&root.der));
    let leaf = root.leaf(|params| {
        params.subject_alt_names = vec![dns("c.example\n\x1b[2J"), dns("d.example")];
    });
    let refusal = check(&policy, &[&leaf]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the certificate is for c.example\u{fffd}\u{fffd}[2J, d.example, \
         expected a.example or a name in b.example"
    );
    let leaf = root.leaf(|params| params.subject_alt_names = vec![dns("x.example"); 200]);
    assert!(check(&policy, &[&leaf]).unwrap_err().to_string().chars().count() < 400);
}

#[test]
fn settings_that_are_no_dns_names_are_refused() {
    for name in ["", ".", "a b", "exämple.org", "*.example.org", "a..b", "example.org\0", "1.2.3.4"]
    {
        let mistake = exact(name).pin_sha256([0; 32]).build(&provider()).unwrap_err();
        assert_eq!(mistake, ConfigError::InvalidName { field: "server_name" }, "{name:?}");
        let mistake = suffix(name).pin_sha256([0; 32]).build(&provider()).unwrap_err();
        assert_eq!(mistake.field(), "server_name_suffix", "{name:?}");
    }
}

fn constrained(root: &Issued, permitted: &str) -> Issued {
    root.sub_ca("constrained", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(permitted.into())],
            excluded_subtrees: vec![],
        });
    })
}

// As CVE-2026-35331: name constraints that are not enforced.
#[test]
fn cve_2026_35331_name_constraints_of_an_intermediate_are_enforced() {
    let root = Issued::root("root");
    let sub_ca = constrained(&root, "example.org");
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    assert_eq!(check(&policy, &[&sub_ca.leaf(|_| {}), &sub_ca]), Ok(()));
    let outside = sub_ca.leaf(|params| params.subject_alt_names = vec![dns("radius.example.net")]);
    assert_eq!(check(&policy, &[&outside, &sub_ca]), Err(CertificateRefusal::NameConstraint));

    let excluding = root.sub_ca("excluding", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![],
            excluded_subtrees: vec![GeneralSubtree::DnsName("example.org".into())],
        });
    });
    let chain = [&excluding.leaf(|_| {}), &excluding];
    assert_eq!(check(&policy, &chain), Err(CertificateRefusal::NameConstraint));
}

#[test]
fn cve_2026_35331_name_constraints_of_the_ca_itself_are_enforced() {
    let root = Issued::root_with("root", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.net".into())],
            excluded_subtrees: vec![],
        });
    });
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    assert_eq!(check(&policy, &[&root.leaf(|_| {})]), Err(CertificateRefusal::NameConstraint));
    let policy = build(exact("radius.example.org").ca(&root.der));
    let leaf = root.leaf(|params| common_names(params, &["radius.example.org"]));
    assert_eq!(check(&policy, &[&leaf]), Err(CertificateRefusal::NameConstraint));
}

#[test]
fn cve_2026_35331_a_common_name_does_not_slip_past_name_constraints() {
    let root = Issued::root("root");
    let sub_ca = constrained(&root, "example.org");
    let policy = build(exact("radius.example.net").ca(&root.der));
    let leaf = |name| sub_ca.leaf(|params| common_names(params, &[name]));
    let chain = [&leaf("radius.example.net"), &sub_ca];
    assert_eq!(check(&policy, &chain), Err(CertificateRefusal::NameConstraint));
    // Without a rule for names, none is taken from the common name.
    let policy = build(CertificatePolicy::for_servers().ca(&root.der));
    assert_eq!(check(&policy, &[&leaf("radius.example.org"), &sub_ca]), Ok(()));
}

/// Whether a client with these names, and the common name `client`, is accepted.
fn accepts_client(builder: CertificatePolicyBuilder, names: &[SanType]) -> bool {
    let root = Issued::root("root");
    let leaf = root.leaf(|params| {
        common_names(params, &["client"]);
        params.subject_alt_names = names.to_vec();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    judge(&build(builder.ca(&root.der)), &leaf)
}

fn client(name: &str) -> CertificatePolicyBuilder {
    CertificatePolicy::for_clients().client_name(name)
}

fn client_suffix(name: &str) -> CertificatePolicyBuilder {
    CertificatePolicy::for_clients().client_name_suffix(name)
}

fn mail(name: &str) -> SanType {
    SanType::Rfc822Name(name.try_into().unwrap())
}

fn principal(name: &str) -> SanType {
    let text = rcgen::OtherNameValue::Utf8String(name.into());
    SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3], text))
}

#[test]
fn a_client_is_known_by_its_mail_address_principal_name_or_dns_name() {
    for (kind, name) in [
        (mail as fn(&str) -> SanType, "alice@example.org"),
        (principal, "alice@example.org"),
        (dns, "phone-17.example.org"),
    ] {
        assert!(accepts_client(client(name), &[kind(name)]));
        assert!(accepts_client(client(name), &[dns("other.example"), kind(name)]));
        assert!(accepts_client(client(&name.replace("example", "EXAMPLE")), &[kind(name)]));
        assert!(accepts_client(client("bob").client_name(name), &[kind(name)]));
        assert!(accepts_client(client_suffix("example.org"), &[kind(name)]));
        assert!(accepts_client(client_suffix(".Example.org"), &[kind(name)]));
        for other in ["example.org", "xphone-17.example.org", "mallory@example.org", "", "*"] {
            assert!(!accepts_client(client("nobody").client_name(name), &[kind(other)]), "{other}");
        }
    }
    for other in ["Alice@example.org", "alice@example.org.evil.example", "alice", "alice@"] {
        assert!(!accepts_client(client("alice@example.org"), &[mail(other)]), "{other}");
        assert!(!accepts_client(client("alice@example.org"), &[principal(other)]), "{other}");
    }
}

#[test]
fn a_clients_suffix_begins_at_a_label_of_the_host() {
    for name in ["alice@example.org", "a@b@example.org", "alice@sales.example.org"] {
        assert!(accepts_client(client_suffix("example.org"), &[principal(name)]), "{name}");
    }
    for name in [
        "alice@notexample.org",
        "alice@example.org.evil.example",
        "example.org@evil.example",
        "alice@evil.example\0.example.org",
        "alice@.example.org",
        "alice@*.example.org",
        "alice@",
        "alice@x y.example.org",
    ] {
        assert!(!accepts_client(client_suffix("example.org"), &[principal(name)]), "{name:?}");
    }
    assert!(!accepts_client(client_suffix("example.org"), &[dns("*.example.org")]));
}

#[test]
fn a_clients_common_name_counts_where_there_is_no_other_name() {
    assert!(accepts_client(client("client"), &[]));
    assert!(accepts_client(client("Client"), &[]));
    assert!(!accepts_client(client("client"), &[mail("alice@example.org")]));
    let address = SanType::IpAddress([192, 0, 2, 1].into());
    assert!(accepts_client(client("client"), &[address]));
    let root = Issued::root("root");
    let sub_ca = constrained(&root, "example.org");
    let leaf = sub_ca.leaf(|params| {
        common_names(params, &["client"]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let policy = build(client("client").ca(&root.der));
    assert_eq!(check(&policy, &[&leaf, &sub_ca]), Err(CertificateRefusal::NameConstraint));
}

#[test]
fn names_of_the_other_side_are_refused() {
    let pinned = |builder: CertificatePolicyBuilder| builder.pin_sha256([0; 32]).build(&provider());
    for builder in [
        CertificatePolicy::for_servers().client_name("alice"),
        CertificatePolicy::for_servers().client_name_suffix("example.org"),
    ] {
        let with = "a policy for servers";
        let mistake = pinned(builder).unwrap_err();
        assert_eq!(mistake, ConfigError::Conflict { field: "client_name", with });
    }
    let mistake = pinned(client("")).unwrap_err();
    assert_eq!(mistake, ConfigError::Empty { field: "client_name" });
    let mistake = pinned(client_suffix("*.example.org")).unwrap_err();
    assert_eq!(mistake, ConfigError::InvalidName { field: "client_name_suffix" });
}
