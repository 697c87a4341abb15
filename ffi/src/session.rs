//! Sessions: one handle for every role, with the verbs of the core.

use std::sync::Arc;

use eap_rs::eapol::Supplicant;
use eap_rs::{
    Answer, AnswerError, Authenticator, FullAuthenticator, Instant, Output, Peer, QueryId,
    Received, Signal,
};
use rand::TryRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

use crate::boundary::{Fallback, bytes, c_text, give, guard, lend_text, object, object_mut, take};
use crate::output::Current;
use crate::{
    eaprs_authenticator_config, eaprs_output, eaprs_peer_config, eaprs_status,
    eaprs_supplicant_config,
};

/// One conversation, of any role.
pub struct eaprs_session {
    pub(crate) role: Role,
    pub(crate) current: Current,
    /// Why the last packet was discarded, NUL-terminated; empty if it was not.
    discarded: Vec<u8>,
    /// Set while a call is running: still set afterwards, the call panicked.
    running: bool,
}

pub(crate) enum Role {
    Peer(Peer),
    Authenticator(Authenticator),
    Full(FullAuthenticator),
    Supplicant(Supplicant),
}

/// The same verb on whichever role.
macro_rules! each {
    ($role:expr, $session:ident => $call:expr) => {
        match $role {
            Role::Peer($session) => $call,
            Role::Authenticator($session) => $call,
            Role::Full($session) => $call,
            Role::Supplicant($session) => $call,
        }
    };
}

/// What became of a packet.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_received {
    /// It was processed.
    Accepted = 0,
    /// It was seen before: the stored packet was sent again, or its question is still open.
    Duplicate = 1,
    /// It was dropped and changed nothing; `eaprs_session_discard_text` says why.
    Discarded = 2,
    /// The call itself was wrong: a NULL pointer, or a session that is of no more use.
    Error = 3,
}

impl Fallback for eaprs_received {
    fn fallback(_: eaprs_status) -> Self {
        Self::Error
    }
}

/// An indication from the lower layer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_signal {
    /// Start again from the beginning.
    Restart = 1,
    /// The lower layer knows of success. Only for peers.
    AltAccept = 2,
    /// The lower layer knows of failure. Only for peers.
    AltReject = 3,
    /// The link is up. A supplicant starts with this.
    PortUp = 4,
    /// The link is down.
    PortDown = 5,
    /// The user logs off. Only for supplicants.
    Logoff = 6,
    /// The user is back. Only for supplicants.
    Logon = 7,
}

impl eaprs_session {
    fn new(role: Role) -> Self {
        Self { role, current: Current::None, discarded: Vec::new(), running: false }
    }

    /// Runs one call, unless an earlier one panicked: what that left behind is not to be trusted.
    pub(crate) fn run<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> Result<T, eaprs_status>,
    ) -> Result<T, eaprs_status> {
        if std::mem::replace(&mut self.running, true) {
            return Err(eaprs_status::Panic);
        }
        let result = call(self);
        self.running = false;
        result
    }

    fn poll_output(&mut self) -> Option<Output> {
        each!(&mut self.role, session => session.poll_output())
    }

    pub(crate) fn handle_answer(
        &mut self,
        id: u64,
        answer: Answer,
        now_ms: u64,
    ) -> Result<(), AnswerError> {
        let (id, now) = (QueryId::new(id), Instant::from_millis(now_ms));
        each!(&mut self.role, session => session.handle_answer(id, answer, now))
    }

    pub(crate) fn received(&mut self, received: Received) -> eaprs_received {
        self.discarded.clear();
        match received {
            Received::Accepted => eaprs_received::Accepted,
            Received::Duplicate => eaprs_received::Duplicate,
            Received::Discarded(reason) => {
                self.discarded = c_text(&reason.to_string());
                eaprs_received::Discarded
            }
        }
    }
}

