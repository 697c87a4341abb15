//! Whom to trust: the other side's certificate, on both sides.

use eap_rs::tls::{CertificatePolicyBuilder, ClockPolicy};

use super::{eaprs_tls_peer_builder, eaprs_tls_server_builder};
use crate::boundary::{bytes, guard, object_mut, text};
use crate::eaprs_status;

/// What to do with a certificate's dates. A phone may not know the time when it boots, and may
/// need the network to learn it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_clock_policy {
    /// Dates are checked; until `eaprs_session_set_unix_time`, every certificate is refused.
    Strict = 1,
    /// Dates are checked as soon as the time is known.
    IgnoreUntilSet = 2,
    /// Dates are never checked.
    Ignore = 3,
}

fn clock_policy(number: u32) -> Result<ClockPolicy, eaprs_status> {
    match number {
        1 => Ok(ClockPolicy::Strict),
        2 => Ok(ClockPolicy::IgnoreUntilSet),
        3 => Ok(ClockPolicy::Ignore),
        _ => Err(eaprs_status::InvalidArgument),
    }
}

/// Whom to trust.
#[derive(Clone, Default)]
pub(super) struct Trust {
    authorities: Vec<Vec<u8>>,
    names: Vec<String>,
    suffixes: Vec<String>,
    clients: Vec<String>,
    client_suffixes: Vec<String>,
    pins: Vec<[u8; 32]>,
    revocation_lists: Vec<Vec<u8>>,
    clock: ClockPolicy,
    ask_host: bool,
    legacy_signatures: bool,
    insecure: bool,
}

impl Trust {
    pub(super) fn apply(&self, mut policy: CertificatePolicyBuilder) -> CertificatePolicyBuilder {
        for octets in &self.authorities {
            policy = policy.ca(octets);
        }
        for name in &self.names {
            policy = policy.server_name(name);
        }
        for name in &self.suffixes {
            policy = policy.server_name_suffix(name);
        }
        for name in &self.clients {
            policy = policy.client_name(name);
        }
        for name in &self.client_suffixes {
            policy = policy.client_name_suffix(name);
        }
        for fingerprint in &self.pins {
            policy = policy.pin_sha256(*fingerprint);
        }
        for octets in &self.revocation_lists {
            policy = policy.crl(octets);
        }
        if self.ask_host {
            policy = policy.ask_host();
        }
        policy = policy.clock(self.clock).allow_legacy_signatures(self.legacy_signatures);
        if self.insecure { policy.insecure_no_server_authentication() } else { policy }
    }
}

/// Trusts these CAs: PEM with any number of certificates, or one in DER. May be repeated.
///
/// # Safety
/// `builder` is a live handle; `certificates` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_ca(
    builder: *mut eaprs_tls_peer_builder,
    certificates: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, certificates) = unsafe { (object_mut(builder), bytes(certificates, len)) };
    guard(|| {
        let certificates = certificates?.to_owned();
        builder?.trust(|trust| trust.authorities.push(certificates))
    })
}

/// Accepts servers of this name: UTF-8. With suffixes and repeated calls, any of them; without a
/// name, any server that the CA or pin admits.
///
/// # Safety
/// `builder` is a live handle; `name` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_server_name(
    builder: *mut eaprs_tls_peer_builder,
    name: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, name) = unsafe { (object_mut(builder), text(name, len)) };
    guard(|| {
        let name = name?.to_owned();
        builder?.trust(|trust| trust.names.push(name))
    })
}

/// Accepts servers of this name and of every name below it: UTF-8. `example.org` takes
/// `radius.example.org`, and never `notexample.org`.
///
/// # Safety
/// `builder` is a live handle; `name` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_server_name_suffix(
    builder: *mut eaprs_tls_peer_builder,
    name: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, name) = unsafe { (object_mut(builder), text(name, len)) };
    guard(|| {
        let name = name?.to_owned();
        builder?.trust(|trust| trust.suffixes.push(name))
    })
}

/// Accepts only servers whose certificate has this SHA-256 fingerprint, or another pinned one: 32
/// octets at `fingerprint`. Without a CA, the pin replaces it.
///
/// # Safety
/// `builder` is a live handle; `fingerprint` has 32 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_pin_sha256(
    builder: *mut eaprs_tls_peer_builder,
    fingerprint: *const u8,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, fingerprint) = unsafe { (object_mut(builder), bytes(fingerprint, 32)) };
    guard(|| {
        let pin = fingerprint?.try_into().map_err(|_| eaprs_status::InvalidArgument)?;
        builder?.trust(|trust| trust.pins.push(pin))
    })
}

/// Looks certificates up in these revocation lists: PEM with any number, or one in DER. May be
/// repeated.
///
/// # Safety
/// `builder` is a live handle; `lists` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_crl(
    builder: *mut eaprs_tls_peer_builder,
    lists: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, lists) = unsafe { (object_mut(builder), bytes(lists, len)) };
    guard(|| {
        let lists = lists?.to_owned();
        builder?.trust(|trust| trust.revocation_lists.push(lists))
    })
}

/// Also accepts chains signed with SHA-1 or with RSA keys of 1024 bits, as old private CAs made
/// them.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_allow_legacy_signatures(
    builder: *mut eaprs_tls_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.trust(|trust| trust.legacy_signatures = true))
}

