//! Identities.

use eap_rs::{Identity, Nai};

/// One identity: what is read of it fits what it is, and nothing of the user is given away.
pub fn identity(data: &[u8]) {
    let identity = Identity::new(data);
    let anonymous = identity.anonymous();
    let octets = anonymous.as_bytes();
    assert!(octets == b"anonymous" || (octets.starts_with(b"@") && data.ends_with(octets)));
    assert_eq!(
        octets.iter().filter(|octet| **octet == b'@').count(),
        usize::from(octets[0] == b'@')
    );
    assert_eq!(anonymous.anonymous(), anonymous);
    let Some(nai) = identity.nai() else { return };
    assert_eq!(nai.to_string().as_bytes(), data);
    if let Some(realm) = nai.realm() {
        assert_eq!(octets, format!("@{realm}").as_bytes());
        assert!(realm.is_same(realm.as_str()) && realm.is_same_or_below(realm.as_str()));
    }
    if let Some((home, undecorated)) = nai.decoration() {
        assert_eq!(Nai::parse(&undecorated).and_then(|nai| nai.realm()), Some(home));
    }
}
