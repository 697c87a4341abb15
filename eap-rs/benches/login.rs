//! Time per login, both ends together, and per packet.
//!
//! ```text
//! cargo bench -p eap-rs --bench login
//! cargo bench -p eap-rs --bench login -- parse     # only what has "parse" in its name
//! cargo bench -p eap-rs --bench login -- --quick   # a rough answer in a second each
//! ```
//!
//! A login is two sessions from their creation to their results, with configurations that are
//! already built: what a switch or server does for each port. What an MD5-Challenge login cannot
//! do without is two MD5 digests, one for each end. The last lines say how many times that a
//! login takes.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

mod pair;

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use criterion::measurement::{Measurement, WallTime};
use eap_rs::packet::Packet;
use eap_rs::{ConfigError, MethodType};
use md5::{Digest, Md5};

use pair::{PASSWORD, Setup};

fn main() -> Result<(), ConfigError> {
    let mut criterion = Criterion::default().configure_from_args();
    logins(&mut criterion)?;
    parsing(&mut criterion);
    criterion.final_summary();
    compare_with_bare_digests()
}

fn logins(criterion: &mut Criterion) -> Result<(), ConfigError> {
    let mut group = criterion.benchmark_group("login");
    for (name, method) in [("md5", MethodType::MD5), ("gtc", MethodType::GTC)] {
        let setup = Setup::new(method)?;
        group.bench_function(name, |bencher| bencher.iter(|| setup.login()));
    }
    group.bench_function("two bare md5 digests", |bencher| bencher.iter(two_digests));
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

/// In alternation, so that whatever else the machine does slows both. The fastest of many short
/// rounds is what each costs when undisturbed.
fn compare_with_bare_digests() -> Result<(), ConfigError> {
    const ROUNDS: u32 = 100;
    const PER_ROUND: u32 = 200;
    let setup = Setup::new(MethodType::MD5)?;
    let (mut login, mut digests) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        login = login.min(time(PER_ROUND, || setup.login()));
        digests = digests.min(time(PER_ROUND, two_digests));
    }
    let (login, digests) = (login / PER_ROUND, digests / PER_ROUND);
    println!("MD5-Challenge login, both ends  {login:>8?}");
    println!("two bare MD5 digests            {digests:>8?}");
    println!(
        "ratio                           {:>8.1}",
        login.as_secs_f64() / digests.as_secs_f64()
    );
    Ok(())
}

fn time(times: u32, mut call: impl FnMut()) -> Duration {
    let start = WallTime.start();
    for _ in 0..times {
        call();
    }
    WallTime.end(start)
}
