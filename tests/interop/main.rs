//! The C examples against hostapd and wpa_supplicant, on a cable between two network namespaces;
//! `switch_port` between wpa_supplicant, or our phone, and FreeRADIUS; the RADIUS examples against
//! eapol_test, FreeRADIUS and hostapd, in one of them; the keys against OpenSSL's.
//!
//! Needs root, iproute2, hostapd, wpa_supplicant, eapol_test, FreeRADIUS, tcpdump, openssl and
//! python3, the built C examples in the folder that `EAP_EXAMPLES_C` names, the built Rust examples
//! in that of `EAP_EXAMPLES_RUST`, and `openssl_exporter.c` as the program `OPENSSL_EXPORTER`.
//! `tests/run interop` sees to all of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "all of this is test code"
)]

mod authenticator;
mod certificates;
mod client_certificates;
mod exporters;
mod fast;
mod lab;
mod legacy;
mod matrix;
mod mschapv2;
mod mtu;
mod openssl;
mod peap;
mod phone;
mod radius;
mod switch_port;
mod ttls;

use certificates::{Authority, Certificate};
use lab::{Host, Lab, Process};

/// The path of a built C example.
fn example(name: &str) -> String {
    let folder = std::env::var("EAP_EXAMPLES_C")
        .expect("EAP_EXAMPLES_C names the folder of the built C examples: use tests/run interop");
    format!("{folder}/{name}")
}

/// The reference phone's settings for a mode with a password.
fn settings(lab: &Lab, mode: u8, identity: &str, password: &str) -> String {
    let password = format!(r#"<P8628 para="802.1XMD5Password">{password}</P8628>"#);
    settings_with(lab, mode, identity, &password)
}

/// The reference phone's settings, with the parameters that a mode needs.
fn settings_with(lab: &Lab, mode: u8, identity: &str, more: &str) -> String {
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<hl_provision version="1">
  <config version="1">
    <P8626 para="802.1XMode">{mode}</P8626>
    <P8627 para="802.1XIdentity">{identity}</P8627>
    {more}
  </config>
</hl_provision>
"#
    );
    lab.file("cfg.xml", &xml)
}

/// The phone's settings for EAP-TLS.
fn tls_settings(lab: &Lab, ca: &Authority<'_>, client: &Certificate) -> String {
    let (ca, device) = (&ca.path, &client.device);
    let certificates = format!(
        r#"<P20987 para="802.1XCACertificateURL">{ca}</P20987>
    <P20988 para="802.1XDeviceCertificateURL">file://{device}</P20988>"#
    );
    settings_with(lab, 2, "alice", &certificates)
}

/// The phone, on its end of the cable, with short times.
fn phone(lab: &Lab, config: &str, more: &[&str]) -> Process {
    let mut args = vec!["--interface", "ph0", "--config", config, "--start-period", "500"];
    args.extend(["--held-period", "1000", "--auth-period", "2000"]);
    args.extend(more);
    lab.start(Host::Phone, &example("phone"), &args)
}
