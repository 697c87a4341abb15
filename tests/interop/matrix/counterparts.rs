//! Who is put to the test, and against whom.

use std::fmt;

use eap_rs::tls::TlsAlert;

use super::cells::{Case, Row};
use super::certificates::{Flaw, Pki};
use super::methods::{Family, Method};
use super::pacs::{PacCase, Pacs};
use super::peers::{EAPOL_TEST, RADIUS_PEER};
use super::servers::{FREERADIUS, HOSTAPD, RADIUS_SERVER};
use crate::certificates::Certificate;
use crate::lab::{Lab, Process};

/// Who talks to whom.
pub(crate) struct Pair {
    pub(crate) peer: &'static Peer,
    pub(crate) server: &'static Server,
    /// What does not work between them.
    pub(crate) shortcoming: fn(&Row, Case) -> Option<Shortcoming>,
}

/// Something that one of the other programs cannot do.
pub(crate) struct Shortcoming {
    /// How many logins succeed all the same.
    pub(crate) logins: usize,
    /// What the peer prints when the next one fails, at the end of a line.
    pub(crate) words: &'static str,
    /// The cause.
    pub(crate) remark: &'static str,
}

const FREERADIUS_FAST: &str = "With OpenSSL 3, EAP-FAST fails: FreeRADIUS 3.2.1 begins its HMAC \
                               anew in a way that no longer works (3.2.9 does not). Its \
                               crypto-binding is wrong, and so are the challenges in an anonymous \
                               tunnel.";

pub(crate) const PAIRS: [Pair; 4] = [
    Pair {
        peer: &RADIUS_PEER,
        server: &FREERADIUS,
        shortcoming: |row, case| {
            let [words, remark] = match (row.method.flag, case) {
                ("fast/mschapv2", Case::Pac(PacCase::Anonymous)) => {
                    ["not allowed (EAP-FAST)", FREERADIUS_FAST]
                }
                ("fast/mschapv2", _) => {
                    ["EAP-FAST failed: the crypto-binding is wrong", FREERADIUS_FAST]
                }
                ("fast/gtc" | "fast/tls", _) => [
                    "not allowed (EAP-FAST)",
                    "Inside EAP-FAST, FreeRADIUS takes no other method than the one it begins \
                     with, here EAP-MSCHAPv2.",
                ],
                _ => return None,
            };
            Some(Shortcoming { logins: 0, words, remark })
        },
    },
    Pair {
        peer: &RADIUS_PEER,
        server: &HOSTAPD,
        shortcoming: |row, _| match (row.has_crypto_binding(), row.method.is_eap_tls_inside()) {
            (_, true) if row.version == "1.3" => Some(Shortcoming {
                logins: 0,
                words: "the network granted access without authenticating",
                remark: "With TLS 1.3, EAP-TLS inside a tunnel fails: hostapd does not send its \
                         protected success indication (RFC 9190 §2.5) there.",
            }),
            (true, _) if row.version == "1.3" => Some(Shortcoming {
                logins: 0,
                words: "PEAP failed: the server's crypto-binding is wrong",
                remark: "With TLS 1.3, PEAP version 0 fails: hostapd computes its crypto-binding \
                         from the wrong keys.",
            }),
            _ => None,
        },
    },
    Pair {
        peer: &EAPOL_TEST,
        server: &RADIUS_SERVER,
        shortcoming: |row, case| {
            (case == Case::Resumed && row.method.is_eap_tls_inside()).then_some(Shortcoming {
                logins: 2,
                words: "SSL routines::shutdown while in init",
                remark: "With EAP-TLS inside a tunnel, eapol_test resumes once: after that, it \
                         trips over the TLS inside, which the resumed login has not used.",
            })
        },
    },
    Pair { peer: &RADIUS_PEER, server: &RADIUS_SERVER, shortcoming: |_, _| None },
];

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.peer.name, self.server.name)
    }
}

/// What both programs of a pair are told.
pub(crate) struct Setup<'a> {
    pub(crate) lab: &'a Lab,
    pub(crate) family: &'static Family,
    pub(crate) pki: &'a Pki,
    pub(crate) fragment_size: u16,
    /// Where the family has any.
    pub(crate) pacs: Pacs,
    pub(crate) password: &'static str,
}

