//! The fragment layer under attack, for the fuzz target `fragment`.
//!
//! Three octets of settings come first: the size of a fragment, the limit of a message, the
//! version. The rest is a little program: an operation, a length, that many octets, and so on
//! until the data ends.
//!
//! | operation (mod 3) | octets |
//! |---|---|
//! | 0 | the Type-Data of a packet from a hostile side |
//! | 1 | a message of ours to send |
//! | 2 | the same, sixteen times as long |
//!
//! What we send goes to an honest side, which has to end up with the message whatever the hostile
//! one says meanwhile.

use super::{
    Arrival, Fragments, LENGTH_INCLUDED, LENGTH_LEN, Limits, MORE_FRAGMENTS, START, VERSION,
};
use crate::PacketBuffer;

/// Runs the program.
pub(crate) fn fragment(data: &[u8]) {
    let [size, cap, version, program @ ..] = data else { return };
    let limits =
        Limits { max_message: 1 + 8 * usize::from(*cap), fragment_size: 1 + usize::from(*size) };
    let mut attack = Attack::new(limits, version & VERSION);
    let mut program = program;
    while let [operation, length, rest @ ..] = program {
        let (octets, next) = rest.split_at(usize::from(*length).min(rest.len()));
        match operation % 3 {
            0 => attack.receive(octets),
            1 => attack.send(octets),
            _ => attack.send(&octets.repeat(16)),
        }
        program = next;
    }
}

struct Attack {
    limits: Limits,
    version: u8,
    ours: Fragments,
    honest: Fragments,
    /// The data of the fragments that were taken.
    taken: Vec<u8>,
    /// The message that is being sent.
    message: Vec<u8>,
}

impl Attack {
    fn new(limits: Limits, version: u8) -> Self {
        let honest = Limits { max_message: usize::MAX, ..limits };
        Self {
            limits,
            version,
            ours: Fragments::new(limits),
            honest: Fragments::new(honest),
            taken: Vec::new(),
            message: Vec::new(),
        }
    }

    fn receive(&mut self, data: &[u8]) {
        let before = self.extent();
        let is_idle = self.ours.incoming.is_none() && !self.ours.is_sending();
        let inspected = self.ours.inspect(data).map(|_| ());
        let received = self.ours.receive(data);
        assert_eq!(inspected, received.as_ref().map(|_| ()).map_err(|refusal| *refusal));
        let (flags, payload) = split(data);
        match received {
            Err(_) => assert_eq!(self.extent(), before, "a refusal changes nothing"),
            Ok(Arrival::Start(version)) => {
                assert!(is_idle && payload.is_empty() && flags & START != 0);
                assert_eq!(version, flags & VERSION);
            }
            Ok(Arrival::Acknowledged) => {
                assert!(payload.is_empty());
                if self.ours.is_sending() {
                    self.write_next();
                }
            }
            Ok(Arrival::Fragment) => {
                assert!(flags & MORE_FRAGMENTS != 0 && !payload.is_empty());
                self.taken.extend(payload);
                self.acknowledge();
            }
            Ok(Arrival::Message(message)) => {
                self.taken.extend(payload);
                assert_eq!(message, self.taken);
                assert!(self.taken.len() <= self.limits.max_message);
                self.taken.clear();
            }
        }
        let buffered = self.ours.incoming.as_ref();
        assert_eq!(buffered.map_or(0, |reassembly| reassembly.octets.len()), self.taken.len());
        assert!(buffered.is_none_or(|reassembly| {
            self.taken.len() < reassembly.total && reassembly.total <= self.limits.max_message
        }));
    }

    /// Total and octets of what comes in; octets left to go out, and whether some have gone.
    fn extent(&self) -> (Option<(usize, usize)>, usize, bool) {
        let incoming = self.ours.incoming.as_ref();
        let incoming = incoming.map(|reassembly| (reassembly.total, reassembly.octets.len()));
        (incoming, self.ours.outgoing.len(), self.ours.begun)
    }

    fn acknowledge(&mut self) {
        let mut packet = PacketBuffer::default();
        self.ours.write_next(self.version, &mut packet);
        assert_eq!(packet.as_slice(), [self.version]);
    }

    /// A message is sent in answer to a whole one, or to the Start.
    fn send(&mut self, message: &[u8]) {
        if self.ours.is_sending() || self.ours.incoming.is_some() || message.is_empty() {
            return;
        }
        self.message = message.to_vec();
        self.ours.message().extend_from_slice(message);
        self.write_next();
    }

    fn write_next(&mut self) {
        let mut packet = PacketBuffer::default();
        self.ours.write_next(self.version, &mut packet);
        // A first fragment has one octet at least, however small the size.
        assert!(packet.len() <= 1 + self.limits.fragment_size.max(LENGTH_LEN + 1));
        let (flags, _) = split(packet.as_slice());
        assert_eq!(flags & VERSION, self.version);
        let expected = match self.ours.is_sending() {
            true => Ok(Arrival::Fragment),
            false => Ok(Arrival::Message(self.message.as_slice().into())),
        };
        assert_eq!(self.honest.receive(packet.as_slice()), expected);
    }
}

/// The flags, and what stands behind them and the length.
fn split(data: &[u8]) -> (u8, &[u8]) {
    let (flags, data) = data.split_first().map_or((0, data), |(flags, data)| (*flags, data));
    match flags & LENGTH_INCLUDED {
        0 => (flags, data),
        _ => (flags, data.get(LENGTH_LEN..).unwrap_or_default()),
    }
}
