//! Handles that free themselves, everything the accessors say as one value, and two sessions that
//! talk to each other.

use std::ffi::{CStr, c_char};
use std::ptr;

use eap_rs_ffi::*;

pub(crate) const MD5: u32 = 4;
pub(crate) const OTP: u32 = 5;

/// All that the accessors say of the current output.
#[derive(Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) packet: Option<Vec<u8>>,
    pub(crate) text: Option<String>,
    pub(crate) identity: Option<Vec<u8>>,
    /// The Type and its Vendor-Id.
    pub(crate) method: (u32, u32),
    pub(crate) query: (eaprs_query, u64),
    pub(crate) query_password: Option<Vec<u8>>,
    pub(crate) pac_file: Option<Vec<u8>>,
    pub(crate) event: eaprs_event,
    pub(crate) pae: eaprs_pae_state,
    pub(crate) port_authorized: bool,
    pub(crate) succeeded: bool,
    pub(crate) failure: eaprs_failure,
    /// The MSK, the EMSK and the Session-Id.
    pub(crate) keys: [Option<Vec<u8>>; 3],
    /// The version and the alert; the suite.
    pub(crate) tls: (u32, i32, Option<String>),
    pub(crate) tls_resumed: bool,
    pub(crate) certificate: Certificate,
    pub(crate) certificate_refusal: eaprs_certificate_refusal,
}

/// All that the accessors say of the other side's certificate.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Certificate {
    pub(crate) subject: Option<String>,
    pub(crate) sha256: Option<Vec<u8>>,
    pub(crate) chain: Vec<Vec<u8>>,
}

/// What the accessors say when there is nothing to say.
pub(crate) fn nothing() -> Reading {
    Reading {
        packet: None,
        text: None,
        identity: None,
        method: (0, 0),
        query: (eaprs_query::None, 0),
        query_password: None,
        pac_file: None,
        event: eaprs_event::None,
        pae: eaprs_pae_state::None,
        port_authorized: false,
        succeeded: false,
        failure: eaprs_failure::None,
        keys: [None, None, None],
        tls: (0, -1, None),
        tls_resumed: false,
        certificate: Certificate::default(),
        certificate_refusal: eaprs_certificate_refusal::None,
    }
}

/// A pointer as C keeps it, with its length: no lifetime holds the session.
pub(crate) struct Lent(*const u8, usize);

impl Lent {
    pub(crate) fn octets(&self) -> &[u8] {
        assert!(!self.0.is_null());
        // SAFETY: the tests read what the interface says is still lent; the sanitizer checks it.
        unsafe { std::slice::from_raw_parts(self.0, self.1) }
    }

    fn copy(&self) -> Option<Vec<u8>> {
        if self.0.is_null() {
            assert_eq!(self.1, 0, "NULL comes with no length");
            return None;
        }
        Some(self.octets().to_vec())
    }
}

/// Owns a session and frees it.
pub(crate) struct Session(pub(crate) *mut eaprs_session);

impl Session {
    pub(crate) fn peer(identity: Option<&str>, password: Option<&str>, method: u32) -> Self {
        let (mut config, mut session) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: each handle is made by the call before and freed once.
        unsafe {
            let builder = peer_builder(identity, password, method);
            assert_eq!(eaprs_peer_builder_build(builder, &raw mut config), eaprs_status::Ok);
            eaprs_peer_builder_free(builder);
            assert_eq!(eaprs_session_new_peer(config, &raw mut session), eaprs_status::Ok);
            eaprs_peer_config_free(config);
        }
        Self(session)
    }

    pub(crate) fn authenticator(method: u32) -> Self {
        let (mut builder, mut config, mut session) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: each handle is made by the call before and freed once.
        unsafe {
            assert_eq!(eaprs_authenticator_builder_new(&raw mut builder), eaprs_status::Ok);
            assert_eq!(eaprs_authenticator_builder_method(builder, method), eaprs_status::Ok);
            let built = eaprs_authenticator_builder_build(builder, &raw mut config);
            assert_eq!(built, eaprs_status::Ok);
            eaprs_authenticator_builder_free(builder);
            assert_eq!(eaprs_session_new_authenticator(config, &raw mut session), eaprs_status::Ok);
            eaprs_authenticator_config_free(config);
        }
        Self(session)
    }

    /// One that gives up after the first EAPOL-Start.
    pub(crate) fn supplicant() -> Self {
        let (mut builder, mut port, mut config, mut session) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: each handle is made by the call before and freed once.
        unsafe {
            let mac = [2, 0, 0, 0, 0, 1];
            let new = eaprs_supplicant_builder_new(mac.as_ptr(), &raw mut builder);
            assert_eq!(new, eaprs_status::Ok);
            assert_eq!(eaprs_supplicant_builder_max_start(builder, 1), eaprs_status::Ok);
            assert_eq!(eaprs_supplicant_builder_build(builder, &raw mut port), eaprs_status::Ok);
            eaprs_supplicant_builder_free(builder);
            let builder = peer_builder(Some("alice"), Some("secret"), MD5);
            assert_eq!(eaprs_peer_builder_build(builder, &raw mut config), eaprs_status::Ok);
            eaprs_peer_builder_free(builder);
            let made = eaprs_session_new_supplicant(port, config, &raw mut session);
            assert_eq!(made, eaprs_status::Ok);
            eaprs_supplicant_config_free(port);
            eaprs_peer_config_free(config);
        }
        Self(session)
    }

