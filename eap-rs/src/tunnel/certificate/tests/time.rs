use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};

use super::*;
use crate::tunnel::certificate::ClockPolicy::{self, Ignore, IgnoreUntilSet, Strict};
use crate::tunnel::certificate::testing::{NOT_AFTER, NOT_BEFORE, Odd, dns, sequence};

fn policy(root: &Issued, clock: ClockPolicy) -> CertificatePolicy {
    build(CertificatePolicy::for_servers().ca(&root.der).clock(clock))
}

#[test]
fn the_first_and_the_last_second_count() {
    let root = Issued::root("root");
    let leaf = root.leaf(|_| {});
    let policy = policy(&root, Strict);
    let at = |now| check_at(&policy, &[&leaf], Some(now));
    let (not_before, not_after) = (NOT_BEFORE, NOT_AFTER);
    let now = NOT_BEFORE - 1;
    assert_eq!(at(now), Err(CertificateRefusal::NotYetValid { not_before, now }));
    assert_eq!(at(NOT_BEFORE), Ok(()));
    assert_eq!(at(NOT_AFTER), Ok(()));
    let now = NOT_AFTER + 1;
    assert_eq!(at(now), Err(CertificateRefusal::Expired { not_after, now }));
}

#[test]
fn a_wrong_clock_can_be_read_from_the_sentence() {
    let root = Issued::root("root");
    let leaf = root.leaf(|_| {});
    let policy = policy(&root, Strict);
    let sentence = |now| check_at(&policy, &[&leaf], Some(now)).unwrap_err().to_string();
    assert_eq!(
        sentence(0),
        "not valid before 2026-01-01 00:00 UTC, our clock says 1970-01-01 00:00 UTC"
    );
    assert_eq!(
        sentence(1_800_000_000),
        "expired on 2027-01-01 00:00 UTC, our clock says 2027-01-15 08:00 UTC"
    );
    assert_eq!(
        sentence(u64::MAX),
        "expired on 2027-01-01 00:00 UTC, our clock says the year 10000"
    );
}

#[test]
fn clock_policies_differ_only_where_the_time_is_unknown_or_wrong() {
    let root = Issued::root("root");
    let leaf = root.leaf(|_| {});
    let judge = |clock, now| check_at(&policy(&root, clock), &[&leaf], now);
    assert_eq!(judge(Strict, None), Err(CertificateRefusal::ClockUnknown));
    assert_eq!(judge(IgnoreUntilSet, None), Ok(()));
    assert_eq!(judge(Ignore, None), Ok(()));
    assert_eq!(judge(Ignore, Some(0)), Ok(()));
    for clock in [Strict, IgnoreUntilSet] {
        let refusal = judge(clock, Some(0));
        assert!(matches!(refusal, Err(CertificateRefusal::NotYetValid { .. })), "{refusal:?}");
    }
}

#[test]
fn ignoring_the_dates_ignores_nothing_else() {
    let root = Issued::root("root");
    let policy = build(
        CertificatePolicy::for_servers().ca(&root.der).clock(Ignore).server_name("a.example"),
    );
    let foreign = Issued::root("foreign");
    assert_eq!(check_at(&policy, &[&foreign.leaf(|_| {})], None), untrusted("CN=foreign"));
    let client =
        root.leaf(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]);
    assert_eq!(check_at(&policy, &[&client], None), Err(CertificateRefusal::WrongUsage));
    let refusal = check_at(&policy, &[&root.leaf(|_| {})], None);
    assert!(matches!(refusal, Err(CertificateRefusal::NameMismatch { .. })));
}

