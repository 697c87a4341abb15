//! The two formats in which `wpa_supplicant` keeps PACs.
//!
//! The text has a first line of its own, and then blocks of lines from `START` to `END`; octets are
//! in hexadecimal digits. What it says beyond the names here is for people. The binary format has
//! four octets that tell it from anything else, a version, and entries without a separator.

use zeroize::Zeroizing;

use super::{MAX_AUTHORITY_LEN, MAX_OPAQUE_LEN, Pac, PacInfo, PacKey, PacType, displayable_name};
use crate::methods::fast::keys::PAC_KEY_LEN;
use crate::{Identity, Secret};

const TEXT: &str = "wpa_supplicant EAP-FAST PAC file - version 1";
const BINARY: [u8; 4] = [0x6a, 0xe4, 0x92, 0x0c];
/// The version of the binary format.
const VERSION: [u8; 2] = [0, 0];

/// The most octets of a file that are read.
const MAX_LEN: usize = 16 << 20;
/// The most octets of a PAC-Info that are read.
const MAX_INFO_LEN: usize = 4096;

/// Where a file of PACs is wrong, and what is accepted there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacFileError {
    /// In the text format.
    #[error("line {line}: {problem}")]
    Line {
        /// The first one is 1.
        line: usize,
        /// What is wrong with it.
        problem: PacFileProblem,
    },
    /// In the binary format.
    #[error("octet {offset}: {problem}")]
    Entry {
        /// Where the entry begins; the file's first octet is 0.
        offset: usize,
        /// What is wrong with it.
        problem: PacFileProblem,
    },
}

/// What is wrong with a file of PACs. Nothing of what it says is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacFileProblem {
    /// It is something else.
    #[error("no PAC file; accepted: \"{TEXT}\", or the binary format, version 0")]
    Format,
    /// It is too long to be read.
    #[error("the file has {len} octets, at most {max} are accepted")]
    TooLong {
        /// Octets given.
        len: usize,
        /// Octets accepted.
        max: usize,
    },
    /// A line outside any block.
    #[error("outside a block; accepted: START")]
    OutsideBlock,
    /// A block inside a block.
    #[error("START inside a block; accepted: END first")]
    StartInBlock,
    /// The file ends inside a block.
    #[error("the last block does not end; accepted: END")]
    NoEnd,
    /// The file ends inside an entry.
    #[error("the entry is cut short; accepted: type, key, and two lengths with what they announce")]
    CutShort,
    /// Something is missing from a block.
    #[error("{field}: missing from the block that ends here")]
    Missing {
        /// What.
        field: &'static str,
    },
    /// Something is there twice.
    #[error("{field}: twice in a block")]
    Twice {
        /// What.
        field: &'static str,
    },
    /// A type that cannot be used.
    #[error("PAC-Type: accepted: 1 (tunnel) and 2 (machine)")]
    Type,
    /// What should be octets is not.
    #[error("{field}: accepted: pairs of hexadecimal digits")]
    Digits {
        /// What.
        field: &'static str,
    },
    /// Octets of the wrong number.
    #[error("{field}: {len} octets given, {min} to {max} accepted")]
    Length {
        /// What.
        field: &'static str,
        /// Octets given.
        len: usize,
        /// The fewest accepted.
        min: usize,
        /// The most accepted.
        max: usize,
    },
    /// The PAC-Info is none.
    #[error("PAC-Info: {0}; accepted: the attributes of RFC 5422 §4.2.4")]
    Info(&'static str),
}

use PacFileProblem as Problem;

/// Reads either format; the PACs are in the order of the file, newest first.
pub(super) fn parse(file: &[u8]) -> Result<Vec<Pac>, PacFileError> {
    if file.len() > MAX_LEN {
        let problem = Problem::TooLong { len: file.len(), max: MAX_LEN };
        return Err(PacFileError::Entry { offset: 0, problem });
    }
    match file.strip_prefix(&BINARY) {
        _ if file.is_empty() => Ok(Vec::new()),
        Some(rest) => parse_binary(rest),
        None => parse_text(file),
    }
}

