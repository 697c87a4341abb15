//! Logins that fail.
