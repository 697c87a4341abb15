//! How it ended: who was authenticated by which method, what TLS agreed on, and whether the two
//! ends share a key.
//! Keys themselves are never shown.

use std::io::{self, Write};

use eap_rs::tls::{CertificateInfo, TlsAlert, TlsSummary};
use eap_rs::{Failure, Keys, MethodType, Outcome, Secret};

use crate::ladder::Side;

/// Prints both ends' views and says whether both are content.
pub(crate) fn print(
    peer: Option<&Result<Outcome, Failure>>,
    authenticator: Option<&Result<Outcome, Failure>>,
    out: &mut impl Write,
) -> io::Result<bool> {
    print_end(Side::Peer, peer, out)?;
    print_end(Side::Authenticator, authenticator, out)?;
    let (Some(Ok(peer)), Some(Ok(authenticator))) = (peer, authenticator) else {
        return Ok(false);
    };
    let agreement = Agreement::of(peer.keys.as_ref(), authenticator.keys.as_ref());
    match agreement {
        Agreement::NoKeys => {}
        Agreement::Equal { octets } => {
            print_line("both ends", &format!("MSK {octets} octets, equal on both ends"), out)?;
        }
        Agreement::Different => print_line("both ends", "their keys differ", out)?,
    }
    Ok(agreement != Agreement::Different)
}

fn print_end(
    side: Side,
    ended: Option<&Result<Outcome, Failure>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let side_name = side.to_string();
    match ended {
        Some(Ok(outcome)) => {
            let role = match side {
                Side::Peer => "logged in as",
                Side::Authenticator => "authenticated",
            };
            let (identity, method) = (&outcome.peer_identity, outcome.method);
            match &outcome.inner {
                None => print_line(&side_name, &format!("{role} {identity} by {method}"), out)?,
                Some(inner) => {
                    let who =
                        format!("{role} {} by {method} with {}", inner.identity, inner.method);
                    print_line(&side_name, &who, out)?;
                    print_line("", &format!("known outside the tunnel as {identity}"), out)?;
                }
            }
            if let Some(tls) = &outcome.tls {
                print_tls(side, tls, out)?;
            }
            print_line("", &describe_keys(outcome.method, outcome.keys.as_ref()), out)
        }
        Some(Err(failure)) => {
            print_line(&side_name, &format!("refused: {}", describe_failure(failure)), out)
        }
        None => print_line(&side_name, "still waiting", out),
    }
}

fn print_tls(side: Side, tls: &TlsSummary, out: &mut impl Write) -> io::Result<()> {
    let resumed = if tls.resumed { ", resumed" } else { "" };
    print_line("", &format!("{}, {}{resumed}", tls.version, tls.suite), out)?;
    let Some(certificate) = &tls.certificate else {
        return Ok(());
    };
    let whose = match side {
        Side::Peer => "server",
        Side::Authenticator => "client",
    };
    print_line("", &format!("{whose}'s certificate: {}", describe_certificate(certificate)), out)
}

fn describe_certificate(certificate: &CertificateInfo) -> String {
    let mut text = certificate.subject.clone();
    let kinds = [
        ("DNS", &certificate.dns_names),
        ("mail", &certificate.mail_addresses),
        ("principal", &certificate.principal_names),
    ];
    for (kind, names) in kinds {
        for name in names {
            text.push_str(&format!(", {kind} {name}"));
        }
    }
    text.push_str(&format!(", issued by {}", certificate.issuer));
    text
}

/// With the alert, which is all that the other side learns.
fn describe_failure(failure: &Failure) -> String {
    match failure {
        Failure::Certificate(refusal) => {
            format!("{refusal} (sent the alert \"{}\")", TlsAlert(refusal.alert()))
        }
        Failure::TlsAlert(alert) => format!("the other side sent the alert \"{alert}\""),
        other => other.to_string(),
    }
}