/// The operating system's generator, if it works: then it does not stop. One that was seeded would
/// go on alike in every process that `fork` makes, and so would its challenges.
fn entropy() -> Result<UnwrapErr<SysRng>, eaprs_status> {
    SysRng.try_next_u32().map(|_| UnwrapErr(SysRng)).map_err(|_| eaprs_status::NoEntropy)
}

/// Makes a session for a peer. Packets are EAP packets.
///
/// # Safety
/// `config` is a live handle; `session` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_new_peer(
    config: *const eaprs_peer_config,
    session: *mut *mut eaprs_session,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let config = unsafe { object(config) };
    guard(|| {
        let peer = Peer::new(Arc::clone(&config?.0), entropy()?);
        // SAFETY: the caller's promise.
        unsafe { give(session, eaprs_session::new(Role::Peer(peer))) }.map(|()| eaprs_status::Ok)
    })
}

/// Makes a session for an authenticator. Packets are EAP packets; `eaprs_session_start` begins.
///
/// # Safety
/// `config` is a live handle; `session` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_new_authenticator(
    config: *const eaprs_authenticator_config,
    session: *mut *mut eaprs_session,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let config = unsafe { object(config) };
    guard(|| {
        let role = Role::Authenticator(Authenticator::new(Arc::clone(&config?.0), entropy()?));
        // SAFETY: the caller's promise.
        unsafe { give(session, eaprs_session::new(role)) }.map(|()| eaprs_status::Ok)
    })
}

/// Makes a session for an authenticator that passes peers through to an AAA server (RFC 4137
/// section 7), where its configuration or the answer to POLICY says so. Packets are EAP packets;
/// `eaprs_session_start` begins. What the server is to be asked is output ASK_AAA; its answers go
/// to the functions `eaprs_session_handle_aaa_...`.
///
/// # Safety
/// `config` is a live handle; `session` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_new_full_authenticator(
    config: *const eaprs_authenticator_config,
    session: *mut *mut eaprs_session,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let config = unsafe { object(config) };
    guard(|| {
        let role = Role::Full(FullAuthenticator::new(Arc::clone(&config?.0), entropy()?));
        // SAFETY: the caller's promise.
        unsafe { give(session, eaprs_session::new(role)) }.map(|()| eaprs_status::Ok)
    })
}

/// Makes a session for a peer on an 802.1X port. Packets are whole Ethernet frames;
/// `EAPRS_SIGNAL_PORT_UP` begins.
///
/// # Safety
/// Both configurations are live handles; `session` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_new_supplicant(
    config: *const eaprs_supplicant_config,
    peer_config: *const eaprs_peer_config,
    session: *mut *mut eaprs_session,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let (config, peer) = unsafe { (object(config), object(peer_config)) };
    guard(|| {
        let (config, peer) = (Arc::clone(&config?.0), Arc::clone(&peer?.0));
        let role = Role::Supplicant(Supplicant::new(config, peer, entropy()?));
        // SAFETY: the caller's promise.
        unsafe { give(session, eaprs_session::new(role)) }.map(|()| eaprs_status::Ok)
    })
}

/// Frees a session and wipes its secrets. NULL is ignored.
///
/// # Safety
/// `session` is NULL or a live handle; it is dead afterwards, and so is what was borrowed from it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_free(session: *mut eaprs_session) {
    // SAFETY: the caller's promise.
    unsafe { take(session) }
}

/// Begins an authenticator's conversation, or begins it again.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_start(
    session: *mut eaprs_session,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    guard(|| {
        session?.run(|session| match &mut session.role {
            Role::Authenticator(authenticator) => {
                authenticator.start(Instant::from_millis(now_ms));
                Ok(eaprs_status::Ok)
            }
            Role::Full(authenticator) => {
                authenticator.start(Instant::from_millis(now_ms));
                Ok(eaprs_status::Ok)
            }
            Role::Peer(_) | Role::Supplicant(_) => Err(eaprs_status::WrongRole),
        })
    })
}

