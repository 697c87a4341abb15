//! Time per login, both ends together, and per packet.
//!
//! ```text
//! cargo bench -p eap-rs --bench login
//! cargo bench -p eap-rs --bench login -- parse     # only what has "parse" in its name
//! cargo bench -p eap-rs --bench login -- --quick   # a rough answer in a second each
//! ```
//!
//! A login is two sessions from their creation to their results, with configurations that are
//! already built: what a switch or server does for each port.
//!
//! The table at the end compares a login with what it cannot do without: for MD5-Challenge two MD5
//! digests, one for each end; for the methods over TLS the handshake of two rustls connections, with
//! the same certificates, provider and exported keys: of both ends for EAP-TLS, of the server alone
//! for PEAP and EAP-TTLS. RSA keys are made by the program `openssl`.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

mod bare;
mod pair;
mod pki;

use std::error::Error;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use criterion::Criterion;
use criterion::measurement::{Measurement, WallTime};
use eap_rs::packet::Packet;
use eap_rs::tls::TlsVersion;
use eap_rs::{ConfigError, MethodType};
use md5::{Digest, Md5};
use rcgen::KeyPair;

use bare::Bare;
use pair::{OVER_TLS, PASSWORD, Setup};
use pki::Pki;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let tls = tls_logins()?;
    logins(&mut criterion, &tls)?;
    parsing(&mut criterion);
    criterion.final_summary();
    compare(&tls)?;
    Ok(())
}

/// A login over TLS, and what it is compared with.
struct TlsLogin {
    name: String,
    setup: Setup,
    bare: Bare,
}

fn tls_logins() -> Result<Vec<TlsLogin>, Box<dyn Error>> {
    let mut logins = Vec::new();
    for (keys, pki) in [("P-256", Pki::p256()?), ("RSA-2048", Pki::new(rsa_2048)?)] {
        for (method, setup, who) in OVER_TLS {
            for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
                let (setup, bare) = (setup(&pki, version)?, Bare::new(&pki, version, who));
                logins.push(TlsLogin { name: format!("{method}, {version}, {keys}"), setup, bare });
            }
        }
    }
    Ok(logins)
}

/// ring makes no RSA keys.
fn rsa_2048() -> Result<KeyPair, Box<dyn Error>> {
    let made = Command::new("openssl").args(["genrsa", "2048"]).output();
    let pem = made.map_err(|error| format!("openssl: {error}"))?.stdout;
    Ok(KeyPair::from_pem(&String::from_utf8(pem)?)?)
}

fn logins(criterion: &mut Criterion, tls: &[TlsLogin]) -> Result<(), ConfigError> {
    let mut group = criterion.benchmark_group("login");
    for (name, method) in [("md5", MethodType::MD5), ("gtc", MethodType::GTC)] {
        let setup = Setup::new(method)?;
        group.bench_function(name, |bencher| bencher.iter(|| setup.login()));
    }
    group.bench_function("two bare md5 digests", |bencher| bencher.iter(two_digests));
    for TlsLogin { name, setup, bare } in tls {
        group.bench_function(name, |bencher| bencher.iter(|| setup.login()));
        let name = format!("{name}, bare handshake");
        group.bench_function(name, |bencher| bencher.iter(|| bare.handshake()));
    }
    group.finish();
    Ok(())
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, packet) in [
        ("identity request", &b"\x01\x07\x00\x05\x01"[..]),
        ("md5 response", b"\x02\x08\x00\x1e\x04\x100123456789abcdefphone-17"),
        ("expanded type", b"\x01\x03\x00\x0d\xfe\x00\x00\x00\x00\x00\x00\x04\xaa"),
        ("success", b"\x03\x08\x00\x04"),
        ("cut short", b"\x01\x07\x00\x06\x01"),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| Packet::parse(black_box(packet))));
    }
    group.finish();
}

/// RFC 1994 §4.1, once by the peer and once by the authenticator.
fn two_digests() {
    for _ in 0..2 {
        let mut hash = Md5::new();
        hash.update(black_box([7]));
        hash.update(black_box(PASSWORD));
        hash.update(black_box([0x5a; 16]));
        black_box(hash.finalize());
    }
}

fn compare(tls: &[TlsLogin]) -> Result<(), ConfigError> {
    println!("{:<32} {:>23} {:>23}", "", "median", "fastest");
    let [login, bare] = ["login", "bare"];
    println!("{:<32} {login:>11} {bare:>11} {login:>11} {bare:>11} {:>6}", "", "ratio");
    let md5 = Setup::new(MethodType::MD5)?;
    print_ratio("MD5-Challenge", 100, || md5.login(), two_digests);
    for TlsLogin { name, setup, bare } in tls {
        print_ratio(name, 1, || setup.login(), || bare.handshake());
    }
    Ok(())
}

/// In alternation, so that whatever else the machine does slows both. The ratio is that of the
/// fastest of many short rounds: what each costs when undisturbed.
fn print_ratio(what: &str, per_round: u32, mut login: impl FnMut(), mut bare: impl FnMut()) {
    const ROUNDS: usize = 1000;
    let (mut logins, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        logins.push(time(per_round, &mut login) / per_round);
        bares.push(time(per_round, &mut bare) / per_round);
    }
    let [(login, fastest_login), (bare, fastest_bare)] = [logins, bares].map(median_and_least);
    let ratio = fastest_login.as_secs_f64() / fastest_bare.as_secs_f64();
    println!(
        "{what:<32} {login:>11.2?} {bare:>11.2?} {fastest_login:>11.2?} {fastest_bare:>11.2?} \
         {ratio:>6.2}"
    );
}

fn median_and_least(mut times: Vec<Duration>) -> (Duration, Duration) {
    let middle = times.len() / 2;
    let (smaller, median, _) = times.select_nth_unstable(middle);
    (*median, smaller.iter().copied().min().unwrap_or(*median))
}

fn time(times: u32, mut call: impl FnMut()) -> Duration {
    let start = WallTime.start();
    for _ in 0..times {
        call();
    }
    WallTime.end(start)
}