/// Breaks the text between words so that it stays within 80 columns.
fn print_line(name: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    const INDENT: usize = 15;
    const TEXT_WIDTH: usize = 80 - INDENT;
    write!(out, "{name:<INDENT$}")?;
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column == 0 {
            column = width;
        } else if column + 1 + width > TEXT_WIDTH {
            write!(out, "\n{:INDENT$}", "")?;
            column = width;
        } else {
            write!(out, " ")?;
            column += 1 + width;
        }
        write!(out, "{word}")?;
    }
    writeln!(out)
}

fn describe_keys(method: MethodType, keys: Option<&Keys>) -> String {
    let Some(keys) = keys else {
        return format!("keys: none ({method} derives no keys)");
    };
    let mut text = format!("keys: MSK {} octets", keys.msk.expose().len());
    if let Some(emsk) = &keys.emsk {
        text.push_str(&format!(", EMSK {} octets", emsk.expose().len()));
    }
    if let Some(id) = &keys.session_id {
        text.push_str(&format!(", Session-Id {} octets", id.expose().len()));
    }
    text
}

/// Whether a lower layer that is keyed from both ends would work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    NoKeys,
    Equal { octets: usize },
    Different,
}

impl Agreement {
    fn of(peer: Option<&Keys>, authenticator: Option<&Keys>) -> Self {
        match (peer, authenticator) {
            (None, None) => Self::NoKeys,
            (Some(peer), Some(authenticator)) if same_keys(peer, authenticator) => {
                Self::Equal { octets: peer.msk.expose().len() }
            }
            _ => Self::Different,
        }
    }
}

fn same_keys(one: &Keys, other: &Keys) -> bool {
    same(Some(one.msk.expose()), Some(other.msk.expose()))
        && same(
            one.emsk.as_ref().map(eap_rs::Emsk::expose),
            other.emsk.as_ref().map(eap_rs::Emsk::expose),
        )
        && same(
            one.session_id.as_ref().map(eap_rs::SessionId::expose),
            other.session_id.as_ref().map(eap_rs::SessionId::expose),
        )
}

fn same(one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Secret::new(one).ct_eq(other),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use eap_rs::{Emsk, Msk, SessionId};

    use super::*;

    fn keys(msk: u8, emsk: Option<u8>) -> Keys {
        Keys {
            msk: Msk::new([msk; 64]),
            emsk: emsk.map(|octet| Emsk::new([octet; 64])),
            session_id: Some(SessionId::new([13; 65])),
        }
    }

    #[test]
    fn ends_agree_only_if_every_key_is_equal() {
        let ours = keys(0x41, Some(0x42));
        let agreement = |theirs: Option<&Keys>| Agreement::of(Some(&ours), theirs);
        assert_eq!(Agreement::of(None, None), Agreement::NoKeys);
        assert_eq!(agreement(Some(&keys(0x41, Some(0x42)))), Agreement::Equal { octets: 64 });
        assert_eq!(agreement(Some(&keys(0x43, Some(0x42)))), Agreement::Different);
        assert_eq!(agreement(Some(&keys(0x41, Some(0x43)))), Agreement::Different);
        assert_eq!(agreement(Some(&keys(0x41, None))), Agreement::Different);
        assert_eq!(agreement(None), Agreement::Different);
    }

    #[test]
    fn keys_are_described_by_their_sizes() {
        let text = describe_keys(MethodType::ietf(13), Some(&keys(0x41, Some(0x42))));
        assert_eq!(text, "keys: MSK 64 octets, EMSK 64 octets, Session-Id 65 octets");
        let text = describe_keys(MethodType::ietf(13), Some(&keys(0x41, None)));
        assert_eq!(text, "keys: MSK 64 octets, Session-Id 65 octets");
    }

    #[test]
    fn long_reasons_are_broken_within_80_columns() {
        let mut out = Vec::new();
        let words = ["reason"; 30].join(" ");
        print_line("authenticator", &words, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.split_whitespace().filter(|word| *word == "reason").count(), 30);
    }
}
