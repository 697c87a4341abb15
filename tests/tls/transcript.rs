//! What can be seen of a packet on its way, in the words of the RFCs' figures.

use crate::wire::{LENGTH_INCLUDED, MORE_FRAGMENTS, START, is_fragment, type_data};

/// SHA-256 of "HelloRetryRequest", which stands for the random (RFC 8446 §4.1.3).
const HELLO_RETRY_REQUEST: [u8; 4] = [0xcf, 0x21, 0xad, 0x74];

/// The packets of both sides, in turn.
pub(crate) fn flow(server: &[Vec<u8>], peer: &[Vec<u8>]) -> Vec<String> {
    let mut flow = Vec::new();
    for n in 0..server.len() {
        for (packets, arrow) in [(server, "<-"), (peer, "->")] {
            let Some(packet) = packets.get(n) else { continue };
            let goes_on = n > 0 && type_data(&packets[n - 1]).is_some_and(is_fragment);
            flow.push(match type_data(packet) {
                // The rest of records that the fragments before have begun.
                Some([0, _, ..]) if goes_on => format!("{arrow} TLS fragment"),
                _ => format!("{arrow} {}", describe(packet)),
            });
        }
    }
    flow
}

/// One EAP packet. A fragment's records are not looked at.
pub(crate) fn describe(packet: &[u8]) -> String {
    match (packet, type_data(packet)) {
        ([1, _, _, _, 1, ..], _) => "Identity".into(),
        ([2, _, _, _, 1, name @ ..], _) => format!("Identity {}", String::from_utf8_lossy(name)),
        ([3, _, 0, 4], _) => "Success".into(),
        ([4, _, 0, 4], _) => "Failure".into(),
        (_, Some([START])) => "TLS Start".into(),
        (_, Some([0])) => "TLS".into(),
        (_, Some([0, octets @ ..])) => format!("TLS {}", records(octets)),
        (_, Some([flags, ..])) if flags & (LENGTH_INCLUDED | MORE_FRAGMENTS) != 0 => {
            let (length, more) = (flags & LENGTH_INCLUDED != 0, flags & MORE_FRAGMENTS != 0);
            let flags = [(length, " L"), (more, " M")];
            let flags = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name);
            format!("TLS fragment{}", flags.collect::<String>())
        }
        _ => panic!("not in any figure: {packet:02x?}"),
    }
}

fn records(mut octets: &[u8]) -> String {
    let mut seen: Vec<String> = Vec::new();
    while let [kind, 3, _, high, low, rest @ ..] = octets {
        let (body, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        let names = match (kind, body.len()) {
            (20, 1) => vec!["change_cipher_spec".into()],
            (21, 2) => vec![format!("alert {}", body[1])],
            (21, _) => vec!["encrypted alert".into()],
            (22, _) => messages(body).unwrap_or_else(|| vec!["finished".into()]),
            // RFC 8446 §5.2: one octet of type and sixteen of the tag.
            (23, 18) => vec!["one octet".into()],
            (23, 19) => vec!["encrypted alert".into()],
            (23, _) => vec!["encrypted handshake".into()],
            _ => panic!("not a record: {kind} {body:02x?}"),
        };
        for name in names {
            if seen.last() != Some(&name) {
                seen.push(name);
            }
        }
        octets = rest;
    }
    assert!(octets.is_empty(), "half a record");
    seen.join(", ")
}

/// The handshake messages of a plain record; an encrypted one makes no sense.
fn messages(mut body: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while let [kind, 0, high, low, rest @ ..] = body {
        let (message, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        let is_retry = message.get(2..6) == Some(&HELLO_RETRY_REQUEST);
        names.push(match kind {
            1 => "client_hello",
            2 if is_retry => "hello_retry_request",
            2 => "server_hello",
            11 if message == [0, 0, 0] => "no certificate",
            11 => "certificate",
            12 => "server_key_exchange",
            13 => "certificate_request",
            14 => "server_hello_done",
            15 => "certificate_verify",
            16 => "client_key_exchange",
            _ => return None,
        });
        body = rest;
    }
    body.is_empty().then(|| names.into_iter().map(String::from).collect())
}
