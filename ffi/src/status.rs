//! Status codes.

use std::ffi::{CStr, c_char};

use eap_rs::AnswerError;

/// What became of a call. The numbers are never reused.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum eaprs_status {
    /// It did what it says.
    Ok = 0,
    /// A pointer is NULL that must not be.
    NullPointer = 1,
    /// An argument has no meaning: an unknown number, text that is not UTF-8, an impossible length.
    InvalidArgument = 2,
    /// The configuration cannot work; `..._builder_error` says which setting and what it accepts.
    InvalidConfig = 3,
    /// The question is not open: answered before, withdrawn, or never asked.
    StaleAnswer = 4,
    /// The question wants another kind of answer. It stays open.
    WrongAnswerKind = 5,
    /// The answer is too long or empty, or a new password that is not UTF-8. It stays open.
    UnsuitableAnswer = 6,
    /// This call is for sessions of another role.
    WrongRole = 7,
    /// The operating system gave no random numbers.
    NoEntropy = 8,
    /// The buffer is too small; the length needed has been written.
    BufferTooSmall = 9,
    /// A defect of this library was caught. The session is of no more use but can be freed.
    Panic = 10,
}

impl From<AnswerError> for eaprs_status {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Stale => Self::StaleAnswer,
            AnswerError::WrongKind { .. } => Self::WrongAnswerKind,
            _ => Self::UnsuitableAnswer,
        }
    }
}

/// The meaning of an `eaprs_status`, as static text.
#[unsafe(no_mangle)]
pub extern "C" fn eaprs_strerror(status: u32) -> *const c_char {
    let text: &CStr = match status {
        0 => c"ok",
        1 => c"a pointer is NULL",
        2 => c"invalid argument",
        3 => c"invalid configuration",
        4 => c"the question is not open",
        5 => c"the question wants another kind of answer",
        6 => c"the answer is too long, empty or not UTF-8",
        7 => c"not for a session of this role",
        8 => c"the operating system gave no random numbers",
        9 => c"the buffer is too small",
        10 => c"internal error",
        _ => c"unknown status",
    };
    text.as_ptr()
}
