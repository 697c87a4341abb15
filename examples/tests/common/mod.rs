//! The examples as programs.

use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// The example, built into the target directory and profile that this test was built into.
pub(crate) fn example(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    BUILT.lock().unwrap().entry(name).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    // <target directory>/<profile>/deps/<this test>
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().and_then(std::path::Path::parent).unwrap();
    let profile = folder.file_name().and_then(|name| name.to_str()).unwrap();
    let status = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--example", name])
        .args(["--profile", if profile == "debug" { "dev" } else { profile }])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "the example does not build");
    folder.join("examples").join(format!("{name}{EXE_SUFFIX}"))
}
