//! EAP-FAST: PACs, their files, and what is said of them.

use std::os::unix::fs::PermissionsExt;

use crate::tls::{Certificates, SERVER};
use crate::{Run, SECRET, Server, json, peer, peer_usage_error, run, server_usage_error};

const METHODS: [(&str, &str); 2] = [("fast/mschapv2", "EAP-MSCHAPv2"), ("fast/gtc", "GTC")];

struct Bench {
    certificates: Certificates,
    pac_file: String,
}

impl Bench {
    fn new(name: &str) -> Self {
        let certificates = Certificates::new(name);
        let pac_file = certificates.path("pacs");
        Self { certificates, pac_file }
    }

    fn server(&self, more: &[&str]) -> Server {
        let (own, keys) = (self.certificates.path(SERVER.0), self.certificates.path("pac.key"));
        #[rustfmt::skip]
        let flags = [
            "--methods", "fast/mschapv2,fast/gtc", "--cert", &own, "--key", &own,
            "--pac-key", &keys, "--user", "alice:wonderland",
        ];
        Server::start(&[&flags, more].concat())
    }

    fn login(&self, server: &Server, method: &str, more: &[&str]) -> Run {
        let flags = ["--method", method, "--pac-file", &self.pac_file, "--password", "wonderland"];
        server.login(&[&flags, more].concat())
    }
}