fn parse_text(file: &[u8]) -> Result<Vec<Pac>, PacFileError> {
    let lines = file.split(|octet| *octet == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut pacs = Vec::new();
    let mut block: Option<Block> = None;
    let mut last = 1;
    for (line, text) in (1..).zip(lines) {
        let at = |problem| PacFileError::Line { line, problem };
        last = line;
        match (&mut block, text) {
            _ if line == 1 => {
                if text != TEXT.as_bytes() {
                    return Err(at(Problem::Format));
                }
            }
            (_, b"") => {}
            (Some(_), b"START") => return Err(at(Problem::StartInBlock)),
            (None, b"START") => block = Some(Block::default()),
            (None, _) => return Err(at(Problem::OutsideBlock)),
            (Some(_), b"END") => {
                let finished = block.take().unwrap_or_default();
                pacs.push(finished.finish().map_err(at)?);
            }
            (Some(block), text) => block.take(text).map_err(at)?,
        }
    }
    match block {
        None => Ok(pacs),
        Some(_) => Err(PacFileError::Line { line: last, problem: Problem::NoEnd }),
    }
}

/// What the lines of a block have said so far.
#[derive(Default)]
struct Block {
    kind: Option<PacType>,
    key: Option<PacKey>,
    opaque: Option<Zeroizing<Vec<u8>>>,
    info: Option<PacInfo>,
    authority: Option<Zeroizing<Vec<u8>>>,
    identity: Option<Identity>,
    authority_name: Option<Zeroizing<Vec<u8>>>,
}

impl Block {
    /// One line. Names that are not known are for people, `I-ID-txt` for example.
    fn take(&mut self, line: &[u8]) -> Result<(), Problem> {
        let mut parts = line.splitn(2, |octet| *octet == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match name {
            b"PAC-Type" => {
                let kind = match value {
                    b"1" => PacType::Tunnel,
                    b"2" => PacType::Machine,
                    _ => return Err(Problem::Type),
                };
                set(&mut self.kind, kind, "PAC-Type")
            }
            b"PAC-Key" => {
                let (field, len) = ("PAC-Key", PAC_KEY_LEN);
                let octets = octets(field, value, len, len)?;
                let key = octets.first_chunk().ok_or(Problem::Missing { field })?;
                set(&mut self.key, PacKey::new(key), field)
            }
            b"PAC-Opaque" => {
                let octets = octets("PAC-Opaque", value, 1, MAX_OPAQUE_LEN)?;
                set(&mut self.opaque, octets, "PAC-Opaque")
            }
            b"PAC-Info" => {
                let octets = octets("PAC-Info", value, 0, MAX_INFO_LEN)?;
                let (info, _) = PacInfo::parse(&octets).map_err(Problem::Info)?;
                set(&mut self.info, info, "PAC-Info")
            }
            b"A-ID" => {
                let octets = octets("A-ID", value, 1, MAX_AUTHORITY_LEN)?;
                set(&mut self.authority, octets, "A-ID")
            }
            b"I-ID" => {
                let octets = octets("I-ID", value, 0, Identity::MAX_LEN)?;
                set(&mut self.identity, Identity::new(&*octets), "I-ID")
            }
            b"A-ID-Info" => {
                let octets = octets("A-ID-Info", value, 0, MAX_AUTHORITY_LEN)?;
                set(&mut self.authority_name, octets, "A-ID-Info")
            }
            _ => Ok(()),
        }
    }

    /// The lines count for more than the PAC-Info, which `wpa_supplicant` does not read.
    fn finish(self) -> Result<Pac, Problem> {
        let mut info = self.info.unwrap_or_default();
        if let Some(authority) = self.authority {
            info.authority = authority.as_slice().into();
        }
        if let Some(name) = self.authority_name {
            info.authority_name = name.as_slice().into();
        }
        info.identity = self.identity.or(info.identity);
        if info.authority.is_empty() {
            return Err(Problem::Missing { field: "A-ID" });
        }
        let opaque = self.opaque.ok_or(Problem::Missing { field: "PAC-Opaque" })?;
        Ok(Pac {
            kind: self.kind.unwrap_or(PacType::Tunnel),
            key: self.key.ok_or(Problem::Missing { field: "PAC-Key" })?,
            opaque: opaque.as_slice().into(),
            info,
        })
    }
}

fn set<T>(place: &mut Option<T>, value: T, field: &'static str) -> Result<(), Problem> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::Twice { field }),
    }
}

/// The octets that these digits are.
fn octets(
    field: &'static str,
    digits: &[u8],
    min: usize,
    max: usize,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let (pairs, []) = digits.as_chunks::<2>() else { return Err(Problem::Digits { field }) };
    check_len(field, pairs.len(), min, max)?;
    let mut octets = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for pair in pairs {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        let octet = high.zip(low).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        octets.push(octet.ok_or(Problem::Digits { field })?);
    }
    Ok(octets)
}

fn check_len(field: &'static str, len: usize, min: usize, max: usize) -> Result<(), Problem> {
    if (min..=max).contains(&len) { Ok(()) } else { Err(Problem::Length { field, len, min, max }) }
}

/// Without the octets that tell the format.
fn parse_binary(file: &[u8]) -> Result<Vec<Pac>, PacFileError> {
    let mut rest = file
        .strip_prefix(&VERSION)
        .ok_or(PacFileError::Entry { offset: 0, problem: Problem::Format })?;
    let mut pacs = Vec::new();
    while !rest.is_empty() {
        let offset = BINARY.len() + file.len() - rest.len();
        let at = |problem| PacFileError::Entry { offset, problem };
        let entry = Entry::split_from(rest).ok_or(at(Problem::CutShort))?;
        pacs.push(entry.parse().map_err(at)?);
        rest = entry.rest;
    }
    Ok(pacs)
}

/// An entry of the binary format, and what follows it.
struct Entry<'a> {
    kind: [u8; 2],
    key: &'a [u8; PAC_KEY_LEN],
    opaque: &'a [u8],
    info: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Entry<'a> {
    fn split_from(octets: &'a [u8]) -> Option<Self> {
        let (kind, rest) = octets.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (opaque, rest) = split(rest)?;
        let (info, rest) = split(rest)?;
        Some(Self { kind: *kind, key, opaque, info, rest })
    }

    fn parse(&self) -> Result<Pac, Problem> {
        let kind = match self.kind {
            [0, 1] => PacType::Tunnel,
            [0, 2] => PacType::Machine,
            _ => return Err(Problem::Type),
        };
        check_len("PAC-Opaque", self.opaque.len(), 1, MAX_OPAQUE_LEN)?;
        check_len("PAC-Info", self.info.len(), 0, MAX_INFO_LEN)?;
        let (info, _) = PacInfo::parse(self.info).map_err(Problem::Info)?;
        Ok(Pac { kind, key: PacKey::new(self.key), opaque: self.opaque.into(), info })
    }
}

