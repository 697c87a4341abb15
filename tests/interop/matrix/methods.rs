//! The methods, and what each program has to be told about them. A row here is a section of the
//! matrix.

use super::cells::Case;
use super::certificates::Flaw;

/// A method as the programs know it.
pub(crate) struct Method {
    /// Its name as our tools print it.
    pub(crate) name: &'static str,
    /// Its name on the command lines of our tools.
    pub(crate) flag: &'static str,
    /// More arguments of `radius_peer`. CERTIFICATE and KEY stand for the client's files.
    pub(crate) radius_peer: &'static [&'static str],
    /// Lines for the network block of `eapol_test`, likewise.
    pub(crate) eapol_test: &'static str,
    /// What FreeRADIUS's EAP module is told, next to a tls-config named "common".
    pub(crate) freeradius: &'static str,
    /// The lines of hostapd's user file.
    pub(crate) hostapd: &'static str,
    /// What is tried with it, one column each.
    pub(crate) cases: &'static [Case],
}

pub(crate) const METHODS: [Method; 1] = [Method {
    name: "EAP-TLS",
    flag: "tls",
    radius_peer: &["--cert", "CERTIFICATE", "--key", "KEY"],
    eapol_test: "eap=TLS\nclient_cert=\"CERTIFICATE\"\nprivate_key=\"KEY\"\n",
    freeradius: "default_eap_type = tls\ntls {\ntls = common\n}\n",
    hostapd: "* TLS\n",
    cases: &[
        Case::Full,
        Case::Resumed,
        Case::Client(Flaw::Expired),
        Case::Client(Flaw::ForeignCa),
        Case::Client(Flaw::WrongUsage),
        Case::Client(Flaw::WrongName),
        Case::Client(Flaw::Revoked),
        Case::Server(Flaw::Expired),
        Case::Server(Flaw::ForeignCa),
        Case::Server(Flaw::WrongUsage),
        Case::Server(Flaw::WrongName),
        Case::Server(Flaw::Revoked),
    ],
}];
