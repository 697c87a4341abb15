//! The module `eap_rs._native`: the sessions of eap-rs for Python. What it is like is said in the
//! package's stub, `python/eap_rs/_native.pyi`.

mod aaa;
mod answer;
mod callables;
mod config;
mod error;
mod freeradius;
mod frozen;
mod output;
mod query;
mod random;
mod session;
mod table;
mod text;
mod time;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    error::add(module)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let methods: Vec<_> = eap_rs::method::NAMED.iter().map(|named| named.name).collect();
    module.add("METHODS", pyo3::types::PyTuple::new(module.py(), methods)?)?;

    module.add_class::<config::AuthenticatorConfig>()?;
    module.add_class::<config::PacKeys>()?;
    module.add_class::<config::PeerConfig>()?;
    module.add_class::<config::TicketKeys>()?;
    module.add_class::<config::TlsPeerConfig>()?;
    module.add_class::<config::TlsServerConfig>()?;

    module.add_class::<session::Authenticator>()?;
    module.add_class::<session::FullAuthenticator>()?;
    module.add_class::<session::Peer>()?;
    module.add_class::<session::Received>()?;

    module.add_class::<table::Accept>()?;
    module.add_class::<table::Challenge>()?;
    module.add_class::<table::Discard>()?;
    module.add_class::<table::Question>()?;
    module.add_class::<table::Reject>()?;
    module.add_class::<table::SessionTable>()?;

    module.add_function(wrap_pyfunction!(freeradius::challenge_update, module)?)?;
    module.add_function(wrap_pyfunction!(freeradius::handle_vps, module)?)?;

    module.add_class::<aaa::AaaFailure>()?;
    module.add_class::<aaa::AaaNoRequest>()?;
    module.add_class::<aaa::AaaRequest>()?;
    module.add_class::<aaa::AaaSuccess>()?;
    module.add_class::<aaa::AaaTimeout>()?;
    module.add_class::<aaa::AskAaa>()?;

    module.add_class::<output::Ask>()?;
    module.add_class::<output::Certificate>()?;
    module.add_class::<output::Finished>()?;
    module.add_class::<output::InnerIdentity>()?;
    module.add_class::<output::MethodRefused>()?;
    module.add_class::<output::MethodStarted>()?;
    module.add_class::<output::Notification>()?;
    module.add_class::<output::Outcome>()?;
    module.add_class::<output::PacUpdated>()?;
    module.add_class::<output::PeerIdentity>()?;
    module.add_class::<output::Send>()?;
    module.add_class::<output::Tunnel>()?;
    module.add_class::<output::Withdrawn>()?;

    module.add_class::<query::ChangePassword>()?;
    module.add_class::<query::CheckPassword>()?;
    module.add_class::<query::Identity>()?;
    module.add_class::<query::NewPassword>()?;
    module.add_class::<query::OtpChallenge>()?;
    module.add_class::<query::Password>()?;
    module.add_class::<query::Policy>()?;
    module.add_class::<query::Resume>()?;
    module.add_class::<query::StoredSession>()?;
    module.add_class::<output::SealedSession>()?;
    module.add_class::<query::StoredCredential>()?;
    module.add_class::<query::Token>()?;
    module.add_class::<query::VerifyClient>()?;
    module.add_class::<query::VerifyServer>()?;

    module.add_class::<answer::NtHash>()?;
    module.add_class::<answer::Offer>()?;
    module.add_class::<answer::Restricted>()
}
