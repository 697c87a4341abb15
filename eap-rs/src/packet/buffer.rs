//! The buffer in which packets are built, one after the other.

use zeroize::Zeroize;

use super::{Code, HEADER_LEN, Identifier, MethodType, TypeForm};

/// A packet being built. A method appends its Type-Data; header and length are the machine's.
///
/// The storage is reused from packet to packet, unless the last one was long, and wiped when
/// dropped: it may hold a password.
#[derive(Debug, Default)]
pub struct PacketBuffer(Vec<u8>);

/// Octets of most packets of the small methods, so that the storage grows once.
const TYPICAL_LEN: usize = 64;

/// More storage than this is given back: a server holds many buffers, which do little but wait.
const KEPT_LEN: usize = 256;

/// The packet exceeds the 65,535 octets that its Length field can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketTooLong;

impl PacketBuffer {
    /// Appends one octet.
    pub fn push(&mut self, octet: u8) {
        self.0.push(octet);
    }

    /// Appends `octets`.
    pub fn extend(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Starts a Request or Response; its Length is filled in by [`Self::finish`].
    pub(crate) fn begin(
        &mut self,
        code: Code,
        identifier: Identifier,
        method: MethodType,
        form: TypeForm,
    ) {
        if self.0.capacity() > KEPT_LEN {
            self.0.zeroize();
            self.0 = Vec::new();
        }
        self.0.clear();
        self.0.reserve(TYPICAL_LEN);
        self.0.extend_from_slice(&[code as u8, identifier.0, 0, 0]);
        match (form, method.legacy()) {
            (TypeForm::Legacy, Some(octet)) => self.0.push(octet),
            _ => self.0.extend_from_slice(&method.expanded()),
        }
    }

    pub(crate) fn finish(&mut self) -> Result<(), PacketTooLong> {
        let length = u16::try_from(self.0.len()).map_err(|_| PacketTooLong)?;
        if let Some(field) = self.0.get_mut(2..HEADER_LEN) {
            field.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Drop for PacketBuffer {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The four octets of a Success or Failure (RFC 3748 §4.2).
pub(crate) fn result_packet(code: Code, identifier: Identifier) -> Vec<u8> {
    vec![code as u8, identifier.0, 0, 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_type_is_always_expanded() {
        let mut buffer = PacketBuffer::default();
        let method = MethodType::vendor(9, 1);
        buffer.begin(Code::Request, Identifier(2), method, TypeForm::Legacy);
        buffer.push(7);
        buffer.finish().unwrap();
        assert_eq!(buffer.as_slice(), [1, 2, 0, 13, 254, 0, 0, 9, 0, 0, 0, 1, 7]);
    }

    #[test]
    fn a_length_that_does_not_fit_is_refused() {
        let mut buffer = PacketBuffer::default();
        buffer.begin(Code::Request, Identifier(2), MethodType::MD5, TypeForm::Legacy);
        buffer.extend(&[0; 65_530]);
        assert_eq!(buffer.finish(), Ok(()));
        buffer.push(0);
        assert_eq!(buffer.finish(), Err(PacketTooLong));
    }
}
