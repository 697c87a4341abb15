//! What a `SessionTable` is given to answer questions with.

use eap_rs::{Answer, Query};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

use crate::config::Asks;
use crate::output::Certificate;
use crate::text::identity;
use crate::{answer, error};

/// What answers questions.
pub(crate) struct Callables {
    pub(crate) check_password: Option<Callable>,
    pub(crate) credential: Option<Callable>,
    pub(crate) policy: Option<Callable>,
    pub(crate) verify_client: Option<Callable>,
    pub(crate) change_password: Option<Callable>,
    pub(crate) challenge: Option<Callable>,
    pub(crate) resume: Option<Callable>,
    pub(crate) load_session: Option<Callable>,
    pub(crate) store_session: Option<Callable>,
}

/// Something that can be called: what cannot is refused when it is given.
pub(crate) struct Callable(Py<PyAny>);

impl<'py> FromPyObject<'_, 'py> for Callable {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_callable() {
            return Ok(Self(object.to_owned().unbind()));
        }
        let kind = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("{kind} given, accepted: a callable")))
    }
}

impl Callable {
    pub(crate) fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.0.bind(py)
    }
}

impl Callables {
    /// A callable that is never called would be a check that is never made.
    pub(crate) fn check(&self, py: Python<'_>, asks: Asks) -> PyResult<()> {
        for (name, callable, is_asked, switch) in [
            ("policy", &self.policy, asks.policy, "ask_policy"),
            ("verify_client", &self.verify_client, asks.client, "ask_client"),
            ("resume", &self.resume, asks.resumption, "ask_resumption"),
            ("load_session", &self.load_session, asks.sessions, "share_sessions"),
            ("store_session", &self.store_session, asks.sessions, "share_sessions"),
        ] {
            if callable.is_some() && !is_asked {
                return Err(error::setting(py, name, format!("{name}: given without {switch}")));
            }
        }
        if self.verify_client.is_some() && !asks.for_certificates {
            let text = "verify_client: given without tunnel_client_certificates, or EAP-TLS";
            return Err(error::setting(py, "verify_client", text.into()));
        }
        Ok(())
    }

    /// What the callable says that is there for this question.
    pub(crate) fn call(&self, py: Python<'_>, query: &Query) -> Option<PyResult<Answer>> {
        let innermost = query.innermost();
        let callable = match innermost {
            Query::CheckPassword { .. } => &self.check_password,
            Query::Credential { .. } => &self.credential,
            Query::Policy { .. } => &self.policy,
            Query::VerifyClient { .. } => &self.verify_client,
            Query::ChangePassword { .. } => &self.change_password,
            Query::Challenge { .. } => &self.challenge,
            Query::Resume { .. } => &self.resume,
            Query::StoredSession { .. } => &self.load_session,
            _ => return None,
        };
        let callable = callable.as_ref()?.bind(py);
        let given = arguments(py, innermost).and_then(|arguments| callable.call1(arguments));
        Some(given.and_then(|value| answer::answer(&value, query.wants())))
    }

    /// Has the session stored that a login has left. A store out of order costs a full login, and
    /// nobody's access.
    pub(crate) fn store(&self, py: Python<'_>, outcome: &eap_rs::Outcome) {
        if let (Some(callable), Some(sealed)) = (&self.store_session, &outcome.session) {
            let (name, session) =
                (PyBytes::new(py, &sealed.name), PyBytes::new(py, &sealed.octets));
            let callable = callable.bind(py);
            if let Err(raised) = callable.call1((name, session, sealed.lifetime.as_secs_f64())) {
                raised.write_unraisable(py, Some(callable));
            }
        }
    }

    /// What the garbage collector has to know of.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Callables {
            check_password,
            credential,
            policy,
            verify_client,
            change_password,
            challenge,
            resume,
            load_session,
            store_session,
        } = self;
        let all = [
            check_password,
            credential,
            policy,
            verify_client,
            change_password,
            challenge,
            resume,
            load_session,
            store_session,
        ];
        all.into_iter().flatten().try_for_each(|callable| visit.call(&callable.0))
    }
}

/// What a callable is told.
fn arguments<'py>(py: Python<'py>, query: &Query) -> PyResult<Bound<'py, PyTuple>> {
    let who = |who| identity(py, who);
    match query {
        Query::CheckPassword { identity, password: secret }
        | Query::ChangePassword { identity, new_password: secret } => {
            (who(identity)?, PyBytes::new(py, secret.expose())).into_pyobject(py)
        }
        Query::Credential { identity, .. }
        | Query::Policy { identity }
        | Query::Challenge { identity, .. } => (who(identity)?,).into_pyobject(py),
        Query::VerifyClient { identity, certificate, .. } => {
            (who(identity)?, Certificate::of((**certificate).clone())).into_pyobject(py)
        }
        Query::Resume { identity, method } => {
            (who(identity)?, method.to_string()).into_pyobject(py)
        }
        Query::StoredSession { name } => (PyBytes::new(py, name),).into_pyobject(py),
        _ => Ok(PyTuple::empty(py)),
    }
}
