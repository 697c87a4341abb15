//! What comes out of a session.

use eap_rs::method::NamedMethod;
use eap_rs::tls::CertificateInfo;
use eap_rs::{Failure, InnerMethod, InnerOutcome, MethodType};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::aaa::AskAaa;
use crate::frozen::frozen;
use crate::query;
use crate::text::identity;

frozen! {
    /// Send these octets: one EAP packet.
    Send {
        /// The packet.
        packet: Vec<u8>,
    }
    hidden [packet]
}

frozen! {
    /// Answer this question with `handle_answer`, whenever the answer is there.
    Ask {
        /// Names the question.
        id: u64,
        /// The question.
        query: Py<PyAny>,
        /// Where it comes from, if it is asked inside a tunnel.
        tunnel: Option<Py<Tunnel>> = None,
    }
}

frozen! {
    /// Where a question inside a tunnel comes from.
    Tunnel {
        /// The method whose tunnel it is.
        method: String,
        /// The identity that the peer gave outside, in clear text.
        outer_identity: Py<PyString>,
    }
}

frozen! {
    /// This question is open no more.
    Withdrawn {
        /// Names the question.
        id: u64,
    }
}

frozen! {
    /// Peer: the authenticator wants this message displayed (RFC 3748 §5.2).
    Notification {
        /// The message.
        message: String,
    }
}

frozen! {
    /// Authenticator: the peer gave this identity.
    PeerIdentity {
        /// The identity.
        identity: Py<PyString>,
    }
}

frozen! {
    /// Authenticator: inside the tunnel, the peer gave this identity.
    InnerIdentity {
        /// The identity.
        identity: Py<PyString>,
    }
}

frozen! {
    /// This method began.
    MethodStarted {
        /// Its name.
        method: String,
    }
}

frozen! {
    /// This method was refused: by us (peer) or by the peer (authenticator).
    MethodRefused {
        /// Its name.
        method: String,
    }
}

frozen! {
    /// Peer: there is another PAC. Store the file where it survives, as a password would be, in place
    /// of the one that was there.
    PacUpdated {
        /// What `PeerConfig` takes as `pacs`.
        file: Vec<u8>,
    }
    hidden [file]
}

frozen! {
    /// The conversation is over.
    Finished {
        /// Whether it succeeded.
        ok: bool,
        /// What came of it, if it succeeded.
        outcome: Option<Py<Outcome>> = None,
        /// Why it did not, if it did not: words for a screen or a log.
        reason: Option<String> = None,
    }
}

frozen! {
    /// A conversation that ended in success.
    Outcome {
        /// The method's name, with what was inside its tunnel: `ttls/pap`.
        method: String,
        /// The identity that the peer gave.
        identity: Py<PyString>,
        /// The identity that the peer gave inside the tunnel.
        inner_identity: Option<Py<PyString>> = None,
        /// Master Session Key (RFC 5247), 64 octets; 32 of EAP-MSCHAPv2; `None` if the method
        /// derives none.
        msk: Option<Vec<u8>> = None,
        /// Extended Master Session Key, where the method defines one.
        emsk: Option<Vec<u8>> = None,
        /// Session-Id (RFC 5247), where the method defines one.
        session_id: Option<Vec<u8>> = None,
        /// Whether an earlier TLS session was resumed.
        resumed: bool = false,
        /// `TLS 1.3`, for example.
        tls_version: Option<String> = None,
        /// The cipher suite, by its registered name.
        cipher_suite: Option<String> = None,
        /// The other side's certificate.
        certificate: Option<Py<Certificate>> = None,
        /// Authenticator: a session to store, with `share_sessions`.
        session: Option<Py<SealedSession>> = None,
    }
    hidden [msk, emsk]
}

frozen! {
    /// A session to be stored where every server of the same ticket keys finds it.
    SealedSession {
        /// What it will be asked for by: 32 octets.
        name: Vec<u8>,
        /// The session, sealed with the ticket keys.
        session: Vec<u8>,
        /// Seconds for which it is of use.
        lifetime: f64,
    }
    hidden [session]
}

frozen! {
    /// What a certificate says. Nothing in it has been checked by having been read.
    Certificate {
        /// The subject, most specific part first (RFC 4514).
        subject: String,
        /// The most specific common name of the subject.
        common_name: Option<String>,
        /// The issuer.
        issuer: String,
        /// The serial number in hexadecimal.
        serial: String,
        /// The dNSNames of the subjectAltName extension.
        dns_names: Vec<String>,
        /// Its rfc822Names.
        mail_addresses: Vec<String>,
        /// Its user principal names.
        principal_names: Vec<String>,
        /// First valid second, since 1970.
        not_before: u64,
        /// Last valid second, since 1970.
        not_after: u64,
        /// SHA-256 of the whole certificate, as used for pins.
        sha256: Vec<u8>,
    }
}

