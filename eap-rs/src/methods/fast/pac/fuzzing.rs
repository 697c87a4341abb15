//! Files of PACs, for the fuzz target `pac_file`: what is read of one is written, in both formats,
//! and read again as the same.

use super::{Pac, PacStore};

/// Reads one file.
pub(crate) fn pac_file(data: &[u8]) {
    let mut store = PacStore::new();
    let Err(error) = store.load(data) else { return written_again(&store) };
    assert!(store.is_empty());
    assert!(!error.to_string().contains(char::is_control));
}

fn written_again(store: &PacStore) {
    assert!(store.len() <= PacStore::DEFAULT_CAPACITY);
    for file in [store.to_text(), store.to_binary()] {
        let mut again = PacStore::new();
        assert_eq!(again.load(file.expose()), Ok(()));
        assert!(again.iter().map(fields).eq(store.iter().map(fields)));
    }
    for pac in store.iter() {
        assert!(!pac.authority_name().contains(char::is_control));
        let received = Pac::parse(&pac.to_attributes(), pac.authority());
        let received = received.ok().flatten();
        assert!(received.as_ref().map(fields) == Some(fields(pac)));
        let chosen = store.select(pac.authority(), pac.identity(), None);
        assert!(chosen.is_some_and(|chosen| chosen.authority() == pac.authority()));
    }
}

type Fields<'a> = (super::PacType, &'a [u8; 32], &'a [u8], &'a super::PacInfo);

fn fields(pac: &Pac) -> Fields<'_> {
    (pac.kind, pac.key.expose(), &pac.opaque, &pac.info)
}
