//! Large certificates and long chains (RFC 9191) with the settings that are there by default.

use eap_rs::tls::{
    CertificatePolicy, CertificateRefusal, TlsPeerConfig, TlsServerConfig, TlsVersion,
};
use eap_rs::{Failure, MethodType};
use eap_tests::certs::{Ca, Identity};
use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, SanType};

use crate::wire::{MORE_FRAGMENTS, Role, Wire, type_data};
use crate::{Setup, VERSIONS};

/// RFC 9191 §3: two to six intermediates are common, and certificates grow.
const LARGE: usize = 20_000;

/// An extension nobody knows, so many octets long.
fn padded(octets: usize) -> impl Fn(&mut CertificateParams) {
    move |params| {
        let padding = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 9], vec![0x5a; octets]);
        params.custom_extensions.push(padding);
    }
}

/// A leaf of this purpose, with all its intermediates, so many octets of padding in each.
fn chain(root: &Ca, usage: &ExtendedKeyUsagePurpose, subs: usize, padding: usize) -> Identity {
    let mut cas: Vec<Ca> = Vec::new();
    for depth in 0..subs {
        let above = cas.last().unwrap_or(root);
        let next = above.sub_ca(&format!("Sub CA {depth}"), padded(padding));
        cas.push(next);
    }
    let mut identity = cas.last().unwrap_or(root).issue(|params| {
        params.extended_key_usages = vec![usage.clone()];
        params.subject_alt_names = vec![dns("radius.example.org")];
        padded(padding)(params);
    });
    for ca in cas.iter().rev() {
        identity.certificate.push_str(&ca.pem);
    }
    identity
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn setup(version: TlsVersion, subs: [usize; 2], padding: [usize; 2]) -> Setup {
    let mut setup = Setup::new().version(version);
    setup.server = chain(&setup.ca, &ExtendedKeyUsagePurpose::ServerAuth, subs[0], padding[0]);
    setup.client = chain(&setup.ca, &ExtendedKeyUsagePurpose::ClientAuth, subs[1], padding[1]);
    setup
}

/// Neither side has been told a fragment size or a limit.
fn with_defaults(setup: &Setup) -> Wire {
    let [min, max] = setup.versions;
    let servers = CertificatePolicy::for_servers().ca(setup.ca.pem.as_bytes());
    let peer = TlsPeerConfig::builder(servers.server_name("radius.example.org"))
        .certificate(setup.client.certificate.as_bytes(), setup.client.key.as_bytes())
        .min_version(min)
        .max_version(max);
    let (certificate, key) = (setup.server.certificate.as_bytes(), setup.server.key.as_bytes());
    let server = TlsServerConfig::builder(certificate, key)
        .clients(CertificatePolicy::for_clients().ca(setup.ca.pem.as_bytes()))
        .min_version(min)
        .max_version(max);
    setup.wire_with(peer.build().unwrap(), server.build().unwrap())
}

/// The TLS Message Lengths of this side's messages that were fragmented.
fn totals(packets: &[Vec<u8>]) -> Vec<usize> {
    let first = |data: &[u8]| match data {
        [0xc0, length @ ..] => Some(u32::from_be_bytes(length[..4].try_into().unwrap()) as usize),
        _ => None,
    };
    packets.iter().filter_map(|packet| type_data(packet)).filter_map(first).collect()
}

fn assert_both_large(setup: &Setup, least: usize) {
    let wire = with_defaults(setup).run();
    for packets in [&wire.server.sent, &wire.peer.sent] {
        assert!(packets.iter().all(|packet| packet.len() <= 1_404), "one Ethernet frame each");
        let totals = totals(packets);
        assert!(matches!(totals[..], [total] if total > least), "{totals:?}");
    }
    wire.succeed(&setup.versions[0].to_string());
}

#[test]
fn chains_of_20_kilobytes_pass_both_ways_with_default_settings() {
    for version in VERSIONS {
        assert_both_large(&setup(version, [6, 6], [3_000, 3_000]), LARGE);
    }
}

#[test]
fn single_certificates_of_20_kilobytes_pass_both_ways_with_default_settings() {
    for version in VERSIONS {
        let mut setup = setup(version, [0, 0], [LARGE, LARGE]);
        assert_both_large(&setup, LARGE);
        // The same by a thousand names.
        setup.server = setup.ca.issue(|params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            let other = (0..1_000).map(|n| dns(&format!("radius-{n:04}.example.com")));
            params.subject_alt_names = other.chain([dns("radius.example.org")]).collect();
        });
        assert_both_large(&setup, LARGE);
    }
}

/// The rounds suffice for what the limit of a message lets through, one way.
#[test]
fn a_message_just_below_the_limit_passes_with_default_settings() {
    for version in VERSIONS {
        for padding in [[63_000, 100], [100, 63_000]] {
            let setup = setup(version, [0, 0], padding);
            let wire = with_defaults(&setup).run();
            let all = [totals(&wire.server.sent), totals(&wire.peer.sent)].concat();
            assert!(all.iter().any(|total| *total > 63_500), "{all:?}");
            wire.succeed(&version.to_string());
        }
    }
}

#[test]
fn a_message_above_the_limit_is_refused_at_its_first_fragment() {
    for version in VERSIONS {
        for (role, subs, padding) in
            [(Role::Peer, [6, 0], [11_000, 0]), (Role::Server, [0, 6], [0, 11_000])]
        {
            let wire = with_defaults(&setup(version, subs, padding)).run();
            let reason = "the other side's message is too long";
            let expected = Failure::MethodFailed { method: MethodType::TLS, reason };
            assert_eq!(wire.failure(role), &expected);
            let sender = if role == Role::Peer { &wire.server.sent } else { &wire.peer.sent };
            let is_fragment = |packet: &&Vec<u8>| {
                type_data(packet).is_some_and(|data| data[0] & MORE_FRAGMENTS != 0)
            };
            assert_eq!(sender.iter().filter(is_fragment).count(), 1);
            wire.fail(&version.to_string());
        }
    }
}

#[test]
fn a_chain_of_more_certificates_than_are_looked_at_is_refused_by_that_name() {
    for version in VERSIONS {
        for (role, subs) in [(Role::Peer, [7, 0]), (Role::Server, [0, 7])] {
            let wire = with_defaults(&setup(version, subs, [0, 0])).run();
            let expected = Failure::Certificate(CertificateRefusal::ChainTooLong);
            assert_eq!(wire.failure(role), &expected, "{version}");
            let other = if role == Role::Peer { Role::Server } else { Role::Peer };
            assert!(matches!(wire.failure(other), Failure::TlsAlert(_)));
        }
    }
}