/// Begins an authenticator's conversation, or begins it again, with a Response to a Request that a
/// NAS has sent: the identity, as a rule, which is then not asked for. If it is discarded, nothing
/// has begun. ERROR for other roles.
///
/// # Safety
/// `session` is a live handle; `response` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_pick_up(
    session: *mut eaprs_session,
    response: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise.
    let (session, response) = unsafe { (object_mut(session), bytes(response, len)) };
    guard(|| {
        let response = response?;
        session?.run(|session| match &mut session.role {
            Role::Authenticator(authenticator) => {
                let received = authenticator.pick_up(response, Instant::from_millis(now_ms));
                Ok(session.received(received))
            }
            Role::Peer(_) | Role::Full(_) | Role::Supplicant(_) => Err(eaprs_status::WrongRole),
        })
    })
}

/// Feeds one packet from the network: an EAP packet, or a supplicant's Ethernet frame. No packet
/// can be an error.
///
/// # Safety
/// `session` is a live handle; `packet` has `len` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_packet(
    session: *mut eaprs_session,
    packet: *const u8,
    len: usize,
    now_ms: u64,
) -> eaprs_received {
    // SAFETY: the caller's promise.
    let (session, packet) = unsafe { (object_mut(session), bytes(packet, len)) };
    guard(|| {
        let packet = packet?;
        session?.run(|session| {
            let now = Instant::from_millis(now_ms);
            let received = each!(&mut session.role, s => s.handle_packet(packet, now));
            Ok(session.received(received))
        })
    })
}

/// Why the last packet was discarded: NUL-terminated text, or NULL if it was not. Borrowed until
/// the next `eaprs_session_handle_packet`.
///
/// # Safety
/// `session` is a live handle; `len` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_discard_text(
    session: *const eaprs_session,
    len: *mut usize,
) -> *const std::ffi::c_char {
    // SAFETY: the caller's promise.
    let session = unsafe { object(session) };
    let text = session.ok().map(|session| session.discarded.as_slice());
    // SAFETY: the caller's promise.
    unsafe { lend_text(text.filter(|text| !text.is_empty()), len) }
}

/// Takes an indication from the lower layer: an `eaprs_signal`.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_signal(
    session: *mut eaprs_session,
    signal: u32,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    guard(|| {
        let signal = match signal {
            1 => Signal::Restart,
            2 => Signal::AltAccept,
            3 => Signal::AltReject,
            4 => Signal::PortUp,
            5 => Signal::PortDown,
            6 => Signal::Logoff,
            7 => Signal::Logon,
            _ => return Err(eaprs_status::InvalidArgument),
        };
        session?.run(|session| {
            let now = Instant::from_millis(now_ms);
            each!(&mut session.role, s => s.handle_signal(signal, now));
            Ok(eaprs_status::Ok)
        })
    })
}

/// Tells the time. Early and late calls are harmless.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_handle_timeout(
    session: *mut eaprs_session,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    guard(|| {
        session?.run(|session| {
            let now = Instant::from_millis(now_ms);
            each!(&mut session.role, s => s.handle_timeout(now));
            Ok(eaprs_status::Ok)
        })
    })
}

/// Says what the calendar reads now, in seconds since 1970-01-01 UTC. Certificates are checked
/// against it; `eaprs_clock_policy` says what happens without. To be told anew after the clock was
/// set.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_set_unix_time(
    session: *mut eaprs_session,
    unix_seconds: u64,
    now_ms: u64,
) -> eaprs_status {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    guard(|| {
        session?.run(|session| {
            let now = Instant::from_millis(now_ms);
            each!(&mut session.role, s => s.set_unix_time(unix_seconds, now));
            Ok(eaprs_status::Ok)
        })
    })
}

/// How long the Request that an authenticator has sent last may take, if a person has to act first,
/// in milliseconds: what a backend tells the NAS, in RADIUS by Session-Timeout. 0 if nobody has to,
/// and for other roles.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_method_timeout_ms(session: *const eaprs_session) -> u64 {
    // SAFETY: the caller's promise.
    let session = unsafe { object(session) };
    match session.map(|session| &session.role) {
        Ok(Role::Authenticator(authenticator)) => {
            let timeout = authenticator.method_timeout().unwrap_or_default();
            u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)
        }
        _ => 0,
    }
}