#[test]
fn a_certificate_brings_a_pac_into_the_file_and_the_pac_opens_the_next_tunnel() {
    for (method, inner) in METHODS {
        let bench = Bench::new(&method.replace('/', "-"));
        let ca = bench.certificates.path("ca.pem");
        let mut server = bench.server(&["--provisioning", "authenticated"]);
        let run = bench.login(&server, method, &["--ca", &ca]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        let [first, last] = &run.lines()[..] else { panic!("{}", run.stdout) };
        assert!(first.starts_with(&format!("alice logged in by EAP-FAST with {inner}: ")));
        assert!(first.ends_with("keys: equal on both ends, a new PAC is stored"), "{first}");
        assert_eq!(last, "SUCCESS");
        assert_eq!(server.line(), format!("accept alice (EAP-FAST with {inner})"));
        let mode = std::fs::metadata(&bench.pac_file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&bench.pac_file).unwrap();
        assert!(text.starts_with("wpa_supplicant EAP-FAST PAC file - version 1\n"), "{text}");
        // There is nothing else to trust.
        let run = bench.login(&server, method, &["--json"]);
        let report = json(&run.lines()[0]);
        assert_eq!((&report["resumed"], &report["pac_stored"]), (&true.into(), &false.into()));
        assert_eq!((run.status, &report["keys"]), (0, &true.into()), "{report}");
        assert_eq!(server.line(), format!("accept alice (EAP-FAST with {inner}, resumed)"));
        assert_eq!(std::fs::read_to_string(&bench.pac_file).unwrap(), text);
    }
}

#[test]
fn a_tunnel_without_anybodys_certificate_brings_a_pac_and_a_refusal() {
    let bench = Bench::new("anonymous");
    let mut server = bench.server(&["--provisioning", "both"]);
    let run = bench.login(&server, METHODS[0].0, &["--provisioning", "anonymous", "--json"]);
    let report = json(&run.lines()[0]);
    let reason = "a PAC was provisioned; the next login uses it";
    assert_eq!((run.status, &report["reason"]), (1, &reason.into()), "{report}");
    assert_eq!((&report["pac_stored"], &report["keys"]), (&true.into(), &false.into()));
    assert_eq!(server.line(), "reject alice: a PAC was provisioned; the next login uses it");
    let run = bench.login(&server, METHODS[0].0, &["--provisioning", "none"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(server.line(), "accept alice (EAP-FAST with EAP-MSCHAPv2, resumed)");
}

#[test]
fn a_pac_is_renewed_in_its_file() {
    let bench = Bench::new("renewed");
    let ca = bench.certificates.path("ca.pem");
    let server = bench.server(&["--pac-lifetime", "100", "--pac-refresh", "1000"]);
    let mut files = Vec::new();
    for _ in 0..3 {
        let run = bench.login(&server, METHODS[1].0, &["--ca", &ca]);
        assert!(run.stdout.contains(", a new PAC is stored\nSUCCESS\n"), "{}", run.stdout);
        files.push(std::fs::read(&bench.pac_file).unwrap());
    }
    files.dedup();
    assert_eq!(files.len(), 3);
}

/// Without a file, too, a PAC lasts as long as the program.
#[test]
fn the_next_login_of_a_run_goes_by_pac() {
    let bench = Bench::new("runs");
    let ca = bench.certificates.path("ca.pem");
    let mut server = bench.server(&["--a-id", "00112233445566778899aabbccddeeff"]);
    let flags = ["--method", METHODS[1].0, "--password", "wonderland", "--ca", &ca];
    let run = server.login(&[&flags[..], &["--resume", "1"]].concat());
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(!run.stdout.contains("PAC"), "{}", run.stdout);
    assert_eq!(server.line(), "accept alice (EAP-FAST with GTC)");
    assert_eq!(server.line(), "accept alice (EAP-FAST with GTC, resumed)");
}

#[test]
fn a_file_that_cannot_be_used_is_named_before_the_login() {
    let bench = Bench::new("file");
    let ca = bench.certificates.path("ca.pem");
    let [pipe, link] = ["pipe", "link"].map(|name| bench.certificates.path(name));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    let folder = bench.certificates.path("");
    let nowhere = bench.certificates.path("nowhere/pacs");
    std::fs::write(&bench.pac_file, "no PAC").unwrap();
    let mut server = bench.server(&[]);
    for (path, said) in [
        (&bench.pac_file, "line 1: no PAC file"),
        (&pipe, "not a regular file"),
        (&link, "not a regular file"),
        (&folder, "not a regular file"),
        (&nowhere, "No such file or directory"),
    ] {
        let run = bench.login(&server, METHODS[1].0, &["--ca", &ca, "--pac-file", path]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        let start = format!("error: --pac-file {path}: {said}");
        assert!(run.stderr.starts_with(&start), "{}", run.stderr);
    }
    // Nothing is to be stored.
    let none = ["--ca", &ca, "--pac-file", &nowhere, "--provisioning", "none"];
    let run = bench.login(&server, METHODS[1].0, &none);
    assert_eq!(run.status, 0, "{} {}", run.stdout, run.stderr);
    assert_eq!(server.line(), "accept alice (EAP-FAST with GTC)");
    peer_usage_error(&["--pac-file", ""], "--pac-file \"\"; accepted: the name of a file");
}

#[test]
fn a_pac_goes_to_where_a_link_leads_and_its_readers_stay_the_same() {
    let bench = Bench::new("link");
    let ca = bench.certificates.path("ca.pem");
    let link = bench.certificates.path("link");
    std::os::unix::fs::symlink("pacs", &link).unwrap();
    let server = bench.server(&["--pac-lifetime", "100", "--pac-refresh", "1000"]);
    for mode in [0o600, 0o640] {
        let run = bench.login(&server, METHODS[1].0, &["--ca", &ca, "--pac-file", &link]);
        assert!(run.stdout.contains(", a new PAC is stored\nSUCCESS\n"), "{}", run.stdout);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        let metadata = std::fs::symlink_metadata(&bench.pac_file).unwrap();
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o777, mode);
        let wider = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&bench.pac_file, wider).unwrap();
    }
}

#[test]
fn a_file_of_keys_that_cannot_be_used_is_named() {
    let bench = Bench::new("keys");
    let own = bench.certificates.path(SERVER.0);
    let (pipe, short) = (bench.certificates.path("pipe"), bench.certificates.path("short"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&short, format!("{}\n", "ab".repeat(31))).unwrap();
    let digits = "hexadecimal digits; accepted: 64 of them in each line, without spaces";
    for (path, said) in [(&pipe, "not a regular file"), (&short, digits)] {
        for (flag, method) in [("--pac-key", METHODS[1].0), ("--ticket-key", "peap/gtc")] {
            let listen = ["--listen", "127.0.0.1:0", "--secret", SECRET, "--methods", method];
            let files = ["--cert", &own, "--key", &own, flag, path];
            let run = run("radius_server", &[&listen[..], &files].concat());
            assert_eq!((run.status, run.stdout.as_str()), (1, ""));
            assert_eq!(run.stderr, format!("error: {flag} {path}: {said}\n"));
        }
    }
}

#[test]
fn a_peer_with_nothing_to_trust_is_not_started() {
    let bench = Bench::new("nothing");
    let run = bench.login(&bench.server(&[]), METHODS[1].0, &[]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with("error: nothing to trust is configured; "), "{}", run.stderr);
    assert!(run.stderr.ends_with(" with EAP-FAST also a PAC in --pac-file\n"), "{}", run.stderr);
}

#[test]
fn flags_that_only_fast_has_a_use_for_are_refused() {
    for flag in [&["--pac-file", "x"][..], &["--provisioning", "none"], &["--gtc-plain"]] {
        let tunnel = [&["--method", "peap/gtc"][..], flag].concat();
        peer_usage_error(&tunnel, &format!("{} is only for EAP-FAST", flag[0]));
    }
    for flag in [
        &["--pac-key", "x"][..],
        &["--a-id", "00"],
        &["--a-id-info", "x"],
        &["--pac-lifetime", "1"],
        &["--pac-refresh", "0"],
        &["--provisioning", "none"],
        &["--gtc-plain"],
    ] {
        let tunnel = [&["--methods", "peap/gtc"][..], flag].concat();
        server_usage_error(&tunnel, &format!("{} is only for EAP-FAST", flag[0]));
    }
}

#[test]
fn what_provisioning_needs_is_named_by_its_flags() {
    let bench = Bench::new("needs");
    let own = bench.certificates.path(SERVER.0);
    let keys = bench.certificates.path("pac.key");
    for provisioning in ["anonymous", "authenticated", "both"] {
        let flags = ["--method", METHODS[0].0, "--password", "x", "--provisioning", provisioning];
        let needs = format!("--provisioning {provisioning} needs --pac-file");
        peer_usage_error(&flags, &needs);
    }
    for (method, provisioning, needs) in [
        (METHODS[0].0, "authenticated", "--ca"),
        (METHODS[0].0, "both", "--ca"),
        (METHODS[1].0, "anonymous", "fast/mschapv2"),
        (METHODS[1].0, "both", "fast/mschapv2"),
    ] {
        let error = format!("error: --provisioning {provisioning} needs {needs}\n");
        let flags = ["--method", method, "--password", "x", "--provisioning", provisioning];
        let file = ["--pac-file", &bench.pac_file];
        let login = peer("127.0.0.1:9", SECRET, &[&flags[..], &file].concat());
        assert_eq!((login.status, login.stderr), (2, error.clone()));
        if needs == "fast/mschapv2" {
            let listen = ["--listen", "127.0.0.1:0", "--secret", SECRET, "--methods", method];
            let files = ["--cert", &own, "--key", &own, "--pac-key", &keys];
            let flags = ["--provisioning", provisioning];
            let run = run("radius_server", &[&listen[..], &files, &flags].concat());
            assert_eq!((run.status, run.stderr), (1, error));
        }
    }
}

#[test]
fn pacs_and_required_certificates_are_named_together() {
    let bench = Bench::new("together");
    let [own, ca, keys] = [SERVER.0, "ca.pem", "pac.key"].map(|name| bench.certificates.path(name));
    let listen = ["--listen", "127.0.0.1:0", "--secret", SECRET, "--methods", METHODS[1].0];
    let files = ["--cert", &own, "--key", &own, "--ca", &ca, "--pac-key", &keys];
    let run = run(
        "radius_server",
        &[&listen[..], &files, &["--client-certificates", "required"]].concat(),
    );
    let error =
        format!("--pac-key {keys} and required client certificates contradict each other\n");
    assert_eq!((run.status, run.stderr), (1, format!("error: {error}")));
}

#[test]
fn versions_of_tls_are_chosen_as_far_as_there_are_any() {
    let bench = Bench::new("versions");
    let ca = bench.certificates.path("ca.pem");
    let trusts = ["--ca", &ca];
    let anonymous = ["--provisioning", "anonymous"];
    let server = bench.server(&["--provisioning", "both", "--tls-min", "1.1", "--tls-max", "1.1"]);
    for trust in [&trusts[..], &anonymous] {
        let login = |flags: &[&str]| bench.login(&server, METHODS[0].0, &[trust, flags].concat());
        for flags in [["--tls-max", "1.0"], ["--tls-min", "1.2"]] {
            let run = login(&flags);
            assert_eq!(run.status, 1, "{}", run.stdout);
            assert!(run.stdout.contains("protocol"), "{flags:?}: {}", run.stdout);
        }
        let run = login(&["--tls-min", "1.1", "--tls-max", "1.1"]);
        assert!(run.stdout.contains("PAC"), "{}", run.stdout);
        std::fs::remove_file(&bench.pac_file).unwrap();
        let run = login(&["--tls-min", "1.3"]);
        let error = "error: --tls-min 1.3 and the versions of EAP-FAST contradict each other\n";
        assert_eq!((run.status, run.stderr.as_str()), (2, error));
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let accepted = "accepted: none, anonymous, authenticated, both";
    for wrong in ["", "off"] {
        let error = format!("--provisioning {wrong:?}; {accepted}");
        peer_usage_error(&["--provisioning", wrong], &error);
        server_usage_error(&["--provisioning", wrong], &error);
    }
    for wrong in ["", "0", "xy"] {
        let error = format!("--a-id {wrong:?}; accepted: 2 to 2030 hexadecimal digits");
        server_usage_error(&["--a-id", wrong], &error);
    }
    let error = "--pac-lifetime \"0\"; accepted: 1 to 315360000";
    server_usage_error(&["--pac-lifetime", "0"], error);
    let fast = ["--methods", "fast/gtc"];
    for flag in [["--pac-lifetime", "1"], ["--pac-refresh", "1"], ["--provisioning", "both"]] {
        let error = format!("{} needs --pac-key", flag[0]);
        server_usage_error(&[&fast[..], &flag].concat(), &error);
    }
}
