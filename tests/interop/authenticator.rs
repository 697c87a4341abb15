//! Our authenticator on the wire: `wpa_supplicant -Dwired`, and `phone`.

use crate::certificates::{Authority, Certificate};
use crate::lab::{Host, Lab, PHONE, Process};
use crate::{example, phone, settings, settings_with, tls_settings};

fn authenticator(lab: &Lab, more: &[&str]) -> Process {
    let mut args = vec!["--interface", "sw0", "--user", "alice:secret"];
    args.extend(more);
    let mut authenticator = lab.start(Host::Switch, &example("authenticator"), &args);
    authenticator.expect("link: up");
    authenticator
}

pub(crate) fn wpa_supplicant(lab: &Lab, password: &str, eap: &str) -> Process {
    wpa_supplicant_with(lab, &format!("eap={eap}\n  password=\"{password}\""))
}

fn wpa_supplicant_with(lab: &Lab, network: &str) -> Process {
    wpa_supplicant_on(lab, "ph0", network)
}

/// On this interface of the phone's host. It prints its keys (-K), to be compared.
pub(crate) fn wpa_supplicant_on(lab: &Lab, interface: &str, network: &str) -> Process {
    let interface = format!("-i{interface}");
    let control = lab.path("control");
    let config = lab.file(
        "wpa_supplicant.conf",
        &format!(
            "ctrl_interface={control}\nap_scan=0\nnetwork={{\n  key_mgmt=IEEE8021X\n  eapol_flags=0\n  \
             identity=\"alice\"\n  {network}\n}}\n"
        ),
    );
    lab.start(Host::Phone, "wpa_supplicant", &["-Dwired", &interface, "-c", &config, "-dK"])
}

#[test]
fn wpa_supplicant_logs_in_with_md5() {
    let lab = Lab::new();
    let mut authenticator = authenticator(&lab, &["--method", "md5"]);
    let mut wpa_supplicant = wpa_supplicant(&lab, "secret", "MD5");
    wpa_supplicant.expect("CTRL-EVENT-EAP-SUCCESS");
    authenticator.expect(&format!("{PHONE}: authenticated alice (MD5-Challenge)"));
    let control = lab.path("control");
    let mut wpa_cli = lab.start(Host::Phone, "wpa_cli", &["-p", &control, "-i", "ph0", "logoff"]);
    assert!(wpa_cli.wait().success());
    authenticator.expect(&format!("{PHONE}: logged off"));
}

#[test]
fn wpa_supplicant_with_a_wrong_password_is_refused() {
    let lab = Lab::new();
    let mut authenticator = authenticator(&lab, &["--method", "md5"]);
    let mut wpa_supplicant = wpa_supplicant(&lab, "guess", "MD5");
    wpa_supplicant.expect("CTRL-EVENT-EAP-FAILURE");
    authenticator.expect(&format!("{PHONE}: refused: wrong password or token"));
}

#[test]
fn wpa_supplicant_logs_in_with_gtc_and_is_sent_a_notification() {
    let lab = Lab::new();
    let more = ["--method", "gtc", "--notification", "Maintenance tonight"];
    let mut authenticator = authenticator(&lab, &more);
    let mut wpa_supplicant = wpa_supplicant(&lab, "secret", "GTC");
    wpa_supplicant.expect("Maintenance tonight");
    wpa_supplicant.expect("CTRL-EVENT-EAP-SUCCESS");
    authenticator.expect(&format!("{PHONE}: authenticated alice (GTC)"));
}

#[test]
fn wpa_supplicant_refuses_what_it_is_not_configured_for() {
    let lab = Lab::new();
    let mut authenticator = authenticator(&lab, &["--method", "md5"]);
    let _wpa_supplicant = wpa_supplicant(&lab, "secret", "GTC");
    authenticator.expect(&format!("{PHONE}: refused: no common method"));
}

/// With EAP-TLS, every station again after two seconds, and sessions that may be resumed.
fn resuming_authenticator(lab: &Lab, server: &Certificate, clients: &Authority<'_>) -> Process {
    #[rustfmt::skip]
    let more = [
        "--method", "tls", "--cert", &server.certificate, "--key", &server.key,
        "--ca", &clients.path, "--session-lifetime", "3600", "--reauth-period", "2000",
    ];
    authenticator(lab, &more)
}