/// Milliseconds until `eaprs_session_handle_timeout` wants to be called: 0 if it is due,
/// `UINT64_MAX` if no timer runs. Changes with every call that takes a time.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_timeout_ms(
    session: *const eaprs_session,
    now_ms: u64,
) -> u64 {
    // SAFETY: the caller's promise.
    let session = unsafe { object(session) };
    guard(|| {
        let session = session?;
        if session.running {
            return Err(eaprs_status::Panic);
        }
        let deadline = each!(&session.role, s => s.poll_timeout());
        Ok(deadline.map_or(u64::MAX, |at| at.as_millis().saturating_sub(now_ms)))
    })
}

/// Steps to the next output and says what it is; `EAPRS_OUTPUT_NONE` when all are drained.
/// The accessors read it until the next call that takes a non-const session.
///
/// # Safety
/// `session` is a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eaprs_session_poll(session: *mut eaprs_session) -> eaprs_output {
    // SAFETY: the caller's promise.
    let session = unsafe { object_mut(session) };
    guard(|| {
        session?.run(|session| {
            session.current = Current::None;
            session.current = Current::from_output(session.poll_output());
            Ok(session.current.kind())
        })
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::{
        eaprs_peer_builder_build, eaprs_peer_builder_free, eaprs_peer_builder_method,
        eaprs_peer_builder_new, eaprs_peer_config_free, eaprs_session_answer_decline,
        eaprs_session_query_id,
    };

    fn new_peer() -> *mut eaprs_session {
        let (mut builder, mut config, mut session) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: each handle is made by the call before and freed once.
        unsafe {
            assert_eq!(eaprs_peer_builder_new(&raw mut builder), eaprs_status::Ok);
            assert_eq!(eaprs_peer_builder_method(builder, 4), eaprs_status::Ok);
            assert_eq!(eaprs_peer_builder_build(builder, &raw mut config), eaprs_status::Ok);
            assert_eq!(eaprs_session_new_peer(config, &raw mut session), eaprs_status::Ok);
            eaprs_peer_config_free(config);
            eaprs_peer_builder_free(builder);
        }
        session
    }

    /// Not even its timer runs: a host that handles time-outs as they come must not spin.
    #[test]
    fn a_session_that_panicked_refuses_everything_but_to_be_read_and_freed() {
        const IDENTITY_REQUEST: [u8; 5] = [1, 1, 0, 5, 1];
        let session = new_peer();
        let (packet, len) = (IDENTITY_REQUEST.as_ptr(), IDENTITY_REQUEST.len());
        // SAFETY: the session is live until it is freed at the end; the packet has its length.
        unsafe {
            assert_eq!(
                eaprs_session_handle_packet(session, packet, len, 0),
                eaprs_received::Accepted
            );
            assert_eq!(eaprs_session_poll(session), eaprs_output::Ask);
            assert_ne!(eaprs_session_timeout_ms(session, 0), u64::MAX);

            let status = guard(|| {
                object_mut(session)?.run(|_| -> Result<eaprs_status, _> { panic!("on purpose") })
            });
            assert_eq!(status, eaprs_status::Panic);

            let id = eaprs_session_query_id(session);
            assert_eq!(id, 1);
            assert_eq!(
                [
                    eaprs_session_answer_decline(session, id, 0),
                    eaprs_session_handle_signal(session, 1, 0),
                    eaprs_session_handle_timeout(session, u64::MAX),
                    eaprs_session_start(session, 0),
                ],
                [eaprs_status::Panic; 4]
            );
            assert_eq!(eaprs_session_handle_packet(session, packet, len, 0), eaprs_received::Error);
            assert_eq!(eaprs_session_poll(session), eaprs_output::None);
            assert_eq!(eaprs_session_timeout_ms(session, 0), u64::MAX);
            eaprs_session_free(session);
        }
    }
}
