//! `switch_port`, as far as it can be seen without the right to open packet sockets. What it does on
//! a port is in `tests/interop`.

#![expect(clippy::unwrap_used, reason = "a test harness: what cannot be run is a failed test")]

mod common;

use std::process::Command;

use common::example;

/// Exit status, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(example("switch_port")).args(arguments).output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const PORT: [&str; 4] = ["--interface", "no-such-port", "--server", "127.0.0.1:1"];

#[test]
fn help_names_every_flag_and_fits_a_screen() {
    let (status, help, stderr) = run(&["--help"]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    for flag in [
        "interface",
        "server",
        "secret",
        "secret-file",
        "radius-wait",
        "radius-tries",
        "nas-identifier",
        "user",
        "users",
        "methods",
        "mab",
        "mab-delay",
        "mac-format",
        "insecure-missing-message-authenticator",
        "reauth-period",
        "quiet-period",
        "tx-period",
        "max-reauth-req",
        "port-control",
        "eapol-version",
        "unicast",
        "vlan-default",
        "key-fingerprint",
        "verbose",
        "help",
    ] {
        assert!(help.contains(&format!("  --{flag}")), "{flag}");
    }
    assert!(help.lines().all(|line| line.len() <= 80), "{help}");
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused_with_what_is_accepted() {
    let cases: [(&[&str], &str); 16] = [
        (&["--secret", "s"], "--server is missing"),
        (&["--server", "h:1", "--secret", "s"], "--interface is missing"),
        (&PORT, "--secret or --secret-file is missing"),
        (&["--mab", "always"], "--mab \"always\"; accepted: off, first, after"),
        (&["--mac-format", "hex"], "--mac-format \"hex\"; accepted: aabbccddeeff, AABBCCDDEEFF"),
        (&["--methods", "tls"], "--methods \"tls\"; accepted: md5, otp, gtc, mschapv2"),
        (&["--quiet-period", "0"], "--quiet-period \"0\"; accepted: 1 to 36000"),
        (&["--max-reauth-req", "11"], "--max-reauth-req \"11\"; accepted: 1 to 10"),
        (&["--radius-wait", "9"], "--radius-wait \"9\"; accepted: 10 to 60000"),
        (&["--vlan-default", "4095"], "--vlan-default \"4095\"; accepted: 1 to 4094, or a name"),
        (&["--eapol-version", "4"], "--eapol-version \"4\"; accepted: 1, 2, 3"),
        (&["--port-control", "open"], "accepted: auto, force-authorized, force-unauthorized"),
        (&["--nas-identifier", ""], "--nas-identifier; accepted: 1 to 253 octets"),
        (&["--secret-file", "/no/such/file"], "--secret-file /no/such/file: "),
        (&["--user", "alice"], "--user: accepted: NAME:PASSWORD"),
        (&["--colour"], "invalid option '--colour'"),
    ];
    for (arguments, why) in cases {
        let (status, stdout, stderr) = run(arguments);
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.starts_with("error: ") && stderr.contains(why), "{arguments:?}: {stderr}");
        assert!(stderr.contains("usage: switch_port "), "{stderr}");
    }
}

#[test]
fn settings_that_need_each_other_say_so() {
    let cases: [(&[&str], &str); 2] = [
        (&["--mab-delay", "5"], "--mab-delay without --mab after"),
        (&["--methods", "md5"], "--methods without a --user"),
    ];
    for (more, why) in cases {
        let (status, _, stderr) = run(&[&PORT[..], &["--secret", "s"], more].concat());
        assert_eq!(status, 2);
        assert!(stderr.starts_with(&format!("error: {why}\n")), "{stderr}");
    }
}

#[test]
fn an_interface_that_cannot_be_opened_is_named() {
    let (status, stdout, stderr) = run(&[&PORT[..], &["--secret", "hunter2"]].concat());
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with("error: no-such-port: "), "{stderr}");
    assert!(!stderr.contains("hunter2"));
}
