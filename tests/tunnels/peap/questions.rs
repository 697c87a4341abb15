//! What the hosts of both sides are asked.

use std::sync::Arc;

use eap_rs::tls::{CertificatePolicy, CertificateRefusal, TlsPeerConfig};
use eap_rs::{Failure, MethodType};
use eap_tests::answers::User as Host;

use super::{INNER, User, outcomes, pair};
use crate::{ANONYMOUS, Setup, VERSIONS};

#[test]
fn what_is_not_configured_is_asked_inside_the_tunnel() {
    for tls_version in VERSIONS {
        for inner in INNER {
            let user = User { identity: None, password: None, ..User::new(inner) };
            let pair = Setup::new(tls_version).peap(user).drive();
            outcomes(&pair);
            let (ours, theirs): (&[_], &[_]) = match inner {
                MethodType::TLS => (&["identity"], &[]),
                MethodType::GTC => (&["identity", "token"], &["check password"]),
                _ => (&["identity", "password"], &["credential"]),
            };
            assert_eq!(pair.peer.asked, ours);
            assert_eq!(pair.authenticator.asked, theirs);
            let outside = &pair.authenticator.answers.outer_identities;
            assert!(outside.iter().all(|identity| identity == ANONYMOUS));
            assert_eq!(outside.len(), theirs.len());
        }
    }
}

/// CVE-2015-4171: nothing of the user is sent to a server that the host has not seen.
#[test]
fn cve_2015_4171_the_host_judges_the_server_before_anything_is_said() {
    for tls_version in VERSIONS {
        for inner in INNER {
            let setup = Setup::new(tls_version);
            let drive = |trusts| {
                let policy = CertificatePolicy::for_servers()
                    .ca(setup.ca.pem.as_bytes())
                    .server_name("radius.example.org")
                    .ask_host();
                let tls = TlsPeerConfig::builder(policy)
                    .min_version(tls_version)
                    .max_version(tls_version);
                let server = Arc::new(setup.server().build().unwrap());
                let user = User { identity: None, password: None, ..User::new(inner) };
                let peer = setup.peap_peer(Arc::new(tls.build().unwrap()), user);
                let host = Host { trusts, ..Default::default() };
                pair(peer, setup.peap_server(server, inner)).with_user(host).drive()
            };
            let declined = drive(false);
            assert_eq!(declined.peer.asked, ["verify server"]);
            let reason = Failure::Certificate(CertificateRefusal::Declined);
            assert_eq!(*declined.peer.failure(), reason);
            assert!(declined.authenticator.asked.is_empty());
            let accepted = drive(true);
            assert_eq!(accepted.peer.asked[..2], ["verify server", "identity"]);
            outcomes(&accepted);
        }
    }
}

#[test]
fn an_answer_may_be_late() {
    for tls_version in VERSIONS {
        let user = User { password: None, ..User::new(MethodType::MD5) };
        let host = Host { delay: 1_000, ..Default::default() };
        let pair = Setup::new(tls_version).peap(user).with_user(host).drive();
        outcomes(&pair);
        assert_eq!(pair.peer.asked.len(), 1);
    }
}
