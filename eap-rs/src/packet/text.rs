//! Displayable messages from the network (RFC 3748 §5.1, §5.2, §5.6).

/// The most octets of a message that are shown: those of the 1020-octet packet that RFC 3748 §5.2
/// lets an authenticator rely on.
const MAX_LEN: usize = 1015;

/// A message as a screen or log may show it: UTF-8 with what is not UTF-8 replaced, control
/// characters other than line feed turned into spaces, cut at 1015 octets.
#[must_use]
pub fn displayable(octets: &[u8]) -> String {
    let octets = octets.get(..MAX_LEN).unwrap_or(octets);
    String::from_utf8_lossy(octets)
        .chars()
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_gone() {
        assert_eq!(displayable(b"Token:\x1b[2J\r\n"), "Token: [2J \n");
        assert_eq!(displayable("Kennwort f\u{fc}r Zoë".as_bytes()), "Kennwort für Zoë");
        assert_eq!(displayable(b"\xff!"), "\u{fffd}!");
        assert_eq!(displayable(&[b'a'; 2000]).len(), 1015);
    }
}
