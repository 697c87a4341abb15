//! The functions of OpenSSL that EAP-FAST needs and the `openssl` crate does not have, and all the
//! unsafe code of the OpenSSL engine: what a conversation says to OpenSSL while a handshake runs.
//!
//! - A client shows its PAC-Opaque in the SessionTicket extension, and a server sees it (RFC 4851
//!   §3.2.2).
//! - Both derive the master secret from the PAC-Key as soon as both randoms are known (RFC 4851
//!   §5.1).
//! - The other side's certificates are judged by a policy that is not OpenSSL's.

use core::ffi::{c_int, c_uchar, c_void};
use core::{ptr, slice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use foreign_types::ForeignTypeRef;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslCipher, SslCipherRef, SslContextBuilder, SslOptions, SslRef};
use openssl::stack::StackRef;
use openssl_sys as ffi;
use zeroize::Zeroizing;

/// Octets of a master secret (RFC 5246 §8.1).
pub const MASTER_SECRET_LEN: usize = 48;

/// A master secret.
pub type MasterSecret = Zeroizing<[u8; MASTER_SECRET_LEN]>;

/// What OpenSSL asks while a handshake runs, on the thread that runs it.
pub trait Handshake: Send + Sync + 'static {
    /// A server: this is the body of the client's SessionTicket extension. Called before
    /// [`Self::master_secret`], if there is one.
    fn session_ticket(&self, _ticket: &[u8]) {}

    /// The master secret, if the handshake is to be abbreviated by one that both sides can
    /// derive: a client's after the ServerHello, a server's after the ClientHello.
    fn master_secret(
        &self,
        _client_random: &[u8; 32],
        _server_random: &[u8; 32],
    ) -> Option<MasterSecret> {
        None
    }

    /// Judges the certificates of the other side, in DER, its own first.
    ///
    /// # Errors
    /// The alert to send: bad_certificate, unsupported_certificate, certificate_revoked,
    /// certificate_expired, unknown_ca; any other becomes certificate_unknown (RFC 5246 §7.2).
    fn judge(&self, chain: &[Vec<u8>]) -> Result<(), u8>;
}

type Shared = Arc<dyn Handshake>;

fn index() -> Result<Index<Ssl, Shared>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, Shared>> = OnceLock::new();
    if let Some(index) = INDEX.get() {
        return Ok(*index);
    }
    let new = Ssl::new_ex_index()?;
    Ok(*INDEX.get_or_init(|| new))
}

/// Has the certificates of the other side judged by the [`Handshake`] of each connection; one
/// without is refused.
pub fn judge_by_handshake(context: &mut SslContextBuilder) {
    // SAFETY: the context is alive; the callback needs no argument, and finds what it needs in the
    // connection.
    unsafe {
        SSL_CTX_set_cert_verify_callback(context.as_ptr(), Some(judge), ptr::null_mut());
    }
}

/// Attaches what decides to a connection that has not begun.
///
/// # Errors
/// OpenSSL is out of memory.
pub fn attach(ssl: &mut SslRef, handshake: Shared) -> Result<(), ErrorStack> {
    ssl.set_ex_data(index()?, handshake);
    Ok(())
}

/// Has the master secret asked for. A client does this only if it sends a ticket
/// ([`send_session_ticket`]).
///
/// # Errors
/// OpenSSL refuses.
pub fn ask_for_master_secret(ssl: &mut SslRef) -> Result<(), ErrorStack> {
    // SAFETY: the connection is alive, and so is what the callbacks look for in it.
    let set = unsafe {
        SSL_set_session_ticket_ext_cb(ssl.as_ptr(), Some(ticket_seen), ptr::null_mut()) == 1
            && SSL_set_session_secret_cb(ssl.as_ptr(), Some(secret), ptr::null_mut()) == 1
    };
    if set { Ok(()) } else { Err(ErrorStack::get()) }
}

/// A client: sends this as the body of its SessionTicket extension.
///
/// # Errors
/// OpenSSL refuses: the ticket is too long for the extension, or memory is short.
pub fn send_session_ticket(ssl: &mut SslRef, ticket: &[u8]) -> Result<(), ErrorStack> {
    let len = c_int::from(u16::try_from(ticket.len()).map_err(|_| ErrorStack::get())?);
    // SAFETY: the connection is alive; OpenSSL copies `len` octets and does not write to them.
    let set = unsafe { SSL_set_session_ticket_ext(ssl.as_ptr(), ticket.as_ptr().cast(), len) };
    if set == 1 { Ok(()) } else { Err(ErrorStack::get()) }
}

