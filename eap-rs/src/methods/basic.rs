//! Identity and Notification (RFC 3748 §5.1, §5.2): the two Types that every implementation
//! answers and that authenticate nobody.

use crate::packet::displayable;
use crate::{Discard, Identity};

/// The prompt of an Identity Request: what stands before the first NUL; behind it some
/// authenticators pass options (RFC 3748 §5.1).
pub(crate) fn identity_prompt(data: &[u8]) -> String {
    displayable(data.split(|octet| *octet == 0).next().unwrap_or_default())
}

/// The identity in an Identity Response.
pub(crate) fn identity(data: &[u8]) -> Result<Identity, Discard> {
    if data.len() > Identity::MAX_LEN {
        return Err(Discard::ResponseTooLong);
    }
    Ok(Identity::new(data))
}

/// The message of a Notification Request.
pub(crate) fn notification(data: &[u8]) -> Result<String, Discard> {
    if data.is_empty() {
        return Err(Discard::EmptyMessage);
    }
    Ok(displayable(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_behind_a_nul_are_not_shown() {
        assert_eq!(identity_prompt(b"Hello\0networkid=lab,nasid=7"), "Hello");
        assert_eq!(identity_prompt(b""), "");
        assert_eq!(identity_prompt(b"\0x"), "");
    }

    #[test]
    fn limits() {
        assert_eq!(identity(&[b'a'; 1016]), Err(Discard::ResponseTooLong));
        assert_eq!(identity(b""), Ok(Identity::default()));
        assert_eq!(notification(b""), Err(Discard::EmptyMessage));
    }
}