impl Certificate {
    pub(crate) fn of(info: CertificateInfo) -> Self {
        Self {
            subject: info.subject,
            common_name: info.common_name,
            issuer: info.issuer,
            serial: info.serial,
            dns_names: info.dns_names,
            mail_addresses: info.mail_addresses,
            principal_names: info.principal_names,
            not_before: info.not_before,
            not_after: info.not_after,
            sha256: info.sha256.to_vec(),
        }
    }
}

/// The name of a method, with what is inside its tunnel.
pub(crate) fn name(method: MethodType, inner: Option<InnerMethod>) -> String {
    let named = NamedMethod::of(method, inner);
    match (named, eap_rs::SUPPORTED.iter().find(|facts| facts.method == method)) {
        (Some(named), _) => named.name.into(),
        (None, Some(facts)) => facts.name.into(),
        (None, None) => method.to_string(),
    }
}

impl Outcome {
    pub(crate) fn of(py: Python<'_>, outcome: eap_rs::Outcome) -> PyResult<Self> {
        let inner = |inner: &InnerOutcome| Ok::<_, PyErr>(identity(py, &inner.identity)?.unbind());
        let inner_identity = outcome.inner.as_ref().map(inner).transpose()?;
        let (mut msk, mut emsk, mut session_id) = (None, None, None);
        if let Some(keys) = &outcome.keys {
            msk = Some(keys.msk.expose().to_vec());
            emsk = keys.emsk.as_ref().map(|emsk| emsk.expose().to_vec());
            session_id = keys.session_id.as_ref().map(|id| id.expose().to_vec());
        }
        let session = outcome.session.map(|sealed| {
            let (name, session) = (sealed.name.to_vec(), sealed.octets);
            Py::new(py, SealedSession { name, session, lifetime: sealed.lifetime.as_secs_f64() })
        });
        let session = session.transpose()?;
        let (mut resumed, mut tls_version, mut cipher_suite, mut certificate) =
            (false, None, None, None);
        if let Some(tls) = outcome.tls {
            resumed = tls.resumed;
            tls_version = Some(tls.version.to_string());
            cipher_suite = Some(tls.suite.to_owned());
            let info = tls.certificate.map(|info| Certificate::of(*info));
            certificate = info.map(|info| Py::new(py, info)).transpose()?;
        }
        Ok(Self {
            method: name(outcome.method, outcome.inner.as_ref().map(|inner| inner.method)),
            identity: identity(py, &outcome.peer_identity)?.unbind(),
            inner_identity,
            msk,
            emsk,
            session_id,
            resumed,
            tls_version,
            cipher_suite,
            certificate,
            session,
        })
    }
}

impl Finished {
    pub(crate) fn of(py: Python<'_>, result: Result<eap_rs::Outcome, Failure>) -> PyResult<Self> {
        Ok(match result {
            Ok(outcome) => {
                let outcome = Py::new(py, Outcome::of(py, outcome)?)?;
                Self { ok: true, outcome: Some(outcome), reason: None }
            }
            Err(failure) => Self { ok: false, outcome: None, reason: Some(failure.to_string()) },
        })
    }
}

/// The Python object of an output; `None` of one that has no meaning here.
pub(crate) fn output(py: Python<'_>, output: eap_rs::Output) -> PyResult<Option<Py<PyAny>>> {
    use eap_rs::{Event, Output};
    Ok(Some(match output {
        Output::Send(packet) => Py::new(py, Send { packet })?.into_any(),
        Output::Ask(id, query) => query::ask(py, id, query)?.into_any(),
        Output::AskAaa(request) => Py::new(py, AskAaa::of(py, request)?)?.into_any(),
        Output::Withdrawn(id) => Py::new(py, Withdrawn { id: id.get() })?.into_any(),
        Output::Finished(result) => Py::new(py, Finished::of(py, result)?)?.into_any(),
        Output::Event(event) => match event {
            Event::Notification(message) => Py::new(py, Notification { message })?.into_any(),
            Event::PeerIdentity(who) => {
                let identity = identity(py, &who)?.unbind();
                Py::new(py, PeerIdentity { identity })?.into_any()
            }
            Event::InnerIdentity(who) => {
                let identity = identity(py, &who)?.unbind();
                Py::new(py, InnerIdentity { identity })?.into_any()
            }
            Event::MethodStarted(method) => {
                Py::new(py, MethodStarted { method: name(method, None) })?.into_any()
            }
            Event::MethodRefused(method) => {
                Py::new(py, MethodRefused { method: name(method, None) })?.into_any()
            }
            #[cfg(feature = "fast")]
            Event::PacUpdated(pacs) => {
                let file = pacs.expose().to_vec();
                Py::new(py, PacUpdated { file })?.into_any()
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}
