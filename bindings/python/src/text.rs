//! Texts and octets, as Python has them.

use eap_rs::Identity;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// `bytes`, or a `str` in UTF-8. Octets that `os.fsdecode` would have made lone surrogates of
/// become themselves again, so that an identity survives the way there and back.
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
        if let Ok(octets) = object.cast::<PyBytes>() {
            return Ok(Self(octets.as_bytes().to_vec()));
        }
        if object.is_instance_of::<PyString>() {
            let octets = object.call_method1("encode", ("utf-8", "surrogateescape"))?;
            return Ok(Self(octets.cast::<PyBytes>()?.as_bytes().to_vec()));
        }
        let kind = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("{kind} given, accepted: bytes or str")))
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