#[test]
fn wpa_supplicant_resumes_its_session() {
    for disabled in [true, false] {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let client = ca.client();
        let mut authenticator = resuming_authenticator(&lab, &ca.server(), &ca);
        let (ca, disabled) = (&ca.path, u8::from(disabled));
        let (certificate, key) = (&client.certificate, &client.key);
        let _wpa_supplicant = wpa_supplicant_with(
            &lab,
            &format!(
                "eap=TLS\n  ca_cert=\"{ca}\"\n  client_cert=\"{certificate}\"\n  \
                 private_key=\"{key}\"\n  phase1=\"tls_disable_tlsv1_3={disabled}\""
            ),
        );
        authenticator.expect(&format!("{PHONE}: authenticated alice (EAP-TLS)"));
        for _ in 0..2 {
            authenticator.expect(&format!("{PHONE}: authenticated alice (EAP-TLS, resumed)"));
        }
    }
}

#[test]
fn phone_resumes_its_session() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let mut authenticator = resuming_authenticator(&lab, &ca.server(), &ca);
    let mut phone = phone(&lab, &tls_settings(&lab, &ca, &ca.client()), &[]);
    phone.expect("login ok: alice (EAP-TLS, TLS 1.3)");
    authenticator.expect(&format!("{PHONE}: authenticated alice (EAP-TLS)"));
    phone.expect("login ok: alice (EAP-TLS, TLS 1.3, resumed)");
    authenticator.expect(&format!("{PHONE}: authenticated alice (EAP-TLS, resumed)"));
}

/// In PEAP and EAP-TTLS, every station again after two seconds, and sessions that may be resumed.
fn tunneling_authenticator(lab: &Lab, method: &str, server: &Certificate) -> Process {
    #[rustfmt::skip]
    let more = [
        "--method", method, "--cert", &server.certificate, "--key", &server.key,
        "--session-lifetime", "3600", "--reauth-period", "2000",
    ];
    authenticator(lab, &more)
}

#[test]
fn phone_logs_in_and_resumes_in_a_tunnel() {
    let cases = [
        (3, "peap", "PEAP", "EAP-MSCHAPv2"),
        (4, "ttls", "EAP-TTLS", "EAP-MSCHAPv2"),
        (5, "peap", "PEAP", "GTC"),
        (6, "ttls", "EAP-TTLS", "GTC"),
    ];
    for (mode, method, outer, inner) in cases {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut authenticator = tunneling_authenticator(&lab, method, &ca.server());
        let more = format!("<P8628>secret</P8628><P20987>{}</P20987>", ca.path);
        let mut phone = phone(&lab, &settings_with(&lab, mode, "alice", &more), &[]);
        phone.expect(&format!("login ok: alice ({outer} with {inner}, TLS 1.3)"));
        authenticator.expect(&format!("{PHONE}: identity inside the tunnel alice"));
        authenticator.expect(&format!("{PHONE}: authenticated alice ({outer} with {inner})"));
        phone.expect(&format!("login ok: alice ({outer} with {inner}, TLS 1.3, resumed)"));
        // The session remembers who it was, and how.
        let name = format!("{outer} with {inner}, resumed");
        authenticator.expect(&format!("{PHONE}: authenticated alice ({name})"));
    }
}

#[test]
fn wpa_supplicant_logs_in_inside_a_tunnel() {
    let cases = [
        ("peap", "PEAP", "auth=MSCHAPV2", "PEAP with EAP-MSCHAPv2"),
        ("peap", "PEAP", "auth=GTC", "PEAP with GTC"),
        ("ttls", "TTLS", "autheap=MSCHAPV2", "EAP-TTLS with EAP-MSCHAPv2"),
        ("ttls", "TTLS", "auth=PAP", "EAP-TTLS with PAP"),
        ("ttls", "TTLS", "auth=MSCHAPV2", "EAP-TTLS with MS-CHAPv2"),
    ];
    for (method, eap, phase2, name) in cases {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut authenticator = tunneling_authenticator(&lab, method, &ca.server());
        let network = format!(
            "eap={eap}\n  password=\"secret\"\n  anonymous_identity=\"anonymous\"\n  \
             ca_cert=\"{}\"\n  phase2=\"{phase2}\"",
            ca.path
        );
        let mut wpa_supplicant = wpa_supplicant_with(&lab, &network);
        wpa_supplicant.expect("CTRL-EVENT-EAP-SUCCESS");
        authenticator.expect(&format!("{PHONE}: identity anonymous"));
        authenticator.expect(&format!("{PHONE}: authenticated alice ({name})"));
    }
}

