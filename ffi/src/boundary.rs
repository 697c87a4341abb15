//! Where C ends and Rust begins: pointers are checked, panics are caught, handles change hands.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use crate::eaprs_status;

/// What a function returns that could not do its work.
pub(crate) trait Fallback {
    fn fallback(status: eaprs_status) -> Self;
}

impl Fallback for eaprs_status {
    fn fallback(status: eaprs_status) -> Self {
        status
    }
}

impl Fallback for bool {
    fn fallback(_: eaprs_status) -> Self {
        false
    }
}

/// The time until a deadline: there is none.
impl Fallback for u64 {
    fn fallback(_: eaprs_status) -> Self {
        Self::MAX
    }
}

/// Octets that are lent: there are none.
impl Fallback for Option<&[u8]> {
    fn fallback(_: eaprs_status) -> Self {
        None
    }
}

/// Runs the body of an exported function. A panic must not cross into C; it becomes
/// [`eaprs_status::Panic`].
pub(crate) fn guard<T: Fallback>(body: impl FnOnce() -> Result<T, eaprs_status>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(status)) => T::fallback(status),
        Err(_) => T::fallback(eaprs_status::Panic),
    }
}

/// The octets of a pointer with a length. NULL is accepted for no octets.
///
/// # Safety
/// Unless it is NULL, `octets` is valid for reads of `len` octets while the result lives.
pub(crate) unsafe fn bytes<'a>(octets: *const u8, len: usize) -> Result<&'a [u8], eaprs_status> {
    if len == 0 {
        return Ok(&[]);
    }
    if octets.is_null() {
        return Err(eaprs_status::NullPointer);
    }
    if isize::try_from(len).is_err() {
        return Err(eaprs_status::InvalidArgument);
    }
    // SAFETY: not NULL, of a possible size, and valid as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(octets, len) })
}

/// As [`bytes`], for numbers.
///
/// # Safety
/// Unless it is NULL, `numbers` is aligned and valid for reads of `count` numbers while the result
/// lives.
pub(crate) unsafe fn numbers<'a>(
    numbers: *const u32,
    count: usize,
) -> Result<&'a [u32], eaprs_status> {
    if count == 0 {
        return Ok(&[]);
    }
    if numbers.is_null() {
        return Err(eaprs_status::NullPointer);
    }
    if count > isize::MAX as usize / size_of::<u32>() || !numbers.is_aligned() {
        return Err(eaprs_status::InvalidArgument);
    }
    // SAFETY: not NULL, aligned, of a possible size, and valid as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(numbers, count) })
}

/// As [`bytes`], for `count` keys, one behind the other.
///
/// # Safety
/// Unless it is NULL, `keys` is valid for reads of `count` keys while the result lives.
pub(crate) unsafe fn keys_of<'a, const LEN: usize>(
    keys: *const u8,
    count: usize,
) -> Result<&'a [[u8; LEN]], eaprs_status> {
    let len = count.checked_mul(LEN).ok_or(eaprs_status::InvalidArgument)?;
    // SAFETY: the caller's promise.
    let (keys, _) = unsafe { bytes(keys, len) }?.as_chunks();
    Ok(keys)
}

/// As [`bytes`], for UTF-8 text.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(text: *const u8, len: usize) -> Result<&'a str, eaprs_status> {
    // SAFETY: the caller's promise is the same.
    let octets = unsafe { bytes(text, len) }?;
    std::str::from_utf8(octets).map_err(|_| eaprs_status::InvalidArgument)
}

/// The object behind a const handle.
///
/// # Safety
/// Unless it is NULL, `handle` came from [`give`] and has not been freed.
pub(crate) unsafe fn object<'a, T>(handle: *const T) -> Result<&'a T, eaprs_status> {
    // SAFETY: a handle is aligned and valid as the caller promises.
    unsafe { handle.as_ref() }.ok_or(eaprs_status::NullPointer)
}

/// The object behind a handle.
///
/// # Safety
/// As for [`object`]; and no other thread uses the handle meanwhile.
pub(crate) unsafe fn object_mut<'a, T>(handle: *mut T) -> Result<&'a mut T, eaprs_status> {
    // SAFETY: a handle is aligned, valid and not shared as the caller promises.
    unsafe { handle.as_mut() }.ok_or(eaprs_status::NullPointer)
}

