//! What an identity says of where its home is (RFC 7542).

use eap_rs::{Identity, Nai, Realm};

use crate::boundary::{bytes, guard, lend, text};

/// What to give in the place of an identity where everybody can read it, outside a tunnel:
/// `@example.org` of `alice@example.org`; `anonymous` if there is no realm. Not NUL-terminated;
/// borrowed from `identity`, or static. NULL if `identity` is.
///
/// # Safety
/// `identity` has `len` octets; `anonymous_len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_identity_anonymous(
    identity: *const u8,
    len: usize,
    anonymous_len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let octets = unsafe { bytes(identity, len) };
    let is_given = !identity.is_null();
    let anonymous = guard(|| Ok(is_given.then_some(anonymous(octets?))));
    // SAFETY: the caller's promise.
    unsafe { lend(anonymous, anonymous_len) }
}

/// What is at the end of the identity, or stands for it.
fn anonymous(identity: &[u8]) -> &[u8] {
    const NOBODY: &[u8] = b"anonymous";
    let anonymous = Identity::new(identity).anonymous();
    let realm = identity.len().checked_sub(anonymous.as_bytes().len());
    let realm = realm.and_then(|start| identity.get(start..));
    realm.filter(|realm| *realm == anonymous.as_bytes()).unwrap_or(NOBODY)
}

/// The realm of an identity that is a Network Access Identifier: `example.org` of
/// `alice@example.org`. Not NUL-terminated; borrowed from `identity`. NULL if it has none, or is no
/// such identifier: then it is still an identity.
///
/// # Safety
/// `identity` has `len` octets; `realm_len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_identity_realm(
    identity: *const u8,
    len: usize,
    realm_len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    let identity = unsafe { text(identity, len) };
    let realm = guard(|| {
        let realm = Nai::parse(identity?).and_then(|nai| nai.realm());
        Ok(realm.map(|realm| realm.as_str().as_bytes()))
    });
    // SAFETY: the caller's promise.
    unsafe { lend(realm, realm_len) }
}

/// Whether the realm of an identity is this one, or, if `below`, one below it. Upper and lower case
/// are the same in ASCII; anything else has to be the same octets. False if either is no realm.
///
/// # Safety
/// `identity` and `realm` have as many octets as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_identity_is_of_realm(
    identity: *const u8,
    len: usize,
    realm: *const u8,
    realm_len: usize,
    below: bool,
) -> bool {
    // SAFETY: the caller's promise.
    let (identity, realm) = unsafe { (text(identity, len), text(realm, realm_len)) };
    guard(|| {
        let of = Nai::parse(identity?).and_then(|nai| nai.realm());
        let realm = Realm::parse(realm?);
        Ok(of.zip(realm).is_some_and(|(of, realm)| match below {
            true => of.is_same_or_below(realm.as_str()),
            false => of.is_same(realm.as_str()),
        }))
    })
}
