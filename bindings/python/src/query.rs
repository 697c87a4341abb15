//! Questions: everything a session may ask.

use eap_rs::{AccountRefusal, CredentialKind, Query, QueryId};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::frozen::frozen;
use crate::output::{Ask, Certificate, Tunnel, name};
use crate::text::identity;

frozen! {
    /// Peer: who are you? Wants a `str`.
    Identity {
        /// The authenticator's prompt; may be empty.
        prompt: String,
    }
}

frozen! {
    /// Peer: the password of this identity? Wants `str` or `bytes`.
    Password {
        /// Whose password.
        identity: Py<PyString>,
        /// Why it is asked for again, if it is.
        refused: Option<String> = None,
    }
}

frozen! {
    /// Peer: which password shall this identity have from now on? Wants `str` or `bytes`.
    NewPassword {
        /// Whose password.
        identity: Py<PyString>,
        /// Why: as a rule, the old one has expired.
        refused: String,
    }
}

frozen! {
    /// Peer: what does the token card say? Wants `str` or `bytes`.
    Token {
        /// The authenticator's challenge, to be shown as it is.
        challenge: String,
    }
}

frozen! {
    /// Peer: may this server be trusted? Wants a `bool`.
    VerifyServer {
        /// The server's certificates in DER, its own first.
        chain: Vec<Vec<u8>>,
        /// What the first of them says.
        certificate: Py<Certificate>,
    }
}

frozen! {
    /// Authenticator: which methods are offered to this identity? Wants a list of names, an
    /// `Offer`, or `None` to refuse it.
    Policy {
        /// Who asks for access.
        identity: Py<PyString>,
    }
}

frozen! {
    /// Authenticator: the stored credential of this identity? Wants `str`, `bytes`, `NtHash`,
    /// `Restricted`, or `None` if it is unknown.
    StoredCredential {
        /// Whose credential.
        identity: Py<PyString>,
        /// The method that needs it.
        method: String,
        /// What the method can work with: `cleartext`, `nt-hash`.
        accepts: Vec<String>,
    }
}

frozen! {
    /// Authenticator: is this the password, or token response, of this identity? Wants a `bool`.
    CheckPassword {
        /// Whose password.
        identity: Py<PyString>,
        /// What the peer sent.
        password: Vec<u8>,
    }
    hidden [password]
}

frozen! {
    /// Authenticator: this identity has proved its old password and wants this one from now on: is
    /// it stored? Wants a `bool`.
    ChangePassword {
        /// Whose password.
        identity: Py<PyString>,
        /// The new password, UTF-8.
        new_password: Vec<u8>,
    }
    hidden [new_password]
}

frozen! {
    /// Authenticator: may this client log in? Wants a `bool`.
    VerifyClient {
        /// The identity the peer gave.
        identity: Py<PyString>,
        /// The client's certificates in DER, its own first.
        chain: Vec<Vec<u8>>,
        /// What the first of them says.
        certificate: Py<Certificate>,
    }
}

frozen! {
    /// Authenticator: this identity was authenticated inside the tunnel before, and resumes the
    /// session of then: may it still log in? Wants a `bool`; without consent the peer authenticates
    /// again.
    Resume {
        /// Who was authenticated.
        identity: Py<PyString>,
        /// By what, inside the tunnel.
        method: String,
    }
}

frozen! {
    /// Authenticator: the session stored under this name? Asked with `share_sessions`, when a peer
    /// wants to resume one. It is to be taken out of the store: each is given out once. Wants `bytes`,
    /// or `None` if it is not there.
    StoredSession {
        /// The name that `SealedSession` had: 32 octets.
        name: Vec<u8>,
    }
}

frozen! {
    /// Authenticator: which challenge shall this identity be shown (RFC 2289)? Wants a `str`.
    OtpChallenge {
        /// Who is to be challenged.
        identity: Py<PyString>,
        /// The method that needs it.
        method: String,
    }
}

/// The question, with where it comes from.
pub(crate) fn ask(py: Python<'_>, id: QueryId, query: Query) -> PyResult<Py<Ask>> {
    let (query, tunnel) = match query {
        Query::Tunneled { method, outer_identity, query } => {
            let outer_identity = identity(py, &outer_identity)?.unbind();
            let tunnel = Tunnel { method: name(method, None), outer_identity };
            (*query, Some(Py::new(py, tunnel)?))
        }
        query => (query, None),
    };
    Py::new(py, Ask { id: id.get(), query: object(py, query)?, tunnel })
}

fn object(py: Python<'_>, query: Query) -> PyResult<Py<PyAny>> {
    let who = |who: &eap_rs::Identity| Ok::<_, PyErr>(identity(py, who)?.unbind());
    let info = |info: Box<eap_rs::tls::CertificateInfo>| Py::new(py, Certificate::of(*info));
    Ok(match query {
        Query::Identity { prompt } => Py::new(py, Identity { prompt })?.into_any(),
        Query::Password { identity, refused } => {
            let refused = refused.as_ref().map(AccountRefusal::to_string);
            Py::new(py, Password { identity: who(&identity)?, refused })?.into_any()
        }
        Query::NewPassword { identity, refused } => {
            let refused = refused.to_string();
            Py::new(py, NewPassword { identity: who(&identity)?, refused })?.into_any()
        }
        Query::Token { challenge } => Py::new(py, Token { challenge })?.into_any(),
        Query::VerifyServer { chain, certificate } => {
            Py::new(py, VerifyServer { chain, certificate: info(certificate)? })?.into_any()
        }
        Query::Policy { identity } => Py::new(py, Policy { identity: who(&identity)? })?.into_any(),
        Query::Credential { identity, method, accepts } => {
            let accepts = accepts.iter().map(|kind| kind_name(*kind).to_owned()).collect();
            let (identity, method) = (who(&identity)?, name(method, None));
            Py::new(py, StoredCredential { identity, method, accepts })?.into_any()
        }
        Query::CheckPassword { identity, password } => {
            let password = password.expose().to_vec();
            Py::new(py, CheckPassword { identity: who(&identity)?, password })?.into_any()
        }
        Query::ChangePassword { identity, new_password } => {
            let new_password = new_password.expose().to_vec();
            Py::new(py, ChangePassword { identity: who(&identity)?, new_password })?.into_any()
        }
        Query::VerifyClient { identity, chain, certificate } => {
            let (identity, certificate) = (who(&identity)?, info(certificate)?);
            Py::new(py, VerifyClient { identity, chain, certificate })?.into_any()
        }
        Query::Challenge { identity, method } => {
            let (identity, method) = (who(&identity)?, name(method, None));
            Py::new(py, OtpChallenge { identity, method })?.into_any()
        }
        Query::Resume { identity, method } => {
            let (identity, method) = (who(&identity)?, method.to_string());
            Py::new(py, Resume { identity, method })?.into_any()
        }
        Query::StoredSession { name } => {
            Py::new(py, StoredSession { name: name.to_vec() })?.into_any()
        }
        // A tunnel inside a tunnel is refused by every configuration.
        _ => py.None(),
    })
}

fn kind_name(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Cleartext => "cleartext",
        CredentialKind::NtHash => "nt-hash",
        _ => "unknown",
    }
}
