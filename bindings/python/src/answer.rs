//! Answers: the Python value that a question wants.

use core::convert::Infallible;
use std::borrow::Cow;

use eap_rs::method::NamedMethod;
use eap_rs::{AccountError, Answer, AnswerKind, Credential, MethodType, SUPPORTED, Secret};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::config::word;
use crate::error::{setting, wrong_answer};
use crate::frozen::frozen;
use crate::text::Octets;

/// The NT hash of a password (RFC 2433 §A.2). Who has it needs no password.
///
/// octets: the 16 octets of the hash.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct NtHash(Secret);

#[pymethods]
impl NtHash {
    #[new]
    fn new(py: Python<'_>, octets: Octets) -> PyResult<Self> {
        match octets.as_ref().len() {
            eap_rs::NtHash::LEN => Ok(Self(Secret::new(&octets))),
            len => {
                let text = format!("octets: {len} given, 16 accepted");
                Err(setting(py, "octets", text))
            }
        }
    }

    /// The hash of a password.
    #[staticmethod]
    fn of_password(password: &str) -> Self {
        Self(Secret::new(eap_rs::NtHash::of_password(password).expose()))
    }

    /// The octets of the hash.
    fn expose(&self) -> Vec<u8> {
        self.0.expose().to_vec()
    }

    fn __repr__(&self) -> &'static str {
        "NtHash(<16 octets>)"
    }
}

frozen! {
    /// The credential of an account that may not be used as it is.
    Restricted {
        /// `str`, bytes-like or `NtHash`.
        credential: Py<PyAny>,
        /// `password-expired`, `disabled`, `wrong-hours` or `no-permission`.
        reason: Reason,
    }
    hidden [credential]
}

/// Why an account may not be used, with the word for it.
#[derive(Clone, Copy)]
pub(crate) struct Reason {
    word: &'static str,
    error: AccountError,
}

impl<'py> FromPyObject<'_, 'py> for Reason {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let given: Cow<'_, str> = object.extract()?;
        let words = REASONS.map(|reason| (reason.word, reason));
        word(object.py(), "reason", &given, &words)
    }
}

impl<'py> IntoPyObject<'py> for Reason {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        self.word.into_pyobject(py)
    }
}

const REASONS: [Reason; 4] = [
    Reason { word: "password-expired", error: AccountError::PasswordExpired },
    Reason { word: "disabled", error: AccountError::Disabled },
    Reason { word: "wrong-hours", error: AccountError::RestrictedHours },
    Reason { word: "no-permission", error: AccountError::NoPermission },
];

frozen! {
    /// What a peer is offered: the answer to `Policy`.
    Offer {
        /// The methods to propose, by name, in this order.
        methods: Vec<String>,
        /// A message to have displayed first (RFC 3748 §5.2).
        notification: Option<String> = None,
        /// Whether the AAA server decides when none of the methods is left: at once if there are
        /// none, or when the peer has refused them all. `FullAuthenticator`'s only.
        pass_through: bool = false,
    }
}

/// The answer that this value is, to a question of this kind.
pub(crate) fn answer(value: &Bound<'_, PyAny>, wants: AnswerKind) -> PyResult<Answer> {
    let py = value.py();
    if value.is_none() {
        return Ok(Answer::Decline);
    }
    let wrong = |wanted| wrong_answer(py, wanted);
    Ok(match wants {
        AnswerKind::Text => Answer::Text(value.extract().map_err(|_| wrong("a str"))?),
        AnswerKind::Secret => Answer::Secret(Secret::new(octets(value, "str or bytes-like")?)),
        // Only a bool: what else is true by accident must not let anybody in.
        AnswerKind::Verdict => match value.cast::<PyBool>() {
            Ok(verdict) => Answer::Verdict(verdict.is_true()),
            Err(_) => return Err(wrong("a bool")),
        },
        AnswerKind::Offer => Answer::Offer(offer(value)?),
        AnswerKind::Credential => Answer::Credential(credential(value)?),
        AnswerKind::Session => Answer::Session(octets(value, "bytes-like")?.as_ref().to_vec()),
        _ => return Err(wrong("nothing that Python has")),
    })
}

fn octets(value: &Bound<'_, PyAny>, wanted: &str) -> PyResult<Octets> {
    value.extract().map_err(|_| wrong_answer(value.py(), wanted))
}

fn offer(value: &Bound<'_, PyAny>) -> PyResult<eap_rs::Offer> {
    const WANTED: &str = "a list of methods' names, or an Offer";
    let py = value.py();
    if let Ok(offer) = value.cast::<Offer>() {
        let offer = offer.get();
        let mut core = eap_rs::Offer::new(types(py, &offer.methods)?);
        core.notification.clone_from(&offer.notification);
        core.pass_through = offer.pass_through;
        return Ok(core);
    }
    let names: Vec<String> = value.extract().map_err(|_| wrong_answer(py, WANTED))?;
    Ok(eap_rs::Offer::new(types(py, &names)?))
}

/// The Types of methods: `peap`, or the whole name `peap/gtc`.
fn types(py: Python<'_>, names: &[String]) -> PyResult<Vec<MethodType>> {
    let find = |name: &String| {
        let plain = SUPPORTED.iter().find(|facts| facts.name.eq_ignore_ascii_case(name));
        plain
            .map(|facts| facts.method)
            .or_else(|| NamedMethod::find(name).map(|named| named.method))
            .ok_or_else(|| wrong_answer(py, "names of methods"))
    };
    names.iter().map(find).collect()
}

fn credential(value: &Bound<'_, PyAny>) -> PyResult<Credential> {
    if let Ok(restricted) = value.cast::<Restricted>() {
        let restricted = restricted.get();
        let inner = credential(restricted.credential.bind(value.py()))?;
        return Ok(inner.restricted(restricted.reason.error));
    }
    if let Ok(hash) = value.cast::<NtHash>() {
        let octets = hash.get().0.expose().try_into();
        return Ok(octets.map_or(Credential::Unknown, |octets| {
            Credential::NtHash(eap_rs::NtHash::new(octets))
        }));
    }
    if value.is_none() {
        return Ok(Credential::Unknown);
    }
    let password = octets(value, "str, bytes-like, NtHash or Restricted")?;
    Ok(Credential::Cleartext(Secret::new(password)))
}