    pub(crate) fn start(&mut self) {
        // SAFETY: a live handle.
        assert_eq!(unsafe { eaprs_session_start(self.0, 0) }, eaprs_status::Ok);
    }

    pub(crate) fn feed(&mut self, packet: &[u8]) -> eaprs_received {
        // SAFETY: a live handle, and a packet of this length.
        unsafe { eaprs_session_handle_packet(self.0, packet.as_ptr(), packet.len(), 0) }
    }

    pub(crate) fn poll(&mut self) -> eaprs_output {
        // SAFETY: a live handle.
        unsafe { eaprs_session_poll(self.0) }
    }

    pub(crate) fn signal(&mut self, signal: eaprs_signal) -> eaprs_status {
        // SAFETY: a live handle.
        unsafe { eaprs_session_handle_signal(self.0, signal as u32, 0) }
    }

    pub(crate) fn time(&mut self, now_ms: u64) -> eaprs_status {
        // SAFETY: a live handle.
        unsafe { eaprs_session_handle_timeout(self.0, now_ms) }
    }

    pub(crate) fn answer_text(&mut self, id: u64, text: &str) -> eaprs_status {
        // SAFETY: a live handle, and a text of this length.
        unsafe { eaprs_session_answer_text(self.0, id, text.as_ptr(), text.len(), 0) }
    }

    pub(crate) fn answer_secret(&mut self, id: u64, secret: &[u8]) -> eaprs_status {
        // SAFETY: a live handle, and a secret of this length.
        unsafe { eaprs_session_answer_secret(self.0, id, secret.as_ptr(), secret.len(), 0) }
    }

    pub(crate) fn lend(
        &self,
        accessor: impl Fn(*const eaprs_session, *mut usize) -> *const u8,
    ) -> Lent {
        let mut len = 99;
        let octets = accessor(self.0, &raw mut len);
        Lent(octets, len)
    }