/// Asks VERIFY_SERVER about every server whose certificate passes the rest, unless its session is
/// resumed. With this, neither a CA nor a pin is needed: whoever answers decides alone.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_ask_host(
    builder: *mut eaprs_tls_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.trust(|trust| trust.ask_host = true))
}

/// Accepts every server. Whoever stands in the way can take the login.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_insecure_no_server_authentication(
    builder: *mut eaprs_tls_peer_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.trust(|trust| trust.insecure = true))
}

/// What to do with the dates of the other side's certificate: an `eaprs_clock_policy`; STRICT if
/// not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_peer_builder_clock_policy(
    builder: *mut eaprs_tls_peer_builder,
    policy: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let policy = clock_policy(policy)?;
        builder?.trust(|trust| trust.clock = policy)
    })
}

/// Trusts peers whose certificates these CAs issued: PEM with any number of certificates, or one in
/// DER. May be repeated.
///
/// # Safety
/// `builder` is a live handle; `certificates` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_client_ca(
    builder: *mut eaprs_tls_server_builder,
    certificates: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, certificates) = unsafe { (object_mut(builder), bytes(certificates, len)) };
    guard(|| {
        let certificates = certificates?.to_owned();
        builder?.trust(|trust| trust.authorities.push(certificates))
    })
}

/// Accepts this peer: a mail address, user principal name, DNS name or common name of its
/// certificate, UTF-8. With `..._client_name_suffix` and repeated calls: any of them. Upper and
/// lower case are the same, but in front of an `@`.
///
/// # Safety
/// `builder` is a live handle; `name` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_client_name(
    builder: *mut eaprs_tls_server_builder,
    name: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, name) = unsafe { (object_mut(builder), text(name, len)) };
    guard(|| {
        let name = name?.to_owned();
        builder?.trust(|trust| trust.clients.push(name))
    })
}

/// Accepts peers of this DNS name and of every name below it: `example.org` takes
/// `alice@example.org`, `phone-17.example.org` and `bob@sales.example.org`.
///
/// # Safety
/// `builder` is a live handle; `name` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_client_name_suffix(
    builder: *mut eaprs_tls_server_builder,
    name: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, name) = unsafe { (object_mut(builder), text(name, len)) };
    guard(|| {
        let name = name?.to_owned();
        builder?.trust(|trust| trust.client_suffixes.push(name))
    })
}

/// Accepts only peers whose certificate has this SHA-256 fingerprint of 32 octets, or another
/// pinned one. With a client CA, both must hold; without, the pin replaces it.
///
/// # Safety
/// `builder` is a live handle; `fingerprint` has 32 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_client_pin_sha256(
    builder: *mut eaprs_tls_server_builder,
    fingerprint: *const u8,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, fingerprint) = unsafe { (object_mut(builder), bytes(fingerprint, 32)) };
    guard(|| {
        let pin = fingerprint?.try_into().map_err(|_| eaprs_status::InvalidArgument)?;
        builder?.trust(|trust| trust.pins.push(pin))
    })
}

/// Also accepts peers' *chains* signed with SHA-1 or with RSA keys of 1024 bits, as old private CAs
/// made them.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_allow_legacy_signatures(
    builder: *mut eaprs_tls_server_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.trust(|trust| trust.legacy_signatures = true))
}

/// Looks peers' certificates up in these revocation lists: PEM with any number, or one in DER. May
/// be repeated.
///
/// # Safety
/// `builder` is a live handle; `lists` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_client_crl(
    builder: *mut eaprs_tls_server_builder,
    lists: *const u8,
    len: usize,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (builder, lists) = unsafe { (object_mut(builder), bytes(lists, len)) };
    guard(|| {
        let lists = lists?.to_owned();
        builder?.trust(|trust| trust.revocation_lists.push(lists))
    })
}

/// What to do with the dates of the other side's certificate: an `eaprs_clock_policy`; STRICT if
/// not set.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_clock_policy(
    builder: *mut eaprs_tls_server_builder,
    policy: u32,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| {
        let policy = clock_policy(policy)?;
        builder?.trust(|trust| trust.clock = policy)
    })
}

/// Asks VERIFY_CLIENT about every peer whose certificate passes the rest, also if its session is
/// resumed. With this, no CA is needed: whoever answers decides alone.
///
/// # Safety
/// `builder` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_tls_server_builder_ask_host(
    builder: *mut eaprs_tls_server_builder,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let builder = unsafe { object_mut(builder) };
    guard(|| builder?.trust(|trust| trust.ask_host = true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_clock_policies_are_those_of_the_header() {
        for (number, policy) in [
            (eaprs_clock_policy::Strict, ClockPolicy::Strict),
            (eaprs_clock_policy::IgnoreUntilSet, ClockPolicy::IgnoreUntilSet),
            (eaprs_clock_policy::Ignore, ClockPolicy::Ignore),
        ] {
            assert_eq!(clock_policy(number as u32), Ok(policy));
        }
        assert_eq!(clock_policy(0), Err(eaprs_status::InvalidArgument));
        assert_eq!(clock_policy(4), Err(eaprs_status::InvalidArgument));
    }
}