/// In EAP-FAST, with PACs for these stations, and every station again after two seconds.
fn fast_authenticator(lab: &Lab, server: &Certificate, provisioning: &str) -> Process {
    let key = lab.file("pac.key", "thirty-two octets that are a key");
    #[rustfmt::skip]
    let more = [
        "--method", "fast", "--cert", &server.certificate, "--key", &server.key,
        "--a-id", "101112131415161718191a1b1c1d1e1f", "--pac-key", &key,
        "--provisioning", provisioning, "--reauth-period", "2000",
    ];
    authenticator(lab, &more)
}

#[test]
fn wpa_supplicant_gets_a_pac_by_certificate_and_logs_in_by_it() {
    for (inner, name) in [("MSCHAPV2", "EAP-MSCHAPv2"), ("GTC", "GTC")] {
        let lab = Lab::new();
        let ca = Authority::new(&lab, "Test_CA");
        let mut authenticator = fast_authenticator(&lab, &ca.rsa_server(), "authenticated");
        let network = format!(
            "eap=FAST\n  password=\"secret\"\n  anonymous_identity=\"anonymous\"\n  \
             ca_cert=\"{}\"\n  phase1=\"fast_provisioning=2\"\n  phase2=\"auth={inner}\"\n  \
             pac_file=\"{}\"",
            ca.path,
            lab.path("pacs")
        );
        let mut wpa_supplicant = wpa_supplicant_with(&lab, &network);
        wpa_supplicant.expect("A-ID-Info - hexdump_ascii(len=13)");
        wpa_supplicant.expect("Send PAC-Acknowledgement TLV - Provisioning completed successfully");
        wpa_supplicant.expect("CTRL-EVENT-EAP-SUCCESS");
        authenticator.expect(&format!("{PHONE}: identity anonymous"));
        authenticator.expect(&format!("{PHONE}: authenticated alice (EAP-FAST with {name})"));
        let by_pac = format!("{PHONE}: authenticated alice (EAP-FAST with {name}, resumed)");
        authenticator.expect(&by_pac);
    }
}

#[test]
fn wpa_supplicant_gets_a_pac_from_anybody_and_logs_in_by_it() {
    let lab = Lab::new();
    let ca = Authority::new(&lab, "Test_CA");
    let mut authenticator = fast_authenticator(&lab, &ca.rsa_server(), "both");
    let network = format!(
        "eap=FAST\n  password=\"secret\"\n  phase1=\"fast_provisioning=1\"\n  \
         phase2=\"auth=MSCHAPV2\"\n  pac_file=\"{}\"",
        lab.path("pacs")
    );
    let mut first = wpa_supplicant_with(&lab, &network);
    first.expect("Send PAC-Acknowledgement TLV - Provisioning completed successfully");
    authenticator.expect(&format!("{PHONE}: refused: a PAC was provisioned"));
    // By itself, it would begin again in a minute.
    drop(first);
    let mut second = wpa_supplicant_with(&lab, &network);
    second.expect("CTRL-EVENT-EAP-SUCCESS");
    let name = "EAP-FAST with EAP-MSCHAPv2, resumed";
    authenticator.expect(&format!("{PHONE}: authenticated alice ({name})"));
}

#[test]
fn phone_is_shown_the_notification() {
    let lab = Lab::new();
    let mut authenticator = authenticator(&lab, &["--notification", "Maintenance tonight"]);
    let mut phone = phone(&lab, &settings(&lab, 1, "alice", "secret"), &[]);
    phone.expect("message from the network: Maintenance tonight");
    phone.expect("login ok: alice (MD5-Challenge)");
    authenticator.expect(&format!("{PHONE}: authenticated alice (MD5-Challenge)"));
    phone.signal("TERM");
    authenticator.expect(&format!("{PHONE}: logged off"));
}
