//! Our programs and the others, every combination of both sides' settings: logins with equal keys,
//! or refusals with their cause and alert. The result is kept in `docs/counterparts.md`.
//!
//! | file | what is in it |
//! |---|---|
//! | `methods` | the methods; another one is another row |
//! | `counterparts`, `peers`, `servers` | the programs, and what they print |
//! | `certificates` | good ones, and each with one flaw |
//! | `cells` | the other dimensions, and how a cell is tried |
//! | `pacs` | what EAP-FAST has besides, and how that is tried |
//! | `table` | the document |

use std::io::Write;
use std::path::Path;
use std::{fs, io, thread};

use cells::{Outcome, try_pair};
use certificates::Pki;
pub(crate) use certificates::{KeyType, SERVER_NAME};
use counterparts::PAIRS;
pub(crate) use pacs::{Pacs, Provisioning};
use table::document;

use crate::lab::Lab;

mod cells;
mod certificates;
mod counterparts;
mod methods;
mod pacs;
mod peers;
mod servers;
mod table;

#[test]
fn every_cell_is_as_documented() {
    let lab = Lab::new();
    let pkis = &[KeyType::Rsa2048, KeyType::P256].map(|key_type| Pki::new(&lab, key_type));
    let cells: Vec<_> = thread::scope(|scope| {
        let pairs = PAIRS.each_ref().map(|pair| scope.spawn(|| try_pair(pair, pkis)));
        pairs.into_iter().flat_map(|cells| cells.join().unwrap()).collect()
    });
    let document = document(&cells);
    // Shown also when the test succeeds.
    io::stdout().write_all(document.as_bytes()).unwrap();

    let failed: Vec<_> = cells
        .iter()
        .filter_map(|cell| match &cell.outcome {
            Outcome::Failed(why) => Some(format!("{}, {}: {why}", cell.row, cell.case)),
            _ => None,
        })
        .collect();
    let all = cells.len();
    assert!(failed.is_empty(), "{} of {all} cells:\n\n{}", failed.len(), failed.join("\n\n"));
    compare(&document);
}

fn compare(document: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/counterparts.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, document).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    assert!(
        committed == document,
        "docs/counterparts.md is out of date: run UPDATE_DOCS=1 tests/run interop"
    );
}
