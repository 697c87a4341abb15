//! EAP-TLS: certificates, revocation lists, resumption.

use std::time::Duration;

use crate::{Run, SECRET, Server, peer, peer_usage_error, server_usage_error};

/// A CA with a server and a client of its, in a folder that goes with the value.
pub(crate) struct Certificates {
    folder: std::path::PathBuf,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

pub(crate) const SERVER: (&str, u64) = ("server.example.org", 1);
const ALICE: (&str, u64) = ("alice.example.org", 2);

impl Certificates {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("eap-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let ca = params.self_signed(&key).unwrap();
        std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        for (name, serial) in [SERVER, ALICE] {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
            params.serial_number = Some(serial.into());
            let short = name.split('.').next().unwrap();
            params.distinguished_name.push(rcgen::DnType::CommonName, short);
            let both = params.signed_by(&key, &issuer).unwrap().pem() + &key.serialize_pem();
            std::fs::write(folder.join(name), both).unwrap();
        }
        Self { folder, issuer }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    /// The files of a list that revokes this certificate, in PEM and in DER.
    fn revocation_list(&self, (name, serial): (&str, u64)) -> [String; 2] {
        let params = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2025, 1, 1),
            next_update: rcgen::date_time_ymd(4000, 1, 1),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: vec![rcgen::RevokedCertParams {
                serial_number: serial.into(),
                revocation_time: rcgen::date_time_ymd(2025, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.issuer).unwrap();
        let [pem, der] = ["pem", "der"].map(|form| self.path(&format!("without {name}.{form}")));
        std::fs::write(&pem, list.pem().unwrap()).unwrap();
        std::fs::write(&der, list.der()).unwrap();
        [pem, der]
    }

    fn server(&self) -> Server {
        self.server_with(&[])
    }

    fn server_with(&self, more: &[&str]) -> Server {
        let (own, ca) = (self.path(SERVER.0), self.path("ca.pem"));
        let flags = ["--methods", "tls", "--cert", &own, "--key", &own, "--ca", &ca];
        Server::start(&[&flags, more].concat())
    }

    fn login(&self, server: &Server, more: &[&str]) -> Run {
        let (own, ca) = (self.path(ALICE.0), self.path("ca.pem"));
        let flags = ["--method", "tls", "--cert", &own, "--key", &own, "--ca", &ca];
        server.login(&[&flags, more].concat())
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn tls_logs_in_with_equal_keys_in_both_versions_and_in_fragments() {
    let certificates = Certificates::new("versions");
    let mut server = certificates.server();
    for version in ["1.2", "1.3"] {
        for size in ["200", "1398"] {
            let flags = ["--tls-min", version, "--tls-max", version, "--fragment-size", size];
            let run = certificates.login(&server, &flags);
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
            assert!(!run.stdout.contains("keys: none"), "{}", run.stdout);
            assert_eq!(run.lines().last().unwrap(), "SUCCESS");
            assert_eq!(server.line(), "accept alice (EAP-TLS)");
        }
    }
}

/// Whether each login of a run was resumed; the run must have succeeded.
fn resumed(run: &Run) -> Vec<bool> {
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let lines = run.lines();
    let (last, reports) = lines.split_last().unwrap();
    assert_eq!(last, "SUCCESS");
    assert!(reports.iter().all(|line| line.ends_with("keys: equal on both ends")), "{lines:?}");
    reports.iter().map(|line| line.starts_with("alice logged in by EAP-TLS, resumed: ")).collect()
}

#[test]
fn tls_sessions_are_resumed_with_tickets_and_from_memory() {
    let certificates = Certificates::new("resumption");
    let file = certificates.path("ticket.key");
    for flags in [["--ticket-key", &file], ["--session-lifetime", "600"]] {
        let mut server = certificates.server_with(&flags);
        for version in ["1.2", "1.3"] {
            let flags = ["--tls-min", version, "--tls-max", version, "--resume", "2"];
            assert_eq!(resumed(&certificates.login(&server, &flags)), [false, true, true]);
            assert_eq!(server.line(), "accept alice (EAP-TLS)");
            for _ in 0..2 {
                assert_eq!(server.line(), "accept alice (EAP-TLS, resumed)");
            }
        }
    }
    // Without either flag, nothing is resumed.
    let server = certificates.server();
    assert_eq!(resumed(&certificates.login(&server, &["--resume", "1"])), [false, false]);
}

#[test]
fn tls_tickets_are_good_as_long_as_their_key_is_in_the_file() {
    let certificates = Certificates::new("tickets");
    let file = certificates.path("ticket.key");
    let flags = ["--ticket-key", &file];
    let mut server = certificates.server_with(&flags);
    // The file was made, for its owner's eyes.
    let mode = std::os::unix::fs::PermissionsExt::mode(&file_metadata(&file).permissions());
    assert_eq!(mode & 0o777, 0o600);
    let first = std::fs::read_to_string(&file).unwrap();
    assert_eq!(first.trim().len(), 64);
    let both = format!("{}\n{first}", "ab".repeat(32));
    std::fs::write(&file, "no key").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(resumed(&certificates.login(&server, &["--resume", "1"])), [false, true]);
    let line = server.line();
    assert!(line.starts_with("ticket keys stay as they are, "), "{line}");
    std::fs::write(&file, both).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(resumed(&certificates.login(&server, &["--resume", "1"])), [false, true]);
    let lines: Vec<_> = (0..3).map(|_| server.line()).collect();
    assert!(lines.contains(&format!("new ticket keys from {file}")), "{lines:?}");
}

fn file_metadata(path: &str) -> std::fs::Metadata {
    std::fs::metadata(path).unwrap()
}

#[test]
fn resumptions_are_counted() {
    let certificates = Certificates::new("counted");
    let server = certificates.server_with(&["--session-lifetime", "600"]);
    let run = certificates.login(&server, &["--resume", "2", "--count", "3"]);
    let [tally, last] = &run.lines()[..] else { panic!("{}", run.stdout) };
    assert!(tally.starts_with("9 of 9 logins, 6 resumed, "), "{tally}");
    assert_eq!(last, "SUCCESS");
    let run = certificates.login(&server, &["--resume", "1", "--json"]);
    let lines = run.lines();
    let resumed = lines.iter().map(|line| line.contains("\"resumed\":true"));
    assert_eq!(resumed.collect::<Vec<_>>(), [false, true], "{lines:?}");
}

#[test]
fn resumption_flags_out_of_range_are_usage_errors() {
    peer_usage_error(
        &["--method", "tls", "--resume", "0"],
        "--resume \"0\"; accepted: 1 to 1000000",
    );
    server_usage_error(
        &["--session-lifetime", "604801"],
        "--session-lifetime \"604801\"; accepted: 1 to 604800",
    );
}

#[test]
fn tls_says_what_was_wrong_with_a_certificate() {
    let (ours, theirs) = (Certificates::new("ours"), Certificates::new("theirs"));
    let server = ours.server();
    let name = ["--server-name", "other.example.org"];
    let run = ours.login(&server, &name);
    let expected = "FAILURE: the certificate is for server.example.org, expected other.example.org";
    assert_eq!((run.status, run.lines().last().unwrap().as_str()), (1, expected));
    let run = theirs.login(&server, &[]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("FAILURE: issued by an untrusted CA"), "{}", run.stdout);
}

#[test]
fn tls_without_a_ca_is_refused_unless_asked_for_by_name() {
    let certificates = Certificates::new("insecure");
    let server = certificates.server();
    let run = server.login(&["--method", "tls"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    let error = "error: nothing to trust is configured; accepted: --ca, \
                 --insecure-no-server-authentication, ";
    assert!(run.stderr.starts_with(error), "{}", run.stderr);
    let own = certificates.path(ALICE.0);
    let flags = ["--method", "tls", "--cert", &own, "--key", &own];
    let run = server.login(&[&flags[..], &["--insecure-no-server-authentication"]].concat());
    assert_eq!(run.status, 0, "{}", run.stdout);
}

#[test]
fn tls_says_whose_certificate_it_is_where_the_identity_is_another() {
    let certificates = Certificates::new("names");
    let mut server = certificates.server();
    for (identity, shown) in [
        ("alice", "accept alice (EAP-TLS)"),
        ("alice.example.org", "accept alice.example.org (EAP-TLS)"),
        ("@example.org", "accept @example.org (EAP-TLS), certificate of alice.example.org"),
        ("bob", "accept bob (EAP-TLS), certificate of alice.example.org"),
    ] {
        let run = certificates.login(&server, &["--anonymous-identity", identity]);
        assert_eq!(run.status, 0, "{}", run.stdout);
        assert_eq!(server.line(), shown);
    }
}

#[test]
fn tls_logs_in_whoever_has_a_name_that_is_accepted() {
    let certificates = Certificates::new("client-names");
    for flags in [
        &["--client-name", "bob.example.org", "--client-name", "Alice.Example.org"][..],
        &["--client-name-suffix", "example.org"],
    ] {
        let mut server = certificates.server_with(flags);
        let run = certificates.login(&server, &[]);
        assert_eq!(run.status, 0, "{}", run.stdout);
        assert_eq!(server.line(), "accept alice (EAP-TLS)");
    }
    // There is an alternative name: the common name does not count.
    let mut server = certificates.server_with(&["--client-name", "alice"]);
    let run = certificates.login(&server, &[]);
    let expected = "FAILURE: refused by the other side: bad certificate";
    assert_eq!((run.status, run.lines().last().unwrap().as_str()), (1, expected));
    let why = "reject alice: the certificate is for alice.example.org, expected alice";
    assert_eq!(server.line(), why);
}

#[test]
fn a_tunnel_asks_for_certificates_if_told_to() {
    let certificates = Certificates::new("tunnel");
    let (server_own, own, ca) =
        (certificates.path(SERVER.0), certificates.path(ALICE.0), certificates.path("ca.pem"));
    let methods = "peap/mschapv2,ttls/mschapv2";
    let server = ["--methods", methods, "--cert", &server_own, "--key", &server_own, "--ca", &ca];
    let needs = "--client-name needs --client-certificates, or EAP-TLS";
    server_usage_error(&[&server[..], &["--client-name", "alice"]].concat(), needs);
    let flags = ["--client-certificates", "perhaps"];
    let error = "--client-certificates \"perhaps\"; accepted: optional, required";
    server_usage_error(&[&server[..], &flags].concat(), error);
    for (whether, required) in [("optional", false), ("required", true)] {
        let flags = ["--client-certificates", whether, "--user", "alice@example.org:wonderland"];
        let mut server = Server::start(&[&server[..], &flags].concat());
        for (method, shown) in [
            ("peap/mschapv2", "PEAP with EAP-MSCHAPv2"),
            ("ttls/mschapv2", "EAP-TTLS with MS-CHAPv2"),
        ] {
            let log_in = |more: &[&str]| {
                let flags = [
                    "--method",
                    method,
                    "--ca",
                    &ca,
                    "--anonymous",
                    "--identity",
                    "alice@example.org",
                ];
                server.login(&[&flags[..], more].concat())
            };
            // The hash of the password above.
            let hash = ["--nt-hash", "3e057cd123205aa168af5f121716b335"];
            let run = log_in(&[&hash[..], &["--cert", &own, "--key", &own]].concat());
            let without = log_in(&["--password", "wonderland"]);
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
            let named =
                format!("accept alice@example.org ({shown}), certificate of alice.example.org");
            assert_eq!(server.line(), named);
            assert_eq!(without.status, i32::from(required), "{}", without.stdout);
            assert_eq!(
                server.line(),
                match required {
                    true => "reject @example.org: no certificate was presented".to_owned(),
                    false => format!("accept alice@example.org ({shown})"),
                }
            );
        }
    }
}

#[test]
fn what_does_not_go_together_is_named_by_its_flags() {
    let tls = ["--method", "tls"];
    for (flags, error) in [
        (&["--tls-max", "1.0"][..], "--tls-max 1.0 needs --legacy-tls"),
        (&["--tls-min", "1.1"], "--tls-min 1.1 needs --legacy-tls"),
        (
            &["--crypto-binding", "required", "--peap-max-version", "1"],
            "--crypto-binding required and --peap-max-version 1 contradict each other",
        ),
        (
            &["--insecure-no-server-authentication", "--server-name", "example.org"],
            "--server-name and --insecure-no-server-authentication contradict each other",
        ),
        (&["--legacy-tls", "--resume", "1"], "--legacy-tls and --resume contradict each other"),
    ] {
        peer_usage_error(&[&tls[..], flags].concat(), error);
    }
    let keys = ["--methods", "tls", "--legacy-tls", "--ticket-key", "x"];
    server_usage_error(&keys, "--legacy-tls and --ticket-key contradict each other");
    let certificates = Certificates::new("together");
    let ca = certificates.path("ca.pem");
    for (flags, error) in [
        (
            &["--tls-min", "1.3", "--tls-max", "1.2"][..],
            "--tls-min 1.3 and --tls-max 1.2 contradict each other",
        ),
        (&["--server-name", "a b"], "--server-name: not a DNS name; accepted: "),
    ] {
        let run = peer("127.0.0.1:9", SECRET, &[&tls[..], &["--ca", &ca], flags].concat());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.starts_with(&format!("error: {error}")), "{}", run.stderr);
    }
}

#[test]
fn anonymous_is_said_in_one_way() {
    let flags = ["--method", "ttls/pap", "--anonymous", "--anonymous-identity", "@example.org"];
    peer_usage_error(&flags, "--anonymous and --anonymous-identity contradict each other");
}

#[test]
fn tls_refuses_what_a_revocation_list_names() {
    let certificates = Certificates::new("revoked");
    let mut server = certificates.server();
    let without_alice = certificates.revocation_list(ALICE);
    for list in &certificates.revocation_list(SERVER) {
        let run = certificates.login(&server, &["--crl", list]);
        let expected = "FAILURE: the certificate was revoked by its CA";
        assert_eq!((run.status, run.lines().last().unwrap().as_str()), (1, expected));
        let heard = "reject alice: refused by the other side: certificate revoked";
        assert_eq!(server.line(), heard);
        for other in &without_alice {
            // The last list does not replace the one before.
            let run = certificates.login(&server, &["--crl", list, "--crl", other]);
            assert_eq!(run.lines().last().unwrap(), expected);
            assert_eq!(server.line(), heard);
            let run = certificates.login(&server, &["--crl", other]);
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
            assert_eq!(server.line(), "accept alice (EAP-TLS)");
        }
    }
    for list in &without_alice {
        let mut server = certificates.server_with(&["--crl", list]);
        let run = certificates.login(&server, &[]);
        let expected = "FAILURE: refused by the other side: certificate revoked";
        assert_eq!((run.status, run.lines().last().unwrap().as_str()), (1, expected));
        assert_eq!(server.line(), "reject alice: the certificate was revoked by its CA");
    }
}

#[test]
fn a_revocation_list_that_cannot_be_used_is_named() {
    let certificates = Certificates::new("lists");
    let (own, ca) = (certificates.path(ALICE.0), certificates.path("ca.pem"));
    let tls = ["--method", "tls"];
    peer_usage_error(&[&tls[..], &["--crl", &own]].concat(), "--crl needs --ca");
    let error = |list: &str| {
        let flags = [&tls[..], &["--ca", &ca, "--crl", list]].concat();
        let run = peer("127.0.0.1:9", SECRET, &flags);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        run.stderr
    };
    assert!(error("/nowhere").starts_with("error: --crl /nowhere: "), "{}", error("/nowhere"));
    let text = "error: --crl: no revocation list found; accepted: PEM (BEGIN X509 CRL) or DER\n";
    assert_eq!(error(&own), text);
}

/// Another password after a wrong one, and a new one after one that has expired: inside tunnels as
/// outside.
#[test]
fn mschapv2_tries_again_and_changes_passwords_inside_tunnels() {
    let certificates = Certificates::new("retries");
    let users = certificates.path("users.toml");
    let (own, ca) = (certificates.path(SERVER.0), certificates.path("ca.pem"));
    for method in ["ttls/mschapv2", "ttls/eap-mschapv2", "peap/mschapv2"] {
        let file = "[users.alice]\npassword = \"wonderland\"\n\
                    [users.bob]\npassword = \"wonderland\"\nstatus = \"expired\"\n";
        std::fs::write(&users, file).unwrap();
        let mut server = Server::start(&[
            "--users",
            &users,
            "--password-retries",
            "1",
            "--methods",
            method,
            "--cert",
            &own,
            "--key",
            &own,
        ]);
        let log_in = |identity: &str, password: &str, more: &[&str]| {
            let flags = ["--method", method, "--ca", &ca, "--identity", identity];
            server.login(&[&flags[..], &["--password", password], more].concat())
        };
        assert_eq!(log_in("alice", "typo", &[]).status, 1, "{method}");
        let typo = log_in("alice", "typo", &["--retry-password", "wonderland"]);
        assert_eq!(typo.status, 0, "{method}: {}", typo.stdout);
        let expired = log_in("bob", "wonderland", &[]);
        let lines = ["FAILURE: the password has expired (\"Expired\")".to_owned()];
        assert_eq!((expired.status, expired.lines()), (1, lines.to_vec()), "{method}");
        let changed = log_in("bob", "wonderland", &["--new-password", "looking-glass"]);
        assert_eq!(changed.status, 0, "{method}: {}", changed.stdout);
        assert_eq!(log_in("bob", "looking-glass", &[]).status, 0, "{method}");
        assert_eq!(log_in("bob", "wonderland", &[]).status, 1, "{method}");
        assert!(!server.stop().iter().any(|line| line.contains("glass")));
    }
}
