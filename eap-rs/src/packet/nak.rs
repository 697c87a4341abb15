//! Legacy and Expanded Nak (RFC 3748 §5.3).

use super::{Body, MethodType, PacketBuffer, TypeForm};
use crate::Discard;

/// A peer's refusal of a method Type, with the Types it would accept instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nak<'a> {
    form: TypeForm,
    types: &'a [u8],
}

impl<'a> Nak<'a> {
    /// Reads the Nak in a Response.
    ///
    /// # Errors
    /// [`Discard::MalformedNak`] if it names no Type, or its Expanded Types are cut short.
    pub fn parse(body: &Body<'a>) -> Result<Self, Discard> {
        let valid = body.method == MethodType::NAK
            && !body.data.is_empty()
            && match body.form {
                TypeForm::Legacy => true,
                TypeForm::Expanded => {
                    let (types, rest) = body.data.as_chunks::<{ MethodType::EXPANDED_LEN }>();
                    rest.is_empty() && types.iter().all(|t| t.starts_with(&[254]))
                }
            };
        valid.then_some(Self { form: body.form, types: body.data }).ok_or(Discard::MalformedNak)
    }

    /// The Types the peer would accept, in its order; none if it has no alternative.
    #[must_use]
    pub fn proposed(&self) -> ProposedTypes<'a> {
        ProposedTypes { form: self.form, rest: self.types }
    }

    /// Whether the peer named Type 254: it wants some Expanded Type (RFC 3748 §5.3.1).
    #[must_use]
    pub fn wants_expanded(&self) -> bool {
        self.form == TypeForm::Legacy && self.types.contains(&TypeForm::EXPANDED_TYPE)
    }

    /// Appends the Type-Data of a Nak that proposes `accepted` in answer to a Request written in
    /// `form` (RFC 3748 §5.3.1, §5.3.2).
    pub(crate) fn write(
        form: TypeForm,
        accepted: impl Iterator<Item = MethodType> + Clone,
        out: &mut PacketBuffer,
    ) {
        let start = out.len();
        match form {
            TypeForm::Legacy => {
                accepted.clone().filter_map(MethodType::legacy).for_each(|octet| out.push(octet));
                if accepted.clone().any(|method| method.legacy().is_none()) {
                    out.push(TypeForm::EXPANDED_TYPE);
                }
                if out.len() == start {
                    out.push(0);
                }
            }
            TypeForm::Expanded => {
                accepted.for_each(|method| out.extend(&method.expanded()));
                if out.len() == start {
                    out.extend(&MethodType::NONE.expanded());
                }
            }
        }
    }
}

/// Iterator over the Types of a [`Nak`]. "No alternative" and 254 are no Types and left out.
#[derive(Clone, Debug)]
pub struct ProposedTypes<'a> {
    form: TypeForm,
    rest: &'a [u8],
}

impl Iterator for ProposedTypes<'_> {
    type Item = MethodType;

    fn next(&mut self) -> Option<MethodType> {
        loop {
            let method = match self.form {
                TypeForm::Legacy => {
                    let (octet, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    MethodType::ietf(*octet)
                }
                TypeForm::Expanded => {
                    let (method, rest) = MethodType::parse_expanded(self.rest).ok()?;
                    self.rest = rest;
                    method
                }
            };
            if method.is_method() {
                return Some(method);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Code, Identifier, Packet};

    fn response(form: TypeForm, accepted: &[MethodType]) -> Vec<u8> {
        let mut buffer = PacketBuffer::default();
        buffer.begin(Code::Response, Identifier(1), MethodType::NAK, form);
        Nak::write(form, accepted.iter().copied(), &mut buffer);
        buffer.finish().unwrap();
        buffer.as_slice().to_vec()
    }

    fn proposed(octets: &[u8]) -> Vec<MethodType> {
        let Packet::Response(body) = Packet::parse(octets).unwrap() else { panic!() };
        Nak::parse(&body).unwrap().proposed().collect()
    }

    #[test]
    fn expanded_nak_of_rfc_3748_section_5_3_2() {
        let wanted = [MethodType::OTP, MethodType::vendor(20, 6)];
        let octets = response(TypeForm::Expanded, &wanted);
        #[rustfmt::skip]
        assert_eq!(octets, [
            2, 1, 0, 28,
            254, 0, 0, 0, 0, 0, 0, 3,
            254, 0, 0, 0, 0, 0, 0, 5,
            254, 0, 0, 20, 0, 0, 0, 6,
        ]);
        assert_eq!(proposed(&octets), wanted);
    }

    #[test]
    fn no_alternative_in_both_forms() {
        let legacy = response(TypeForm::Legacy, &[]);
        assert_eq!(legacy, [2, 1, 0, 6, 3, 0]);
        let expanded = response(TypeForm::Expanded, &[]);
        assert_eq!(expanded.len(), 20);
        assert!(proposed(&legacy).is_empty() && proposed(&expanded).is_empty());
    }

    #[test]
    fn legacy_nak_says_254_for_expanded_types() {
        let octets = response(TypeForm::Legacy, &[MethodType::MD5, MethodType::vendor(20, 6)]);
        assert_eq!(octets, [2, 1, 0, 7, 3, 4, 254]);
        assert_eq!(proposed(&octets), [MethodType::MD5]);
        let Packet::Response(body) = Packet::parse(&octets).unwrap() else { panic!() };
        assert!(Nak::parse(&body).unwrap().wants_expanded());
    }

    #[test]
    fn malformed() {
        let cases: [&[u8]; 4] = [
            &[2, 1, 0, 5, 3],
            &[2, 1, 0, 12, 254, 0, 0, 0, 0, 0, 0, 3],
            &[2, 1, 0, 19, 254, 0, 0, 0, 0, 0, 0, 3, 254, 0, 0, 0, 0, 0, 0],
            &[2, 1, 0, 20, 254, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 5],
        ];
        for octets in cases {
            let Packet::Response(body) = Packet::parse(octets).unwrap() else { panic!() };
            assert_eq!(Nak::parse(&body), Err(Discard::MalformedNak), "{octets:02x?}");
        }
    }
}
