//! The text of a Failure (RFC 2759 §6).

use core::fmt;

use super::hex_octets;
use crate::crypto::mschap::CHALLENGE_LEN;
use crate::methods::mschapv2::MSCHAP_VERSION;
use crate::packet::displayable;
use crate::{AccountError, AccountRefusal};

/// What a Failure says: "E=691 R=1 C=... V=3 M=...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::methods) struct FailureMessage {
    pub(in crate::methods) refusal: AccountRefusal,
    /// Whether another try is allowed.
    pub(in crate::methods) retry: bool,
    /// For the next try, or for the new password.
    pub(in super::super) challenge: Option<[u8; CHALLENGE_LEN]>,
    version: Option<u32>,
}

impl FailureMessage {
    /// The message is for people and may have any characters.
    pub(in crate::methods) fn new(
        refusal: AccountRefusal,
        retry: bool,
        challenge: [u8; CHALLENGE_LEN],
    ) -> Self {
        Self { refusal, retry, challenge: Some(challenge), version: Some(MSCHAP_VERSION) }
    }

    /// The same without a challenge and a version, as EAP-FAST-GTC has it (RFC 5421 §2).
    #[cfg(feature = "fast")]
    pub(in crate::methods) fn without_challenge(refusal: AccountRefusal, retry: bool) -> Self {
        Self { refusal, retry, challenge: None, version: None }
    }

    /// Fields are found in any order. Of a text without a number nothing more is taken than that
    /// the login is refused.
    pub(in crate::methods) fn parse(text: &[u8]) -> Self {
        let (mut error, mut retry, mut challenge, mut version) = (None, false, None, None);
        let mut message = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(words) = rest.strip_prefix(b"M=") {
                message = displayable(words);
                break;
            }
            let end = rest.iter().position(|octet| *octet == b' ').unwrap_or(rest.len());
            let (field, others) = rest.split_at(end);
            rest = others.strip_prefix(b" ").unwrap_or(others);
            match field {
                [b'E', b'=', digits @ ..] => error = number(digits),
                [b'R', b'=', digits @ ..] => retry = number(digits) == Some(1),
                [b'C', b'=', digits @ ..] => challenge = hex_octets(digits),
                [b'V', b'=', digits @ ..] => version = number(digits),
                _ => {}
            }
        }
        let known = error.map(AccountError::from_number);
        let refusal = AccountRefusal::new(known.unwrap_or(AccountError::WrongPassword), message);
        Self { refusal, retry: retry && known.is_some(), challenge, version }
    }

    /// The challenge for another password of the same account, if the peer may try one.
    pub(in crate::methods) fn challenge_for_retry(&self) -> Option<[u8; CHALLENGE_LEN]> {
        let may_retry = self.retry && self.refusal.error == AccountError::WrongPassword;
        self.challenge.filter(|_| may_retry)
    }

    /// The challenge for a new password, if the peer may choose one.
    pub(in crate::methods) fn challenge_for_change(&self) -> Option<[u8; CHALLENGE_LEN]> {
        let may_change = self.refusal.error == AccountError::PasswordExpired
            && self.version == Some(MSCHAP_VERSION);
        self.challenge.filter(|_| may_change)
    }
}

impl fmt::Display for FailureMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AccountRefusal { error, message } = &self.refusal;
        write!(f, "E={} R={}", error.number(), u8::from(self.retry))?;
        if let Some(challenge) = &self.challenge {
            write!(f, " C={:032X}", u128::from_be_bytes(*challenge))?;
        }
        if let Some(version) = self.version {
            write!(f, " V={version}")?;
        }
        write!(f, " M={message}")
    }
}

/// Digits, and nothing else.
fn number(digits: &[u8]) -> Option<u32> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: [u8; CHALLENGE_LEN] = [0xab; CHALLENGE_LEN];

    fn parse(text: &str) -> FailureMessage {
        FailureMessage::parse(text.as_bytes())
    }

    #[test]
    fn the_texts_of_other_servers() {
        let hostapd = parse("E=691 R=0 C=00000000000000000000000000000000 V=3 M=FAILED");
        assert_eq!(hostapd.refusal, AccountRefusal::new(AccountError::WrongPassword, "FAILED"));
        assert_eq!((hostapd.retry, hostapd.challenge), (false, Some([0; 16])));
        assert_eq!(hostapd.challenge_for_retry(), None);
        let freeradius =
            parse("E=691 R=1 C=ABababababababababababababababAB V=3 M=Authentication rejected");
        assert_eq!(freeradius.challenge_for_retry(), Some(CHALLENGE));
        assert_eq!(freeradius.refusal.message, "Authentication rejected");
        let expired = parse("E=648 R=0 C=abababababababababababababababab V=3 M=Password Expired");
        assert_eq!(expired.challenge_for_change(), Some(CHALLENGE));
        assert_eq!(expired.challenge_for_retry(), None);
    }

    #[test]
    fn what_is_written_is_read() {
        for number in [646, 647, 648, 649, 691, 709, 5] {
            for retry in [false, true] {
                let refusal = AccountRefusal::new(AccountError::from_number(number), "so M=it is");
                let message = FailureMessage::new(refusal, retry, CHALLENGE);
                assert_eq!(parse(&message.to_string()), message);
            }
        }
    }

    #[test]
    fn fields_may_be_missing_wrong_or_in_another_order() {
        let refused = AccountRefusal::new(AccountError::WrongPassword, "");
        for text in [
            "",
            " ",
            "=",
            "E",
            "E=",
            "E=x R=1",
            "E=99999999999 R=1",
            "E=-1 R=1",
            "E=+691 R=1",
            "R=1",
            "E=691",
            "E=691 R=7",
            "E=691 R=11",
            "E=691R=1",
            "E=691  ",
            "\0\0",
        ] {
            let message = parse(text);
            assert_eq!(message.refusal, refused, "{text:?}");
            assert!(!message.retry && message.challenge.is_none(), "{text:?}");
        }
        let digits = "ab".repeat(16);
        for wrong in [
            digits.trim_start_matches('a'),
            &format!("{digits}a"),
            &format!("{digits}M=x"),
            "",
            "ü",
        ] {
            let message = parse(&format!("E=691 R=1 C={wrong} V=3"));
            assert_eq!(message.challenge_for_retry(), None, "{wrong}");
        }
        let message = parse(&format!("V=3 X=1 C={digits}  R=1 E=691 M=a  b \x1b[2J"));
        assert_eq!(message.challenge_for_retry(), Some(CHALLENGE));
        assert_eq!(message.refusal.message, "a  b  [2J");
        let message = parse(&format!("E=648 R=0 C={digits} V=2"));
        assert_eq!(message.challenge_for_change(), None);
        // Retries are for passwords only.
        assert_eq!(parse(&format!("E=647 R=1 C={digits} V=3")).challenge_for_retry(), None);
    }

    #[test]
    fn every_prefix_is_survived() {
        let text = "E=691 R=1 C=abababababababababababababababab V=3 M=Authentication rejected";
        for len in 0..text.len() {
            let message = FailureMessage::parse(&text.as_bytes()[..len]);
            assert_eq!(message.challenge_for_retry().is_some(), len >= 44, "{len}");
        }
    }
}
