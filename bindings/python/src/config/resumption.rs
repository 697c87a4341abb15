//! Keys that seal session tickets.

use std::sync::Arc;

use eap_rs::tls;
use pyo3::prelude::*;

use crate::error::{config, setting};
use crate::text::Octets;

/// The keys that seal session tickets. The first one seals, each of them opens.
///
/// keys: 1 to 16 of 32 octets each, chosen at random.
#[pyclass(frozen, module = "eap_rs")]
pub(crate) struct TicketKeys(pub(crate) Arc<tls::TicketKeys>);

#[pymethods]
impl TicketKeys {
    #[new]
    fn new(py: Python<'_>, keys: Vec<Octets>) -> PyResult<Self> {
        let keys = tls::TicketKeys::new(&arrays(py, &keys)?).map_err(|error| config(py, &error))?;
        Ok(Self(Arc::new(keys)))
    }

    /// Takes other keys from here on.
    fn replace(&self, py: Python<'_>, keys: Vec<Octets>) -> PyResult<()> {
        self.0.replace(&arrays(py, &keys)?).map_err(|error| config(py, &error))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

pub(super) fn arrays(py: Python<'_>, keys: &[Octets]) -> PyResult<Vec<[u8; 32]>> {
    let array = |key: &Octets| {
        key.as_ref().try_into().map_err(|_| {
            let len = key.as_ref().len();
            setting(py, "keys", format!("keys: {len} octets given, 32 accepted"))
        })
    };
    keys.iter().map(array).collect()
}
