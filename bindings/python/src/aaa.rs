//! A full authenticator's other side: what the AAA server is asked, and what it answers (RFC 4137
//! §7.1).

use core::time::Duration;

use eap_rs::{AaaAnswer, Keys, Msk, SessionId};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::seconds;
use crate::frozen::frozen;
use crate::text::identity;

frozen! {
    /// Hand this to the AAA server, in RADIUS as an Access-Request, and its answer to `handle_aaa`.
    AskAaa {
        /// Names the request.
        id: u64,
        /// The identity that the peer gave, for User-Name; empty as long as it has given none.
        identity: Py<PyString>,
        /// The peer's Response, for EAP-Message; empty if the AAA server is to begin (EAP-Start,
        /// RFC 3579 §2.1).
        eap_message: Vec<u8>,
    }
    hidden [eap_message]
}

impl AskAaa {
    pub(crate) fn of(py: Python<'_>, request: eap_rs::AaaRequest) -> PyResult<Self> {
        let identity = identity(py, &request.identity)?.unbind();
        Ok(Self { id: request.id.get(), identity, eap_message: request.eap_message })
    }
}

frozen! {
    /// The AAA server sends the next Request for the peer: in RADIUS, an Access-Challenge.
    AaaRequest {
        /// The EAP packet: a Request. What is none is discarded.
        eap_message: Vec<u8>,
        /// Seconds that the peer may take for it, in RADIUS Session-Timeout; `None` if the server
        /// does not say.
        method_timeout: Option<f64> = None,
    }
}

frozen! {
    /// The AAA server has dropped the Response: the last Request still stands.
    AaaNoRequest {}
}

frozen! {
    /// No AAA server has answered, and none will: the conversation fails now.
    AaaTimeout {}
}

frozen! {
    /// The AAA server grants access: in RADIUS, an Access-Accept.
    AaaSuccess {
        /// The EAP packet: Success. What is none is not passed on (RFC 3579 §2.6.3).
        eap_message: Option<Vec<u8>> = None,
        /// The MSK: in RADIUS, MS-MPPE-Recv-Key and MS-MPPE-Send-Key in a row.
        msk: Option<Vec<u8>> = None,
        /// The Session-Id: in RADIUS, EAP-Key-Name. It goes with an MSK only.
        session_id: Option<Vec<u8>> = None,
    }
    hidden [msk]
}

frozen! {
    /// The AAA server refuses access: in RADIUS, an Access-Reject.
    AaaFailure {
        /// The EAP packet: Failure. What is none is not passed on (RFC 3579 §2.6.3).
        eap_message: Option<Vec<u8>> = None,
    }
}

/// The answer that this value is.
pub(crate) fn answer<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<AaaAnswer<'a>> {
    if let Ok(request) = value.cast::<AaaRequest>() {
        let AaaRequest { eap_message, method_timeout } = request.get();
        let time = |time: f64| seconds(value.py(), "method_timeout", time);
        let method_timeout: Option<Duration> = method_timeout.map(time).transpose()?;
        return Ok(AaaAnswer::Request { eap_message, method_timeout });
    }
    if let Ok(success) = value.cast::<AaaSuccess>() {
        let AaaSuccess { eap_message, msk, session_id } = success.get();
        let session_id = session_id.as_ref().map(SessionId::new);
        let keys = msk.as_ref().map(|msk| Keys { msk: Msk::new(msk), emsk: None, session_id });
        return Ok(AaaAnswer::Success { eap_message: eap_message.as_deref(), keys });
    }
    if let Ok(failure) = value.cast::<AaaFailure>() {
        return Ok(AaaAnswer::Failure { eap_message: failure.get().eap_message.as_deref() });
    }
    if value.is_instance_of::<AaaNoRequest>() {
        return Ok(AaaAnswer::NoRequest);
    }
    if value.is_instance_of::<AaaTimeout>() {
        return Ok(AaaAnswer::Timeout);
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "{kind} given, accepted: AaaRequest, AaaNoRequest, AaaTimeout, AaaSuccess or AaaFailure"
    )))
}