/// A client: sends no SessionTicket extension, not even an empty one.
pub fn send_no_session_ticket(ssl: &mut SslRef) {
    // SAFETY: the connection is alive.
    unsafe {
        SSL_set_options(ssl.as_ptr(), SslOptions::NO_TICKET.bits());
    }
}

/// A client: goes on with servers that know nothing of RFC 5746. There is no renegotiation that could
/// be abused.
pub fn accept_servers_without_rfc_5746(context: &mut SslContextBuilder) {
    context.set_options(
        SslOptions::NO_RENEGOTIATION
            | SslOptions::from_bits_retain(ffi::SSL_OP_LEGACY_SERVER_CONNECT),
    );
}

/// Has the next handshake begin though one is over: what a hostile end does, in tests.
///
/// # Errors
/// OpenSSL refuses.
#[doc(hidden)]
pub fn renegotiate(ssl: &SslRef) -> Result<(), ErrorStack> {
    // SAFETY: the connection is alive.
    let begun = unsafe { SSL_renegotiate(ssl.as_ptr()) };
    if begun == 1 { Ok(()) } else { Err(ErrorStack::get()) }
}

/// The handshake of this connection, if one was attached.
fn handshake(ssl: &SslRef) -> Option<Shared> {
    ssl.ex_data(index().ok()?).map(Arc::clone)
}

unsafe extern "C" fn ticket_seen(
    ssl: *mut ffi::SSL,
    ticket: *const c_uchar,
    len: c_int,
    _: *mut c_void,
) -> c_int {
    let seen = || {
        // SAFETY: OpenSSL calls with the connection that it works on, and with the `len` octets
        // of the extension, which outlive this call.
        let (ssl, ticket) = unsafe {
            let len = usize::try_from(len).unwrap_or(0);
            let ticket = if len == 0 { &[] } else { slice::from_raw_parts(ticket, len) };
            (SslRef::from_ptr(ssl), ticket)
        };
        if let Some(handshake) = handshake(ssl) {
            handshake.session_ticket(ticket);
        }
    };
    c_int::from(catch_unwind(AssertUnwindSafe(seen)).is_ok())
}

unsafe extern "C" fn secret(
    ssl: *mut ffi::SSL,
    secret: *mut c_void,
    secret_len: *mut c_int,
    offered: *mut ffi::stack_st_SSL_CIPHER,
    chosen: *mut *mut ffi::SSL_CIPHER,
    _: *mut c_void,
) -> c_int {
    let ask = || {
        // SAFETY: OpenSSL calls with the connection that it works on.
        let ssl = unsafe { SslRef::from_ptr(ssl) };
        let (mut client_random, mut server_random) = ([0; 32], [0; 32]);
        ssl.client_random(&mut client_random);
        ssl.server_random(&mut server_random);
        handshake(ssl)?.master_secret(&client_random, &server_random)
    };
    let Ok(Some(master_secret)) = catch_unwind(AssertUnwindSafe(ask)) else { return 0 };
    // SAFETY: `secret` has room for as many octets as `secret_len` says.
    unsafe {
        if usize::try_from(*secret_len).is_ok_and(|room| room < MASTER_SECRET_LEN) {
            return 0;
        }
        ptr::copy_nonoverlapping(master_secret.as_ptr(), secret.cast(), MASTER_SECRET_LEN);
        *secret_len = MASTER_SECRET_LEN as c_int;
        if !offered.is_null() {
            *chosen = common_suite(ssl, offered);
        }
    }
    1
}

/// The first suite of a server's that the client has offered; null if there is none. OpenSSL itself
/// would look for one that fits a certificate, of which it knows nothing at that point.
///
/// # Safety
/// `ssl` is a connection, and `offered` the suites of its client.
unsafe fn common_suite(
    ssl: *mut ffi::SSL,
    offered: *mut ffi::stack_st_SSL_CIPHER,
) -> *mut ffi::SSL_CIPHER {
    // SAFETY: see above; suites are entries of a table of OpenSSL's, which one pointer leads to each.
    unsafe {
        let own = SSL_get_ciphers(ssl);
        if own.is_null() {
            return ptr::null_mut();
        }
        let offered = StackRef::<SslCipher>::from_ptr(offered);
        let is_offered =
            |suite: &&SslCipherRef| offered.iter().any(|other| other.as_ptr() == suite.as_ptr());
        let mut own = StackRef::<SslCipher>::from_ptr(own)
            .iter()
            .filter(|suite| suite.version() != "TLSv1.3");
        own.find(is_offered).map_or(ptr::null_mut(), SslCipherRef::as_ptr)
    }
}

