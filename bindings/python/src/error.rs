//! Exceptions: mistakes of the caller. What the network does wrong, and users who are refused, are
//! results.

use core::fmt::Display;
use core::ops::RangeInclusive;
use core::time::Duration;

use eap_rs::{AnswerError, ConfigError};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

struct Exceptions {
    eap: Py<PyType>,
    config: Py<PyType>,
    answer: Py<PyType>,
    stale: Py<PyType>,
}

static EXCEPTIONS: PyOnceLock<Exceptions> = PyOnceLock::new();

fn exceptions(py: Python<'_>) -> PyResult<&'static Exceptions> {
    EXCEPTIONS.get_or_try_init(py, || {
        // ConfigError has two bases, which only `type` itself can make.
        let make = |name: &str, doc: &str, bases: &[&Bound<'_, PyType>]| {
            let members = PyDict::new(py);
            members.set_item("__module__", "eap_rs")?;
            members.set_item("__doc__", doc)?;
            let made = py.get_type::<PyType>().call1((name, PyTuple::new(py, bases)?, members))?;
            Ok::<_, PyErr>(made.cast_into::<PyType>()?.unbind())
        };
        let value = py.get_type::<PyValueError>();
        let eap = make(
            "EapError",
            "What all exceptions of this package are.",
            &[&py.get_type::<PyException>()],
        )?;
        let config = make(
            "ConfigError",
            "A configuration that cannot work. The text says what is accepted.",
            &[eap.bind(py), &value],
        )?;
        // Of those that the host raises itself.
        config.bind(py).setattr("field", "")?;
        let answer = make(
            "AnswerError",
            "An answer that was not taken. The question stays open.",
            &[eap.bind(py), &value],
        )?;
        let stale = make(
            "StaleQueryError",
            "An answer to a question that is not open: answered, withdrawn, or never asked.",
            &[eap.bind(py)],
        )?;
        Ok(Exceptions { eap, config, answer, stale })
    })
}

/// Adds the exceptions to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let Exceptions { eap, config, answer, stale } = exceptions(py)?;
    module.add("EapError", eap)?;
    module.add("ConfigError", config)?;
    module.add("AnswerError", answer)?;
    module.add("StaleQueryError", stale)
}

fn raise(py: Python<'_>, kind: &Py<PyType>, text: String) -> PyErr {
    PyErr::from_type(kind.bind(py).clone(), text)
}

/// A [`ConfigError`], with the setting to correct in `field`.
pub(crate) fn config(py: Python<'_>, error: &ConfigError) -> PyErr {
    setting(py, error.field(), error.to_string())
}

/// The same for what this layer finds: the text starts with the field.
pub(crate) fn setting(py: Python<'_>, field: &str, text: String) -> PyErr {
    exceptions(py)
        .and_then(|exceptions| {
            let error = raise(py, &exceptions.config, text);
            error.value(py).setattr("field", field)?;
            Ok(error)
        })
        .unwrap_or_else(|error| error)
}

pub(crate) fn answer(py: Python<'_>, error: AnswerError) -> PyErr {
    match exceptions(py) {
        Ok(Exceptions { stale, .. }) if error == AnswerError::Stale => {
            raise(py, stale, error.to_string())
        }
        Ok(Exceptions { answer, .. }) => raise(py, answer, error.to_string()),
        Err(error) => error,
    }
}

/// An answer that is of no kind that the question takes.
pub(crate) fn wrong_answer(py: Python<'_>, wanted: &str) -> PyErr {
    match exceptions(py) {
        Ok(Exceptions { answer, .. }) => {
            raise(py, answer, format!("this question wants {wanted}, or None to decline it"))
        }
        Err(error) => error,
    }
}

/// Seconds of a setting.
pub(crate) fn seconds(py: Python<'_>, field: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        setting(py, field, format!("{field}: {seconds} given, accepted: seconds from 0"))
    })
}

/// The number of a setting.
pub(crate) fn within<T>(
    py: Python<'_>,
    field: &str,
    given: i64,
    accepted: RangeInclusive<T>,
) -> PyResult<T>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    match T::try_from(given) {
        Ok(number) if accepted.contains(&number) => Ok(number),
        _ => {
            let (min, max) = accepted.into_inner();
            Err(setting(py, field, format!("{field}: {given} given, accepted: {min} to {max}")))
        }
    }
}