#[test]
fn an_intermediate_can_be_too_old_or_too_young() {
    let root = Issued::root("root");
    let old = root.sub_ca("old", |params| params.not_after = date_time_ymd(2026, 5, 1));
    let young = root.sub_ca("young", |params| params.not_before = date_time_ymd(2026, 7, 1));
    let strict = policy(&root, Strict);
    assert!(matches!(
        check(&strict, &[&old.leaf(|_| {}), &old]),
        Err(CertificateRefusal::Expired { .. })
    ));
    assert!(matches!(
        check(&strict, &[&young.leaf(|_| {}), &young]),
        Err(CertificateRefusal::NotYetValid { .. })
    ));
    let ignore = policy(&root, Ignore);
    assert_eq!(check(&ignore, &[&old.leaf(|_| {}), &old]), Ok(()));
    assert_eq!(check(&ignore, &[&young.leaf(|_| {}), &young]), Ok(()));
}

#[test]
fn of_several_faults_the_most_useful_one_is_reported() {
    let (root, foreign) = (Issued::root("root"), Issued::root("foreign"));
    let all_wrong = |ca: &Issued| {
        ca.leaf(|params| {
            params.not_after = date_time_ymd(2026, 2, 1);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            params.subject_alt_names = vec![dns("wrong.example")];
        })
    };
    let base = || CertificatePolicy::for_servers().ca(&root.der).server_name("a.example");
    let revoking = |serial| build(base().crl(&root.revocation_list(&[serial], 2028)));
    let serial = crate::tunnel::certificate::testing::SERIAL;

    // Untrusted before everything, also when the clock is unknown.
    assert_eq!(check(&revoking(serial), &[&all_wrong(&foreign)]), untrusted("CN=foreign"));
    assert_eq!(check_at(&revoking(serial), &[&all_wrong(&foreign)], None), untrusted("CN=foreign"));
    // Revoked before dates.
    assert_eq!(check(&revoking(serial), &[&all_wrong(&root)]), Err(CertificateRefusal::Revoked));
    assert_eq!(
        check_at(&revoking(serial), &[&all_wrong(&root)], None),
        Err(CertificateRefusal::Revoked)
    );
    // Dates before purpose.
    let refusal = check(&revoking(1), &[&all_wrong(&root)]);
    assert!(matches!(refusal, Err(CertificateRefusal::Expired { .. })), "{refusal:?}");
    assert_eq!(
        check_at(&revoking(1), &[&all_wrong(&root)], None),
        Err(CertificateRefusal::ClockUnknown)
    );
    // Purpose before name.
    let ignoring = build(base().clock(Ignore));
    assert_eq!(check(&ignoring, &[&all_wrong(&root)]), Err(CertificateRefusal::WrongUsage));
}

// CVE-2012-3547: a notAfter longer than the buffer it was copied to.
#[test]
fn cve_2012_3547_odd_dates_are_malformed() {
    let root = Issued::root("root");
    let leaf = root.leaf(|_| {});
    let utc = |text: &[u8]| [&[0x17, text.len() as u8][..], text].concat();
    let good = utc(b"260101000000Z");
    let long = |tag, length: usize| {
        [&[tag, 0x82, (length >> 8) as u8, length as u8][..], &vec![b'9'; length]].concat()
    };
    for bad in [
        long(0x17, 256),
        long(0x18, 4096),
        utc(b""),
        utc(b"99"),
        utc(b"999999999999Z"),
        utc(b"270101000000+0100"),
        utc(b"2701010000Z"),
        utc(b"-70101000000Z"),
        vec![0x18, 0],
        vec![0x05, 0],
    ] {
        for validity in [
            sequence(&[good.clone(), bad.clone()]),
            sequence(&[bad.clone(), good.clone()]),
            sequence(std::slice::from_ref(&bad)),
        ] {
            let odd = Odd { validity: Some(validity), ..Odd::default() };
            let leaf = odd.certificate(&leaf, &root.key);
            for clock in [Strict, Ignore] {
                assert_eq!(
                    policy(&root, clock).check(std::slice::from_ref(&leaf), Some(NOW)),
                    Err(CertificateRefusal::Malformed),
                    "{bad:x?}"
                );
            }
        }
    }
}
