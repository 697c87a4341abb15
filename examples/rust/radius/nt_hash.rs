//! NT hashes as they are written in files and on command lines.

use eap_rs::NtHash;

/// The hash of 32 hexadecimal digits.
pub(crate) fn read(digits: &str) -> Option<NtHash> {
    let is_hash = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(digits, 16).ok().filter(|_| is_hash)?;
    Some(NtHash::new(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_two_digits_of_either_case() {
        let hash = read("3e057cd123205aa168af5F121716B335").map(|hash| *hash.expose());
        assert_eq!(hash, Some(*NtHash::of_password("wonderland").expose()));
        for wrong in [
            "",
            "3e057cd1",
            "+e057cd123205aa168af5f121716b335",
            "3e057cd123205aa168af5f121716b3355",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
