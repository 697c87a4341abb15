//! The host has the last word about certificates.

use eap_rs::tls::{CertificatePolicy, CertificateRefusal, TlsVersion};
use eap_rs::{Failure, MethodType};
use eap_tests::answers::{Directory, User};
use eap_tests::pair::Pair;

use crate::Setup;

const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];

const DECLINED: Failure = Failure::Certificate(CertificateRefusal::Declined);

fn asking_user(setup: &Setup, trusts: bool) -> Pair {
    let peer = setup.peer_builder(setup.servers().ask_host()).build().unwrap();
    setup.pair(peer, setup.server()).with_user(User { trusts, delay: 9_000, ..User::default() })
}

fn asking_directory(setup: &Setup, trusts: bool) -> Pair {
    let server = setup.server_builder(setup.clients().ask_host()).build().unwrap();
    let directory = Directory { trusts, ..Directory::default() };
    setup.pair(setup.peer(), server).with_directory(directory)
}

#[test]
fn a_server_that_the_user_trusts_is_logged_in_at() {
    for version in VERSIONS {
        let pair = asking_user(&Setup::new().version(version), true).drive();
        assert!(pair.peer.result().is_ok(), "{version}: {:?}", pair.peer.result());
        assert!(pair.authenticator.result().is_ok());
        assert_eq!(pair.peer.asked, ["verify server"]);
        let [shown] = &pair.peer.answers.shown[..] else { panic!() };
        assert!(shown.starts_with("CN=radius.example.org (SHA-256 "), "{shown}");
    }
}

#[test]
fn a_server_that_the_user_declines_hears_nothing_more() {
    for version in VERSIONS {
        let pair = asking_user(&Setup::new().version(version), false).drive();
        assert_eq!(pair.peer.failure(), &DECLINED, "{version}");
        assert_eq!(pair.authenticator.failure(), &Failure::NoResponse);
        // The identity and the ClientHello; the certificate of ours is not among it.
        assert_eq!(pair.peer.sent.len(), 2, "{version}");
    }
}

#[test]
fn a_question_that_nobody_answers_ends_the_login() {
    for version in VERSIONS {
        let pair = asking_user(&Setup::new().version(version), true)
            .with_user(User { delay: 10_000_000, ..User::default() })
            .drive();
        assert_eq!(pair.peer.failure(), &Failure::Unanswered, "{version}");
        assert_eq!(pair.peer.withdrawn, 1);
    }
}

#[test]
fn a_host_may_be_the_only_one_who_knows_whom_to_trust() {
    for version in VERSIONS {
        for trusts in [true, false] {
            let setup = Setup::new().version(version);
            let policy = CertificatePolicy::for_servers().ask_host();
            let peer = setup.peer_builder(policy).build().unwrap();
            let user = User { trusts, ..User::default() };
            let pair = setup.pair(peer, setup.server()).with_user(user).drive();
            assert_eq!(pair.peer.asks("verify server"), 1);
            assert_eq!(pair.peer.result().is_ok(), trusts, "{version}");
        }
    }
}

#[test]
fn nobody_is_asked_about_what_the_policy_has_refused() {
    for version in VERSIONS {
        let mut setup = Setup::new().version(version);
        setup.server = setup.ca.server("radius.example.com");
        let pair = asking_user(&setup, true).drive();
        let refusal = pair.peer.failure();
        assert!(matches!(refusal, Failure::Certificate(CertificateRefusal::NameMismatch { .. })));
        assert_eq!(pair.peer.asked, [""; 0]);
    }
}

#[test]
fn a_client_that_the_directory_knows_logs_in() {
    for version in VERSIONS {
        let pair = asking_directory(&Setup::new().version(version), true).drive();
        assert!(pair.authenticator.result().is_ok(), "{version}");
        assert!(pair.peer.result().is_ok(), "{version}: {:?}", pair.peer.result());
        assert_eq!(pair.authenticator.asked, ["verify client"]);
    }
}

#[test]
fn a_client_that_the_directory_declines_is_refused_at_once() {
    for version in VERSIONS {
        let pair = asking_directory(&Setup::new().version(version), false).drive();
        assert_eq!(pair.authenticator.failure(), &DECLINED, "{version}");
        // TLS has no alert of the host's choice once its handshake is over.
        assert_eq!(pair.peer.failure(), &Failure::CertificateRejected { method: MethodType::TLS });
    }
}

#[test]
fn a_question_and_no_server_authentication_contradict_each_other() {
    let policy = CertificatePolicy::for_servers().insecure_no_server_authentication().ask_host();
    let error = Setup::new().peer_builder(policy).build().unwrap_err();
    assert_eq!(error.field(), "insecure_no_server_authentication");
}
