//! Why an account or a password is refused, as MS-CHAP has it (RFC 2759 §6).

use core::fmt;

/// What is wrong with a name, password or account. The numbers travel in a Failure of MS-CHAPv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// 646, ERROR_RESTRICTED_LOGON_HOURS.
    #[error("not allowed at this time of day")]
    RestrictedHours,
    /// 647, ERROR_ACCT_DISABLED: disabled or locked.
    #[error("the account is disabled or locked")]
    Disabled,
    /// 648, ERROR_PASSWD_EXPIRED: a new password is wanted.
    #[error("the password has expired")]
    PasswordExpired,
    /// 649, ERROR_NO_DIALIN_PERMISSION.
    #[error("the account has no permission to log in here")]
    NoPermission,
    /// 691, ERROR_AUTHENTICATION_FAILURE.
    #[error("wrong name or password")]
    WrongPassword,
    /// 709, ERROR_CHANGING_PASSWORD: the new password is refused.
    #[error("the new password was not accepted")]
    ChangingPassword,
    /// Another number.
    #[error("the network refused the login: error {0}")]
    Other(u32),
}

impl AccountError {
    /// The error with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            646 => Self::RestrictedHours,
            647 => Self::Disabled,
            648 => Self::PasswordExpired,
            649 => Self::NoPermission,
            691 => Self::WrongPassword,
            709 => Self::ChangingPassword,
            other => Self::Other(other),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::RestrictedHours => 646,
            Self::Disabled => 647,
            Self::PasswordExpired => 648,
            Self::NoPermission => 649,
            Self::WrongPassword => 691,
            Self::ChangingPassword => 709,
            Self::Other(number) => number,
        }
    }
}

/// A refusal. `Display` is a sentence for the error, with the authenticator's words in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountRefusal {
    /// What is wrong.
    pub error: AccountError,
    /// The authenticator's own words, safe for a screen; may be empty. Outside a tunnel anybody may
    /// have written them.
    pub message: String,
}

impl AccountRefusal {
    pub(crate) fn new(error: AccountError, message: impl Into<String>) -> Self {
        Self { error, message: message.into() }
    }
}

impl fmt::Display for AccountRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "{}", self.error),
            message => write!(f, "{} (\"{message}\")", self.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_network_are_marked_as_such() {
        let refusal = |message| AccountRefusal::new(AccountError::WrongPassword, message);
        assert_eq!(refusal("").to_string(), "wrong name or password");
        let told = refusal("Account disabled").to_string();
        assert_eq!(told, "wrong name or password (\"Account disabled\")");
    }

    #[test]
    fn numbers_come_back() {
        for number in 0..1000 {
            assert_eq!(AccountError::from_number(number).number(), number);
        }
        assert_eq!(AccountError::from_number(691), AccountError::WrongPassword);
    }
}