/// A program that logs in.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// With a client certificate and one version of TLS only; after a first login, more of them
    /// that offer to resume the session.
    pub(crate) log_in: fn(&Setup<'_>, &Method, &Certificate, &str, usize) -> Login,
    /// What it prints of a wrong password, if it says so.
    pub(crate) wrong_password: Option<&'static str>,
    pub(crate) refusal: Refuse,
    pub(crate) heard: Heard,
    /// Why it is not told to look for a flaw.
    pub(crate) remark: &'static str,
}

/// A program that lets in.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// With a server certificate, and every version of TLS.
    pub(crate) start: fn(&Setup<'_>, &Certificate) -> Process,
    pub(crate) refusal: Refuse,
    pub(crate) heard: Heard,
    /// What it prints of a login that succeeds.
    pub(crate) accepts: fn(&Method) -> String,
    /// What it prints besides, before that, if a session is resumed.
    pub(crate) resumes: fn(&Method) -> String,
    /// What it prints last of a login that does not succeed.
    pub(crate) rejects: &'static str,
    /// What it prints of a wrong password, if it says so.
    pub(crate) wrong_password: Option<&'static str>,
    /// How a login goes and those that offer to resume it.
    pub(crate) resumption: fn(&Row) -> [How; 1 + RESUMPTIONS],
    /// Why they are not always resumed.
    pub(crate) remark: &'static str,
}

/// How a program refuses the other side's certificate, if it can be told to look for the flaw.
pub(crate) type Refuse = fn(Flaw) -> Option<Refusal>;

/// The alert by which a program says that the other side has refused, if it has heard any.
type Heard = fn(&Method, &[String]) -> Option<String>;

/// How often resumption is offered: what follows is the same again with every server here.
pub(crate) const RESUMPTIONS: usize = 2;

/// How a login went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It succeeded with a full handshake and the MPPE keys of the server.
    Full,
    /// It succeeded by resumption and with the MPPE keys of the server.
    Resumed,
    Failed,
}

/// Logins that are over.
pub(crate) struct Login {
    /// What the peer has printed.
    pub(crate) lines: Vec<String>,
    /// In the eyes of the peer, one after the other.
    pub(crate) how: Vec<How>,
    /// RADIUS requests that were answered, in all.
    pub(crate) round_trips: usize,
}

/// How a certificate is refused.
pub(crate) struct Refusal {
    /// What the side that refuses prints, at the end of a line or in front of the dots.
    pub(crate) words: &'static str,
    /// What the other side hears.
    pub(crate) alert: Option<TlsAlert>,
}

impl Refusal {
    pub(crate) fn is_said_in(&self, line: &str) -> bool {
        match self.words.strip_suffix('…') {
            Some(start) => line.contains(start),
            None => line.ends_with(self.words),
        }
    }

    pub(crate) const fn with_alert(words: &'static str, alert: u8) -> Option<Self> {
        Some(Self { words, alert: Some(TlsAlert(alert)) })
    }

    /// With EAP-Failure in the place of the alert.
    pub(crate) const fn without_alert(words: &'static str) -> Option<Self> {
        Some(Self { words, alert: None })
    }

    /// In the words of this library, peer or server.
    pub(crate) const fn ours(flaw: Flaw) -> Option<Self> {
        match flaw {
            Flaw::Expired => Self::with_alert(": expired on …", 45),
            Flaw::ForeignCa => Self::with_alert(": issued by an untrusted CA: CN=Other CA", 48),
            Flaw::WrongUsage => {
                Self::with_alert(": the certificate was issued for another purpose", 43)
            }
            Flaw::WrongName => Self::with_alert(
                ": the certificate is for radius.example.com, expected radius.example.org",
                42,
            ),
            Flaw::Revoked => Self::with_alert(": the certificate was revoked by its CA", 44),
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Resumed => "resumed",
            Self::Failed => "failed",
        })
    }
}

/// hostapd and eapol_test print the alerts that they are sent.
pub(crate) fn hostap_heard(_: &Method, lines: &[String]) -> Option<String> {
    const READ: &str = "SSL: SSL3 alert: read (remote end reported an error):fatal:";
    lines.iter().find_map(|line| line.strip_prefix(READ)).map(str::to_owned)
}