fn split(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*len).into())
}

pub(super) fn to_text(pacs: &[Pac]) -> Secret {
    let infos: Vec<Vec<u8>> = pacs.iter().map(|pac| pac.info.to_octets(pac.kind)).collect();
    // Two digits for an octet, twice for what is in PAC-Info, and three octets for each that is not
    // readable; the names of the lines have less than 256.
    let len =
        |(pac, info): (&Pac, &Vec<u8>)| 256 + 2 * (PAC_KEY_LEN + pac.opaque.len()) + 8 * info.len();
    let len = TEXT.len() + 1 + pacs.iter().zip(&infos).map(len).sum::<usize>();
    // Grown once, so that nothing stays behind where it was before.
    let mut text = Zeroizing::new(Vec::with_capacity(len));
    text.extend_from_slice(TEXT.as_bytes());
    text.push(b'\n');
    for (pac, info) in pacs.iter().zip(&infos) {
        text.extend_from_slice(b"START\nPAC-Type=");
        text.extend_from_slice(&[b'0' + pac.kind as u8, b'\n']);
        write_digits("PAC-Key", pac.key.expose(), &mut text);
        write_digits("PAC-Opaque", &pac.opaque, &mut text);
        write_digits("PAC-Info", info, &mut text);
        write_digits("A-ID", &pac.info.authority, &mut text);
        if let Some(identity) = &pac.info.identity {
            write_digits("I-ID", identity.as_bytes(), &mut text);
            write_readable("I-ID", identity.as_bytes(), &mut text);
        }
        write_digits("A-ID-Info", &pac.info.authority_name, &mut text);
        write_readable("A-ID-Info", &pac.info.authority_name, &mut text);
        text.extend_from_slice(b"END\n");
    }
    debug_assert!(text.len() <= len);
    Secret::new(&*text)
}

fn write_digits(field: &str, octets: &[u8], text: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.extend_from_slice(field.as_bytes());
    text.push(b'=');
    for octet in octets {
        let digits = [octet >> 4, octet & 15].map(|digit| DIGITS.get(usize::from(digit)));
        text.extend(digits.into_iter().flatten());
    }
    text.push(b'\n');
}

/// The readable form stays on its line: a server that has a line feed in its name would else write
/// lines of its own.
fn write_readable(field: &str, octets: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(field.as_bytes());
    text.extend_from_slice(b"-txt=");
    text.extend_from_slice(displayable_name(octets).as_bytes());
    text.push(b'\n');
}

pub(super) fn to_binary(pacs: &[Pac]) -> Secret {
    let infos: Vec<Vec<u8>> = pacs.iter().map(|pac| pac.info.to_octets(pac.kind)).collect();
    let len = |(pac, info): (&Pac, &Vec<u8>)| 2 + PAC_KEY_LEN + 4 + pac.opaque.len() + info.len();
    let len = BINARY.len() + VERSION.len() + pacs.iter().zip(&infos).map(len).sum::<usize>();
    // Grown once, so that nothing stays behind where it was before.
    let mut octets = Zeroizing::new(Vec::with_capacity(len));
    octets.extend_from_slice(&BINARY);
    octets.extend_from_slice(&VERSION);
    for (pac, info) in pacs.iter().zip(&infos) {
        octets.extend_from_slice(&[0, pac.kind as u8]);
        octets.extend_from_slice(pac.key.expose());
        for part in [&*pac.opaque, info] {
            // What is kept has less than 4097 octets of either.
            let len = u16::try_from(part.len()).unwrap_or(u16::MAX);
            octets.extend_from_slice(&len.to_be_bytes());
            octets.extend_from_slice(part);
        }
    }
    Secret::new(&*octets)
}