unsafe extern "C" fn judge(store: *mut ffi::X509_STORE_CTX, _: *mut c_void) -> c_int {
    let verdict = || {
        // SAFETY: OpenSSL calls with a context that knows its connection, whose certificates it
        // holds; both outlive this call.
        let (handshake, chain) = unsafe {
            let idx = ffi::SSL_get_ex_data_X509_STORE_CTX_idx();
            let ssl = ffi::X509_STORE_CTX_get_ex_data(store, idx).cast::<ffi::SSL>();
            if ssl.is_null() {
                return None;
            }
            (handshake(SslRef::from_ptr(ssl))?, presented(store))
        };
        Some(handshake.judge(&chain))
    };
    let alert = match catch_unwind(AssertUnwindSafe(verdict)) {
        Ok(Some(Ok(()))) => return 1,
        Ok(Some(Err(alert))) => alert,
        Ok(None) | Err(_) => INTERNAL_ERROR,
    };
    let error = ALERTS.iter().find(|(known, _)| *known == alert);
    // SAFETY: the context is alive; the error is a number.
    unsafe {
        ffi::X509_STORE_CTX_set_error(store, error.map_or(UNSPECIFIED, |(_, error)| *error));
    }
    0
}

/// The certificates that the other side has sent, in DER.
///
/// # Safety
/// `store` is a context that OpenSSL verifies with.
unsafe fn presented(store: *mut ffi::X509_STORE_CTX) -> Vec<Vec<u8>> {
    // SAFETY: see above; the stack belongs to the context, and its certificates to the stack.
    unsafe {
        let stack = X509_STORE_CTX_get0_untrusted(store);
        if stack.is_null() {
            return Vec::new();
        }
        StackRef::<openssl::x509::X509>::from_ptr(stack)
            .iter()
            .filter_map(|certificate| certificate.to_der().ok())
            .collect()
    }
}

const INTERNAL_ERROR: u8 = 80;

/// X509_V_ERR_UNSPECIFIED, which OpenSSL sends as certificate_unknown.
const UNSPECIFIED: c_int = 1;

/// Alerts (RFC 5246 §7.2), and the errors for which OpenSSL sends them.
const ALERTS: [(u8, c_int); 5] = [
    (42, ffi::X509_V_ERR_CERT_REJECTED),
    (43, ffi::X509_V_ERR_INVALID_PURPOSE),
    (44, ffi::X509_V_ERR_CERT_REVOKED),
    (45, ffi::X509_V_ERR_CERT_HAS_EXPIRED),
    (48, ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
];

unsafe extern "C" {
    fn SSL_set_session_ticket_ext(ssl: *mut ffi::SSL, data: *const c_void, len: c_int) -> c_int;
    fn SSL_get_ciphers(ssl: *const ffi::SSL) -> *mut ffi::stack_st_SSL_CIPHER;
    fn SSL_renegotiate(ssl: *mut ffi::SSL) -> c_int;
    fn SSL_set_options(ssl: *mut ffi::SSL, options: u64) -> u64;
    fn SSL_set_session_ticket_ext_cb(
        ssl: *mut ffi::SSL,
        callback: ffi::tls_session_ticket_ext_cb_fn,
        arg: *mut c_void,
    ) -> c_int;
    fn SSL_set_session_secret_cb(
        ssl: *mut ffi::SSL,
        callback: ffi::tls_session_secret_cb_fn,
        arg: *mut c_void,
    ) -> c_int;
    fn SSL_CTX_set_cert_verify_callback(
        context: *mut ffi::SSL_CTX,
        callback: Option<unsafe extern "C" fn(*mut ffi::X509_STORE_CTX, *mut c_void) -> c_int>,
        arg: *mut c_void,
    );
    fn X509_STORE_CTX_get0_untrusted(store: *const ffi::X509_STORE_CTX) -> *mut ffi::stack_st_X509;
}
