//! Classes of values: immutable, compared by value, matched by position, printed without secrets.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// Defines a class whose fields are positional arguments, attributes and `__match_args__`, in this
/// order; the last ones may have defaults. Of fields after `hidden`, not more than the
/// length is printed.
macro_rules! frozen {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty $(= $default:tt)?),* $(,)? }
        $(hidden [$($hidden:ident),*])?
    ) => {
        $(#[$doc])*
        #[pyo3::pyclass(frozen, get_all, module = "eap_rs")]
        pub(crate) struct $name { $($(#[$field_doc])* pub(crate) $field: $kind,)* }

        impl $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        #[pyo3::pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = ($($field $(= $default)?),*))]
            #[allow(clippy::too_many_arguments, reason = "each is a field")]
            fn new($($field: $kind),*) -> Self {
                Self { $($field),* }
            }

            #[classattr]
            #[pyo3(name = "__match_args__")]
            fn match_args(
                py: pyo3::Python<'_>,
            ) -> pyo3::PyResult<pyo3::Bound<'_, pyo3::types::PyTuple>> {
                pyo3::types::PyTuple::new(py, Self::FIELDS)
            }

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                let hidden: &[&str] = &[$($(stringify!($hidden)),*)?];
                $crate::frozen::repr(slf.as_any(), Self::FIELDS, hidden)
            }

            fn __eq__(
                slf: &pyo3::Bound<'_, Self>,
                other: &pyo3::Bound<'_, pyo3::PyAny>,
            ) -> pyo3::PyResult<bool> {
                $crate::frozen::equal(slf.as_any(), other, Self::FIELDS)
            }

            fn __hash__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<isize> {
                $crate::frozen::values(slf.as_any(), Self::FIELDS)?.hash()
            }
        }
    };
}
pub(crate) use frozen;

/// `Name(first=…, second=…)`.
pub(crate) fn repr(
    object: &Bound<'_, PyAny>,
    fields: &[&str],
    hidden: &[&str],
) -> PyResult<String> {
    let mut text = object.get_type().name()?.to_string();
    for (i, field) in fields.iter().enumerate() {
        let value = object.getattr(*field)?;
        let value = if hidden.contains(field) && !value.is_none() {
            match value.cast::<PyBytes>() {
                Ok(octets) => format!("<{} octets>", octets.as_bytes().len()),
                Err(_) => "<hidden>".to_owned(),
            }
        } else {
            value.repr()?.to_string()
        };
        let separator = if i == 0 { "(" } else { ", " };
        text.push_str(&format!("{separator}{field}={value}"));
    }
    text.push_str(if fields.is_empty() { "()" } else { ")" });
    Ok(text)
}

/// The values of the fields.
pub(crate) fn values<'py>(
    object: &Bound<'py, PyAny>,
    fields: &[&str],
) -> PyResult<Bound<'py, PyTuple>> {
    let values: Vec<_> =
        fields.iter().map(|field| object.getattr(*field)).collect::<Result<_, _>>()?;
    PyTuple::new(object.py(), values)
}

/// The same class, and the same values.
pub(crate) fn equal(
    left: &Bound<'_, PyAny>,
    right: &Bound<'_, PyAny>,
    fields: &[&str],
) -> PyResult<bool> {
    if !left.get_type().is(right.get_type()) {
        return Ok(false);
    }
    values(left, fields)?.eq(values(right, fields)?)
}
