//! Time as Python has it: seconds of `time.monotonic()`, and of `time.time()`.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use eap_rs::Instant;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

static MONOTONIC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn monotonic(py: Python<'_>) -> PyResult<f64> {
    let clock = MONOTONIC.get_or_try_init(py, || {
        Ok::<_, PyErr>(PyModule::import(py, "time")?.getattr("monotonic")?.unbind())
    })?;
    clock.bind(py).call0()?.extract()
}

/// The time given, or that of `time.monotonic()`.
pub(crate) fn instant(py: Python<'_>, now: Option<f64>) -> PyResult<Instant> {
    let now = match now {
        Some(now) => now,
        None => monotonic(py)?,
    };
    let since = Duration::try_from_secs_f64(now)
        .map_err(|_| PyValueError::new_err("now: accepted: seconds from 0"))?;
    Ok(Instant::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

/// Seconds, for `poll_timeout`.
pub(crate) fn seconds(instant: Instant) -> f64 {
    instant.saturating_since(Instant::from_millis(0)).as_secs_f64()
}

/// What the calendar reads.
pub(crate) fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
