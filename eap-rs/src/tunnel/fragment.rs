//! Fragments and acknowledgements of the TLS-based methods (RFC 5216 §2.1.5, §3.1): flags, lengths
//! and acks. Knows nothing of TLS.
//!
//! Each side in turn sends a message, in as many packets as it takes; the other side acknowledges
//! all but the last with a packet of no data.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;

use std::borrow::Cow;

use crate::{Discard, PacketBuffer};

/// The four octets of the TLS Message Length follow.
const LENGTH_INCLUDED: u8 = 0x80;
/// The message goes on in the next packet.
const MORE_FRAGMENTS: u8 = 0x40;
/// The server's first packet; it has no data.
const START: u8 = 0x20;
/// The version of PEAP, TTLS and FAST; reserved in EAP-TLS.
const VERSION: u8 = 0x07;

const LENGTH_LEN: usize = 4;

/// Octets of a packet before the data: the EAP header, the Type and the flags.
const HEADER_LEN: usize = 6;

/// What goes in and out of one conversation.
#[derive(Debug)]
pub(crate) struct Fragments {
    limits: Limits,
    incoming: Option<Reassembly>,
    /// What is left to be sent.
    outgoing: Vec<u8>,
    /// Whether a fragment of the message has been sent.
    begun: bool,
    announce_length: bool,
}

/// How much a message may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Octets of a message received, all fragments together.
    pub(crate) max_message: usize,
    /// Octets of a packet sent, behind the flags.
    pub(crate) fragment_size: usize,
}

impl Limits {
    /// If nothing else is said.
    pub(crate) const DEFAULT: Self = Self { max_message: 65_536, fragment_size: 1398 };
}

/// A message whose end is still to come.
#[derive(Debug)]
struct Reassembly {
    total: usize,
    octets: Vec<u8>,
}

/// What a packet meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival<'a> {
    /// The server begins, with this version.
    Start(u8),
    /// Our packet was taken; the next may follow.
    Acknowledged,
    /// A fragment was taken; acknowledge it.
    Fragment,
    /// A whole message.
    Message(Cow<'a, [u8]>),
}

/// What a packet's Type-Data is, at this point of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// The server's first packet, with the version.
    Start(u8),
    /// Nothing but flags.
    Acknowledgement,
    /// A message of `total` octets, or the next part of it.
    Data { octets: &'a [u8], total: usize, more: bool },
}

/// Why a packet was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is malformed, or has no place here: nothing has changed.
    Discard(Discard),
    /// The message it belongs to can never be taken.
    Fail(&'static str),
}

