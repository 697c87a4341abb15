//! Texts and octets, as Python has them.

use std::ops::Deref;

use eap_rs::Identity;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PyString};

/// A bytes-like object: `bytes` as they are, what may change meanwhile copied.
pub(crate) struct Bytes<'py>(Bound<'py, PyBytes>);

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<'py> FromPyObject<'_, 'py> for Bytes<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(octets) = object.cast::<PyBytes>() {
            return Ok(Self(octets.to_owned()));
        }
        let Ok(view) = PyMemoryView::from(&object) else {
            let kind = object.get_type().name()?;
            return Err(PyTypeError::new_err(format!("{kind} given, accepted: bytes-like")));
        };
        Ok(Self(view.call_method0("tobytes")?.cast_into()?))
    }
}

/// A bytes-like object, or a `str` in UTF-8. Octets that `os.fsdecode` would have made lone
/// surrogates of become themselves again, so that an identity survives the way there and back.
#[derive(Clone)]
pub(crate) struct Octets(Vec<u8>);

impl AsRef<[u8]> for Octets {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'py> FromPyObject<'_, 'py> for Octets {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            // The text may be a password: no exception of Python's, which has it as its `object`.
            let octets = object
                .call_method1("encode", ("utf-8", "surrogateescape"))
                .map_err(|_| PyTypeError::new_err("a str given that is no text"))?;
            return Ok(Self(octets.cast::<PyBytes>()?.as_bytes().to_vec()));
        }
        match object.extract::<Bytes<'_>>() {
            Ok(octets) => Ok(Self(octets.to_vec())),
            Err(_) => {
                let kind = object.get_type().name()?;
                Err(PyTypeError::new_err(format!("{kind} given, accepted: bytes-like or str")))
            }
        }
    }
}

/// An identity as a `str`; octets that are no UTF-8 become lone surrogates, as file names do.
pub(crate) fn identity<'py>(
    py: Python<'py>,
    identity: &Identity,
) -> PyResult<Bound<'py, PyString>> {
    if let Some(text) = identity.as_str() {
        return Ok(PyString::new(py, text));
    }
    let octets = PyBytes::new(py, identity.as_bytes());
    Ok(octets.call_method1("decode", ("utf-8", "surrogateescape"))?.cast_into()?)
}