    /// Calls every function that takes a const session.
    pub(crate) fn read(&self) -> Reading {
        let session = self.0.cast_const();
        let octets = |accessor: unsafe extern "C" fn(_, _) -> _| {
            // SAFETY: a live handle and a valid length.
            self.lend(|session, len| unsafe { accessor(session, len) }).copy()
        };
        let text = |accessor: unsafe extern "C" fn(_, _) -> *const c_char| {
            // SAFETY: a live handle and a valid length.
            c_text(&self.lend(|session, len| unsafe { accessor(session, len) }.cast()))
        };
        // SAFETY: a live handle.
        let count = unsafe { eaprs_session_peer_certificate_count(session) };
        let der = |index| {
            // SAFETY: a live handle and a valid length.
            self.lend(|session, len| unsafe {
                eaprs_session_peer_certificate_der(session, index, len)
            })
            .copy()
        };
        let chain = (0..count).map(|index| der(index).unwrap()).collect();
        assert_eq!((der(count), der(usize::MAX)), (None, None));
        let (mut vendor, mut len) = (99, 99);
        // SAFETY: a live handle; the out-parameters are valid.
        unsafe {
            eaprs_session_timeout_ms(session, 0);
            eaprs_session_discard_text(session, &raw mut len);
            Reading {
                packet: octets(eaprs_session_packet),
                text: text(eaprs_session_text),
                identity: octets(eaprs_session_identity),
                method: (eaprs_session_method(session, &raw mut vendor), vendor),
                query: (eaprs_session_query_kind(session), eaprs_session_query_id(session)),
                query_password: octets(eaprs_session_query_password),
                pac_file: octets(eaprs_session_pac_file),
                event: eaprs_session_event_kind(session),
                pae: eaprs_session_pae_state(session),
                port_authorized: eaprs_session_port_authorized(session),
                succeeded: eaprs_session_succeeded(session),
                failure: eaprs_session_failure(session),
                keys: [
                    octets(eaprs_session_msk),
                    octets(eaprs_session_emsk),
                    octets(eaprs_session_session_id),
                ],
                tls: (
                    eaprs_session_tls_version(session),
                    eaprs_session_tls_alert(session),
                    text(eaprs_session_tls_suite),
                ),
                tls_resumed: eaprs_session_tls_resumed(session),
                certificate: Certificate {
                    subject: text(eaprs_session_peer_certificate_subject),
                    sha256: octets(eaprs_session_peer_certificate_sha256),
                    chain,
                },
                certificate_refusal: eaprs_session_certificate_refusal(session),
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: a live handle, freed once.
        unsafe { eaprs_session_free(self.0) }
    }
}

/// A peer that knows its password, and an authenticator whose directory has the same.
pub(crate) struct Pair {
    pub(crate) peer: Session,
    pub(crate) authenticator: Session,
    pub(crate) asked: Vec<eaprs_query>,
    /// The last question as it read.
    pub(crate) question: Reading,
    /// The last one that the peer was given.
    pub(crate) pac_file: Option<Vec<u8>>,
    /// Of the peer and of the authenticator.
    pub(crate) results: [Vec<Reading>; 2],
}

impl Pair {
    pub(crate) fn new(method: u32) -> Self {
        let peer = Session::peer(Some("alice"), Some("secret"), method);
        Self::of(peer, Session::authenticator(method))
    }

    pub(crate) fn of(peer: Session, mut authenticator: Session) -> Self {
        authenticator.start();
        Self {
            peer,
            authenticator,
            asked: Vec::new(),
            question: nothing(),
            pac_file: None,
            results: [Vec::new(), Vec::new()],
        }
    }

    /// Runs until both are silent.
    pub(crate) fn run(&mut self) {
        while self.drain(1) | self.drain(0) {}
    }

    /// Whether there was an output.
    fn drain(&mut self, end: usize) -> bool {
        let mut any = false;
        loop {
            let (from, to) = match end {
                0 => (&mut self.peer, &mut self.authenticator),
                _ => (&mut self.authenticator, &mut self.peer),
            };
            let output = from.poll();
            let reading = from.read();
            match output {
                eaprs_output::None => return any,
                eaprs_output::Send => {
                    assert_eq!(to.feed(&reading.packet.unwrap()), eaprs_received::Accepted);
                }
                eaprs_output::Ask => {
                    self.asked.push(reading.query.0);
                    answer(from, &reading);
                    self.question = reading;
                }
                eaprs_output::Event if reading.event == eaprs_event::PacUpdated => {
                    assert!(reading.pac_file.is_some());
                    self.pac_file = reading.pac_file;
                }
                eaprs_output::Finished => self.results[end].push(reading),
                other => {
                    assert!(matches!(other, eaprs_output::Event | eaprs_output::Withdrawn));
                }
            }
            any = true;
        }
    }
}

fn answer(session: &mut Session, question: &Reading) {
    const SECRET: &[u8] = b"secret";
    let (kind, id) = question.query;
    let status = match kind {
        eaprs_query::Challenge => session.answer_text(id, "otp-md5 487 dog2"),
        eaprs_query::Token => {
            assert_eq!(question.text.as_deref(), Some("otp-md5 487 dog2"));
            session.answer_secret(id, SECRET)
        }
        // SAFETY: a live handle, and a password of this length.
        eaprs_query::Credential => unsafe {
            eaprs_session_answer_credential(session.0, id, SECRET.as_ptr(), SECRET.len(), 0)
        },
        eaprs_query::CheckPassword => {
            let verdict = question.query_password.as_deref() == Some(SECRET);
            // SAFETY: a live handle.
            unsafe { eaprs_session_answer_verdict(session.0, id, verdict, 0) }
        }
        eaprs_query::VerifyServer | eaprs_query::VerifyClient => {
            let certificate = session.lend(|session, len| {
                // SAFETY: a live handle and a valid length.
                unsafe { eaprs_session_peer_certificate_der(session, 0, len) }
            });
            session.read();
            assert_eq!(certificate.octets(), question.certificate.chain[0]);
            // SAFETY: a live handle.
            unsafe { eaprs_session_answer_verdict(session.0, id, true, 0) }
        }
        other => panic!("{other:?} was not to be asked"),
    };
    assert_eq!(status, eaprs_status::Ok);
}

pub(crate) fn peer_builder(
    identity: Option<&str>,
    password: Option<&str>,
    method: u32,
) -> *mut eaprs_peer_builder {
    let mut builder = ptr::null_mut();
    // SAFETY: a live handle, and texts of their lengths.
    unsafe {
        assert_eq!(eaprs_peer_builder_new(&raw mut builder), eaprs_status::Ok);
        if let Some(text) = identity {
            let set = eaprs_peer_builder_identity(builder, text.as_ptr(), text.len());
            assert_eq!(set, eaprs_status::Ok);
        }
        if let Some(text) = password {
            let set = eaprs_peer_builder_password(builder, text.as_ptr(), text.len());
            assert_eq!(set, eaprs_status::Ok);
        }
        assert_eq!(eaprs_peer_builder_method(builder, method), eaprs_status::Ok);
    }
    builder
}

/// Reads to the NUL, which the length must agree with.
fn c_text(lent: &Lent) -> Option<String> {
    let octets = lent.copy()?;
    // SAFETY: not NULL, NUL-terminated, and lent.
    let text = unsafe { CStr::from_ptr(lent.0.cast()) }.to_str().unwrap();
    assert_eq!(text.as_bytes(), octets);
    Some(text.to_owned())
}