/// A packet's Type-Data.
struct Header<'a> {
    flags: u8,
    total: Option<usize>,
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// Some clients leave the flags out of an acknowledgement: no octets are flags of 0.
    fn parse(data: &'a [u8]) -> Result<Self, Discard> {
        let (flags, data) = data.split_first().map_or((0, data), |(flags, data)| (*flags, data));
        if flags & LENGTH_INCLUDED == 0 {
            return Ok(Self { flags, total: None, data });
        }
        let (total, data) = data.split_first_chunk::<LENGTH_LEN>().ok_or(Discard::TunnelLength)?;
        let total = usize::try_from(u32::from_be_bytes(*total)).unwrap_or(usize::MAX);
        if total < data.len() || (total == 0) != data.is_empty() {
            return Err(Discard::TunnelLength);
        }
        Ok(Self { flags, total: Some(total), data })
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl Fragments {
    pub(crate) fn new(limits: Limits) -> Self {
        let outgoing = Vec::new();
        Self { limits, incoming: None, outgoing, begun: false, announce_length: false }
    }

    /// What the Type-Data of a packet would be taken for. Changes nothing.
    pub(crate) fn inspect<'a>(&self, data: &'a [u8]) -> Result<Part<'a>, Refusal> {
        let header = Header::parse(data).map_err(Refusal::Discard)?;
        let discard = |reason| Err(Refusal::Discard(reason));
        let more = header.has(MORE_FRAGMENTS);
        if header.has(START) || header.data.is_empty() {
            return match (header.has(START), more || !header.data.is_empty()) {
                (_, true) => discard(Discard::TunnelFlags),
                (true, false) if self.incoming.is_some() || self.is_sending() => {
                    discard(Discard::TunnelStart)
                }
                (true, false) => Ok(Part::Start(header.flags & VERSION)),
                (false, false) if self.incoming.is_some() => discard(Discard::TunnelLength),
                (false, false) => Ok(Part::Acknowledgement),
            };
        }
        if self.is_sending() {
            return discard(Discard::TunnelAckExpected);
        }
        let (total, so_far) = match (&self.incoming, header.total) {
            (Some(reassembly), total) => {
                if total.is_some_and(|repeated| repeated != reassembly.total) {
                    return discard(Discard::TunnelLength);
                }
                (reassembly.total, reassembly.octets.len())
            }
            (None, Some(total)) => (total, 0),
            // RFC 5216 §2.1.5: the first of several fragments has the length.
            (None, None) if more => return discard(Discard::TunnelLength),
            (None, None) => (header.data.len(), 0),
        };
        if total > self.limits.max_message {
            return Err(Refusal::Fail("the other side's message is too long"));
        }
        let end = so_far.saturating_add(header.data.len());
        let fits = if more { end < total } else { end == total };
        if !fits {
            return discard(Discard::TunnelLength);
        }
        Ok(Part::Data { octets: header.data, total, more })
    }

    /// Takes the Type-Data of a packet.
    pub(crate) fn receive<'a>(&mut self, data: &'a [u8]) -> Result<Arrival<'a>, Refusal> {
        let (octets, total, more) = match self.inspect(data)? {
            Part::Start(version) => return Ok(Arrival::Start(version)),
            Part::Acknowledgement => return Ok(Arrival::Acknowledged),
            Part::Data { octets, total, more } => (octets, total, more),
        };
        if !more && self.incoming.is_none() {
            return Ok(Arrival::Message(Cow::Borrowed(octets)));
        }
        let reassembly =
            self.incoming.get_or_insert_with(|| Reassembly { total, octets: Vec::new() });
        reassembly.octets.extend_from_slice(octets);
        match self.incoming.take_if(|_| !more) {
            Some(reassembly) => Ok(Arrival::Message(Cow::Owned(reassembly.octets))),
            None => Ok(Arrival::Fragment),
        }
    }

    /// From here on, no packet sent is longer than `mtu`.
    pub(crate) fn set_mtu(&mut self, mtu: usize) {
        let room = mtu.saturating_sub(HEADER_LEN);
        self.limits.fragment_size = self.limits.fragment_size.min(room);
    }

    /// Whether a message that fits one packet says its length, too.
    pub(crate) fn announce_length(&mut self, announce: bool) {
        self.announce_length = announce;
    }

    /// Whether part of a message is still to be sent.
    pub(crate) fn is_sending(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// The message to send next. Nothing may be left of the last one.
    pub(crate) fn message(&mut self) -> &mut Vec<u8> {
        self.forget_outgoing();
        &mut self.outgoing
    }

    fn forget_outgoing(&mut self) {
        self.outgoing = Vec::new();
        self.begun = false;
    }

    /// Appends the Type-Data of the next packet: the next fragment, or an acknowledgement when
    /// there is nothing to send. Storage of what is on its way is given back at once: a server
    /// holds many conversations, which do little but wait.
    pub(crate) fn write_next(&mut self, version: u8, out: &mut PacketBuffer) {
        let rest = self.outgoing.as_slice();
        let first = !self.begun && !rest.is_empty();
        let room = self.limits.fragment_size;
        let with_length = first && (self.announce_length || rest.len() > room);
        let room = if with_length { room.saturating_sub(LENGTH_LEN).max(1) } else { room };
        let (fragment, left) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        let more = if left.is_empty() { 0 } else { MORE_FRAGMENTS };
        if with_length {
            // A message is at most as long as the engine's output, far below 4 GiB.
            let total = u32::try_from(rest.len()).unwrap_or(u32::MAX);
            out.push(version & VERSION | LENGTH_INCLUDED | more);
            out.extend(&total.to_be_bytes());
        } else {
            out.push(version & VERSION | more);
        }
        out.extend(fragment);
        self.begun = !left.is_empty();
        self.outgoing = left.to_vec();
    }
}

