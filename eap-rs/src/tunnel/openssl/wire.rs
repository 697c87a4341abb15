//! Records in memory, where OpenSSL expects a socket.

use std::io::{self, ErrorKind, Read, Write};

#[derive(Debug, Default)]
pub(super) struct Wire {
    received: Vec<u8>,
    /// How many of those have been read.
    read: usize,
    sent: Vec<u8>,
}

impl Wire {
    pub(super) fn receive(&mut self, records: &[u8]) {
        self.received.drain(..self.read);
        self.read = 0;
        self.received.extend_from_slice(records);
    }

    pub(super) fn take_output(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.sent);
    }
}

impl Read for Wire {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.received.get(self.read..).unwrap_or_default();
        if rest.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let len = rest.read(octets)?;
        self.read += len;
        Ok(len)
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.sent.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
