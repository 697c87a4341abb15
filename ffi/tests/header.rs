//! The committed header is what the pinned cbindgen generates.
//!
//! `UPDATE_HEADER=1 cargo test -p eap-rs-ffi --test header` writes it anew.

use std::path::Path;

#[test]
fn include_eap_rs_h_is_current() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = crate_dir.join("../include/eap_rs.h");
    let mut generated = Vec::new();
    cbindgen::generate(crate_dir).expect("cbindgen reads the crate").write(&mut generated);
    let generated = String::from_utf8(generated).expect("a header is UTF-8");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&header, &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&header).expect("the header is committed");
    assert!(
        committed == generated,
        "include/eap_rs.h is out of date: run UPDATE_HEADER=1 cargo test -p eap-rs-ffi --test header"
    );
}

/// Plain `eap_` would clash with the symbols of hostap, which many phones link as well.
#[test]
fn every_exported_function_carries_the_prefix() {
    let header = include_str!("../../include/eap_rs.h");
    let functions: Vec<&str> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '#']))
        .filter_map(|line| line.split_once('('))
        .filter_map(|(before, _)| before.rsplit([' ', '*']).next())
        .collect();
    assert!(functions.len() > 60, "{functions:?}");
    for function in functions {
        assert!(function.starts_with("eaprs_"), "{function}");
    }
}