/// The version that a packet's Type-Data names, if it has flags.
pub(crate) fn version(data: &[u8]) -> Option<u8> {
    data.first().map(|flags| flags & VERSION)
}

/// Whether a packet is a Start.
#[cfg(feature = "fast")]
pub(crate) fn is_start(data: &[u8]) -> bool {
    data.first().is_some_and(|flags| flags & START != 0)
}

/// Appends the Type-Data of a Start.
pub(crate) fn write_start(version: u8, out: &mut PacketBuffer) {
    out.push(version & VERSION | START);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::catch_unwind;
    use std::path::Path;

    use super::*;

    const LIMITS: Limits = Limits { max_message: 64, fragment_size: 10 };

    fn fragments() -> Fragments {
        Fragments::new(LIMITS)
    }

    fn discarded(reason: Discard) -> Result<Arrival<'static>, Refusal> {
        Err(Refusal::Discard(reason))
    }

    fn message(octets: &[u8]) -> Result<Arrival<'_>, Refusal> {
        Ok(Arrival::Message(Cow::Borrowed(octets)))
    }

    /// A packet with a length field.
    fn with_length(flags: u8, total: u32, data: &[u8]) -> Vec<u8> {
        [&[flags | LENGTH_INCLUDED][..], &total.to_be_bytes(), data].concat()
    }

    #[test]
    fn any_message_arrives_as_it_was_sent() {
        for (len, size) in (1..=64).flat_map(|len| (1..=40).map(move |size| (len, size))) {
            let limits = Limits { fragment_size: size, ..LIMITS };
            let (mut sender, mut receiver) = (Fragments::new(limits), fragments());
            let octets: Vec<u8> = (0..len).collect();
            sender.message().extend_from_slice(&octets);
            loop {
                let mut packet = PacketBuffer::default();
                sender.write_next(0, &mut packet);
                assert!(packet.len() <= 1 + size.max(LENGTH_LEN + 1), "{len} {size}");
                match receiver.receive(packet.as_slice()).unwrap() {
                    Arrival::Fragment => {
                        let mut ack = PacketBuffer::default();
                        receiver.write_next(0, &mut ack);
                        assert_eq!(sender.receive(ack.as_slice()), Ok(Arrival::Acknowledged));
                        assert!(sender.is_sending());
                    }
                    arrival => {
                        assert_eq!(arrival, Arrival::Message(Cow::Borrowed(&octets)));
                        break;
                    }
                }
            }
            assert!(!sender.is_sending());
        }
    }

    #[test]
    fn the_mtu_limits_what_is_left_of_a_message_and_never_raises_the_limit() {
        let octets: Vec<u8> = (0..40).collect();
        let mut sender = Fragments::new(Limits { fragment_size: 20, ..LIMITS });
        let mut receiver = fragments();
        sender.message().extend_from_slice(&octets);
        for (mtu, len) in [(1000, 21), (16, 11), (1000, 11)] {
            sender.set_mtu(mtu);
            let mut packet = PacketBuffer::default();
            sender.write_next(0, &mut packet);
            assert_eq!(packet.len(), len);
            let arrival = receiver.receive(packet.as_slice()).unwrap();
            if sender.is_sending() {
                assert_eq!(arrival, Arrival::Fragment);
            }
        }
        let mut packet = PacketBuffer::default();
        sender.write_next(0, &mut packet);
        assert_eq!(receiver.receive(packet.as_slice()), message(&octets));
    }

    #[test]
    fn the_length_may_be_announced_without_need() {
        for (len, size) in (0..=64).flat_map(|len| (5..=40).map(move |size| (len, size))) {
            let limits = Limits { fragment_size: size, ..LIMITS };
            let (mut sender, mut receiver) = (Fragments::new(limits), fragments());
            sender.announce_length(true);
            let octets: Vec<u8> = (0..len).collect();
            sender.message().extend_from_slice(&octets);
            let mut packet = PacketBuffer::default();
            sender.write_next(0, &mut packet);
            assert!(packet.len() <= 1 + size);
            assert_eq!(packet.as_slice()[0] & LENGTH_INCLUDED != 0, len > 0, "{len} {size}");
            assert_eq!(sender.is_sending(), usize::from(len) + LENGTH_LEN > size && len > 0);
            let expected = match len {
                0 => Ok(Arrival::Acknowledged),
                _ if sender.is_sending() => Ok(Arrival::Fragment),
                _ => message(&octets),
            };
            assert_eq!(receiver.receive(packet.as_slice()), expected);
        }
    }

    #[test]
    fn an_acknowledgement_may_lack_its_flags() {
        assert_eq!(fragments().receive(&[]), Ok(Arrival::Acknowledged));
        assert_eq!(fragments().receive(&[0]), Ok(Arrival::Acknowledged));
    }

    #[test]
    fn start_carries_the_version() {
        let mut packet = PacketBuffer::default();
        write_start(1, &mut packet);
        assert_eq!(packet.as_slice(), [0x21]);
        assert_eq!(fragments().receive(packet.as_slice()), Ok(Arrival::Start(1)));
    }

    #[test]
    fn start_in_the_middle_is_dropped() {
        let mut sending = fragments();
        sending.message().extend_from_slice(&[0; 30]);
        assert_eq!(sending.receive(&[START]), discarded(Discard::TunnelStart));
        let mut receiving = fragments();
        receiving.receive(&with_length(MORE_FRAGMENTS, 2, &[1])).unwrap();
        assert_eq!(receiving.receive(&[START]), discarded(Discard::TunnelStart));
        assert_eq!(receiving.receive(&[0, 2]), message(&[1, 2]));
    }

    #[test]
    fn every_flag_combination_with_a_short_body() {
        for flags in 0..=u8::MAX {
            for len in 0..=6 {
                let packet = [&[flags][..], &vec![0; len]].concat();
                let result = fragments().receive(&packet);
                let has = |flag| flags & flag != 0;
                let lies = has(LENGTH_INCLUDED) && len != 4;
                let expected = match (has(START), has(MORE_FRAGMENTS)) {
                    // A length of 0 says nothing, with no data behind it.
                    _ if lies => discarded(Discard::TunnelLength),
                    (true, true) => discarded(Discard::TunnelFlags),
                    (true, false) if len > 0 && !has(LENGTH_INCLUDED) => {
                        discarded(Discard::TunnelFlags)
                    }
                    (true, false) => Ok(Arrival::Start(flags & VERSION)),
                    (false, true) if len == 0 || has(LENGTH_INCLUDED) => {
                        discarded(Discard::TunnelFlags)
                    }
                    (false, true) => discarded(Discard::TunnelLength),
                    (false, false) if len == 0 || has(LENGTH_INCLUDED) => Ok(Arrival::Acknowledged),
                    (false, false) => message(&[0; 6][..len]),
                };
                assert_eq!(result, expected, "{flags:#04x} {len}");
            }
        }
    }

    #[test]
    fn total_lengths_that_lie_are_dropped() {
        let cases = [
            with_length(0, 0, &[1]),
            with_length(0, 1, &[1, 2]),
            with_length(0, 3, &[1, 2]),
            with_length(MORE_FRAGMENTS, 2, &[1, 2]),
            with_length(MORE_FRAGMENTS, 1, &[1, 2]),
            with_length(0, 2, &[]),
        ];
        for packet in cases {
            let mut fragments = fragments();
            assert_eq!(fragments.receive(&packet), discarded(Discard::TunnelLength));
            assert_eq!(fragments.receive(&[0, 7]), message(&[7]), "nothing is left behind");
        }
    }

    #[test]
    fn a_total_above_the_cap_fails_before_anything_is_kept() {
        let too_long = Err(Refusal::Fail("the other side's message is too long"));
        assert_eq!(fragments().receive(&with_length(MORE_FRAGMENTS, 65, &[1])), too_long);
        assert_eq!(fragments().receive(&with_length(MORE_FRAGMENTS, u32::MAX, &[1])), too_long);
        assert_eq!(fragments().receive(&[[0; 66].as_slice(), &[]].concat()), too_long);
        let at_the_cap = with_length(MORE_FRAGMENTS, 64, &[1]);
        assert_eq!(fragments().receive(&at_the_cap), Ok(Arrival::Fragment));
    }

    #[test]
    fn a_total_may_be_repeated_but_not_changed() {
        let mut fragments = fragments();
        fragments.receive(&with_length(MORE_FRAGMENTS, 4, &[1, 2])).unwrap();
        for changed in [3, 5, 64, 65] {
            let packet = with_length(MORE_FRAGMENTS, changed, &[3]);
            assert_eq!(fragments.receive(&packet), discarded(Discard::TunnelLength));
        }
        let repeated = with_length(MORE_FRAGMENTS, 4, &[3]);
        assert_eq!(fragments.receive(&repeated), Ok(Arrival::Fragment));
        assert_eq!(fragments.receive(&[0, 4]), message(&[1, 2, 3, 4]));
    }

    #[test]
    fn fragments_beyond_or_short_of_the_total_are_dropped() {
        let mut fragments = fragments();
        fragments.receive(&with_length(MORE_FRAGMENTS, 4, &[1, 2])).unwrap();
        let beyond: [&[u8]; 4] =
            [&[0, 3], &[0, 3, 4, 5], &[MORE_FRAGMENTS, 3, 4], &[MORE_FRAGMENTS, 3, 4, 5]];
        for packet in beyond {
            assert_eq!(fragments.receive(packet), discarded(Discard::TunnelLength));
        }
        assert_eq!(fragments.receive(&[0, 3, 4]), message(&[1, 2, 3, 4]));
        assert_eq!(fragments.receive(&[0, 5]), message(&[5]), "the next message");
    }

    #[test]
    fn ten_thousand_empty_fragments_change_nothing() {
        let mut fragments = fragments();
        fragments.receive(&with_length(MORE_FRAGMENTS, 4, &[1, 2])).unwrap();
        for _ in 0..10_000 {
            let result = fragments.receive(&[MORE_FRAGMENTS]);
            assert_eq!(result, discarded(Discard::TunnelFlags));
        }
        assert_eq!(fragments.receive(&[0]), discarded(Discard::TunnelLength));
        assert_eq!(fragments.receive(&[0, 3, 4]), message(&[1, 2, 3, 4]));
    }

    #[test]
    fn data_is_dropped_while_ours_is_not_acknowledged() {
        let mut fragments = fragments();
        fragments.message().extend_from_slice(&[7; 25]);
        fragments.write_next(0, &mut PacketBuffer::default());
        assert_eq!(fragments.receive(&[0, 1]), discarded(Discard::TunnelAckExpected));
        assert_eq!(fragments.receive(&[0]), Ok(Arrival::Acknowledged));
    }

    #[test]
    fn the_corpus_of_the_fuzz_target_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/fragment");
        let mut files = 0;
        for entry in fs::read_dir(&folder).expect("every target has a corpus") {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            let outcome = catch_unwind(|| fuzzing::fragment(&data));
            assert!(outcome.is_ok(), "{} fails", path.display());
            files += 1;
        }
        assert!(files >= 10, "{} has {files} files", folder.display());
    }
}