/// Hands an object out to C, which gives it back to [`take`].
///
/// # Safety
/// Unless it is NULL, `out` is valid for a write.
pub(crate) unsafe fn give<T>(out: *mut *mut T, object: T) -> Result<(), eaprs_status> {
    if out.is_null() {
        return Err(eaprs_status::NullPointer);
    }
    // SAFETY: not NULL, and valid as the caller promises.
    unsafe { out.write(Box::into_raw(Box::new(object))) };
    Ok(())
}

/// Takes an object back from C and drops it. NULL is nothing to free.
///
/// # Safety
/// Unless it is NULL, `handle` came from [`give`] and has not been freed.
pub(crate) unsafe fn take<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: the box was made by `give`, and is dropped once as the caller promises.
        let object = unsafe { Box::from_raw(handle) };
        guard(|| {
            drop(object);
            Ok(eaprs_status::Ok)
        });
    }
}

/// Lends octets to C: the pointer, and the length through `len` unless that is NULL.
///
/// # Safety
/// Unless it is NULL, `len` is valid for a write.
pub(crate) unsafe fn lend(octets: Option<&[u8]>, len: *mut usize) -> *const u8 {
    if !len.is_null() {
        // SAFETY: not NULL, and valid as the caller promises.
        unsafe { len.write(octets.map_or(0, <[u8]>::len)) };
    }
    octets.map_or(ptr::null(), <[u8]>::as_ptr)
}

/// Lends NUL-terminated text to C: the pointer, and through `len` the length without the NUL.
///
/// # Safety
/// Unless it is NULL, `len` is valid for a write.
pub(crate) unsafe fn lend_text(text: Option<&[u8]>, len: *mut usize) -> *const c_char {
    if !len.is_null() {
        // SAFETY: not NULL, and valid as the caller promises.
        unsafe { len.write(text.map_or(0, |text| text.len().saturating_sub(1))) };
    }
    text.map_or(ptr::null(), |text| text.as_ptr().cast())
}

/// Copies octets into a buffer of C's.
///
/// # Safety
/// Unless it is NULL, `out` is valid for writes of `capacity` octets, and `len` for a write.
pub(crate) unsafe fn copy_out(
    octets: &[u8],
    out: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Result<(), eaprs_status> {
    if out.is_null() || len.is_null() {
        return Err(eaprs_status::NullPointer);
    }
    // SAFETY: not NULL, and valid as the caller promises.
    unsafe { len.write(octets.len()) };
    if octets.len() > capacity {
        return Err(eaprs_status::BufferTooSmall);
    }
    // SAFETY: not NULL, large enough, and not part of `octets`, which Rust owns.
    unsafe { ptr::copy_nonoverlapping(octets.as_ptr(), out, octets.len()) };
    Ok(())
}

/// Text as C wants it: the octets, then a NUL. A NUL inside becomes a space.
pub(crate) fn c_text(text: &str) -> Vec<u8> {
    text.bytes().map(|octet| if octet == 0 { b' ' } else { octet }).chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        assert_eq!(
            guard(|| -> Result<eaprs_status, _> { panic!("on purpose") }),
            eaprs_status::Panic
        );
    }

    #[test]
    fn null_with_a_length_is_refused() {
        // SAFETY: NULL is allowed.
        let (some, none) = unsafe { (bytes(ptr::null(), 1), bytes(ptr::null(), 0)) };
        assert_eq!((some, none), (Err(eaprs_status::NullPointer), Ok(&[][..])));
    }

    #[test]
    fn a_length_no_object_has_is_refused() {
        let octet = 0_u8;
        // SAFETY: the length is refused before the pointer is used.
        let result = unsafe { bytes(&raw const octet, usize::MAX) };
        assert_eq!(result, Err(eaprs_status::InvalidArgument));
    }

    #[test]
    fn c_text_ends_where_it_should() {
        assert_eq!(c_text("a\0b"), b"a b\0");
    }
}
