//! The packet ladder: one line for each packet, question and answer, on 80 columns.

use std::fmt;
use std::io::{self, Write};

use eap_rs::{Discard, MethodType, Packet};

/// Who does something.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// On the left.
    Peer,
    /// On the right.
    Authenticator,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Peer => "peer",
            Self::Authenticator => "authenticator",
        })
    }
}

/// Prints a conversation as it goes.
pub(crate) struct Ladder<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Ladder<'a, W> {
    /// The width of a packet's line.
    const WIDTH: usize = 59;

    /// Begins with the names of the two sides.
    pub(crate) fn new(out: &'a mut W) -> io::Result<Self> {
        writeln!(out, "{}{:>rest$}", Side::Peer, Side::Authenticator, rest = Self::WIDTH - 4)?;
        Ok(Self { out })
    }

    /// A packet that `sender` sends.
    pub(crate) fn packet(&mut self, sender: Side, octets: &[u8]) -> io::Result<()> {
        let (left, right) = match sender {
            Side::Peer => ("-----", "---->"),
            Side::Authenticator => ("<----", "-----"),
        };
        let what = match Packet::parse(octets) {
            Ok(packet) => {
                let method = match packet {
                    Packet::Request(body) | Packet::Response(body) => {
                        describe(body.method, body.data)
                    }
                    Packet::Success(_) | Packet::Failure(_) => String::new(),
                };
                let (code, id) = (packet.code().to_string(), packet.identifier().0);
                format!("{code:<8}  id {id:>3}  {method:<14}")
            }
            Err(reason) => format!("{:<32}", reason.to_string()),
        };
        writeln!(self.out, "  {left} {what} {:>4} octets {right}", octets.len())
    }

    /// A question that `asker` asks its host, and how it was answered.
    pub(crate) fn question(&mut self, asker: Side, question: &str, shown: &str) -> io::Result<()> {
        writeln!(self.out, "  ? {asker} asks {question}: {shown}")
    }

    /// Something that has happened at one side.
    #[cfg(feature = "fast")]
    pub(crate) fn note(&mut self, side: Side, what: &str) -> io::Result<()> {
        writeln!(self.out, "  ! {side} {what}")
    }

    /// A packet that `by` did not take.
    pub(crate) fn discard(&mut self, by: Side, reason: Discard) -> io::Result<()> {
        writeln!(self.out, "  x {by} discards it: {reason}")
    }
}

/// The method, and what there is to see from outside in a packet of TLS.
fn describe(method: MethodType, data: &[u8]) -> String {
    // RFC 5216 §3.1: the flags "more fragments" and "start"; a packet without data acknowledges.
    const MORE: u8 = 0x40;
    const START: u8 = 0x20;
    let step = match (method, data) {
        (MethodType::TLS, [flags, ..]) if flags & START != 0 => " start",
        (MethodType::TLS, [flags, ..]) if flags & MORE != 0 => " part",
        (MethodType::TLS, [_]) => " ack",
        _ => "",
    };
    format!("{method}{step}")
}
