//! Names of subjects and issuers as text (RFC 4514).
//!
//! The text is that of `x509-cert`, which searches all the identifiers there are for each
//! attribute. Anybody may send a long name, and every login names two: the common attributes are
//! found here, and what no longer shows is not written.

use core::fmt::Write;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{
    Any, Ia5StringRef, ObjectIdentifier, PrintableStringRef, TeletexStringRef, Utf8StringRef,
};
use x509_cert::der::{Tag, Tagged};
use x509_cert::name::Name;

use super::refusal::{MAX_TEXT, sanitised};

/// Most specific part first, sanitised and cut to length.
pub(super) fn distinguished_name(name: &Name) -> String {
    let parts: Vec<_> = name.iter_rdn().collect();
    let attributes = parts.iter().rev().flat_map(|part| {
        let separators = core::iter::once(',').chain(core::iter::repeat('+'));
        part.iter().zip(separators)
    });
    let mut text = String::new();
    for (attribute, separator) in attributes {
        if !text.is_empty() {
            text.push(separator);
        }
        push_attribute(&mut text, attribute);
        // A character has at most four octets.
        if text.len() > 4 * MAX_TEXT {
            break;
        }
    }
    sanitised(&text)
}

fn push_attribute(text: &mut String, attribute: &AttributeTypeAndValue) {
    let known = KNOWN.iter().find(|(identifier, _)| *identifier == attribute.oid);
    let (Some((_, name)), Some(value)) = (known, as_text(&attribute.value)) else {
        // Fails for no value that was read.
        let _ = write!(text, "{attribute}");
        return;
    };
    text.push_str(name);
    text.push('=');
    let last = value.len().saturating_sub(1);
    for (position, character) in value.char_indices() {
        match character {
            '#' if position == 0 => text.push('\\'),
            ' ' if position == 0 || position == last => text.push('\\'),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.push('\\'),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(text, "\\{:02x}", u32::from(character));
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
}

fn as_text(value: &Any) -> Option<&str> {
    match value.tag() {
        Tag::PrintableString => PrintableStringRef::try_from(value).ok().map(|s| s.as_str()),
        Tag::Utf8String => Utf8StringRef::try_from(value).ok().map(|s| s.as_str()),
        Tag::Ia5String => Ia5StringRef::try_from(value).ok().map(|s| s.as_str()),
        Tag::TeletexString => TeletexStringRef::try_from(value).ok().map(|s| s.as_str()),
        _ => None,
    }
}

/// RFC 4514 §3, and what device certificates have besides.
const KNOWN: [(ObjectIdentifier, &str); 11] = [
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "SERIALNUMBER"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"), "EMAIL"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use x509_cert::der::{Decode, Encode};
    use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

    use super::*;

    /// Given name and organizationIdentifier are known to `x509-cert`, the last one to nobody.
    const OTHERS: [&str; 3] = ["2.5.4.42", "2.5.4.97", "1.3.6.1.4.1.32473.1"];

    fn identifier() -> impl Strategy<Value = ObjectIdentifier> {
        let known = KNOWN.iter().map(|(identifier, _)| *identifier);
        let others = OTHERS.iter().copied().map(ObjectIdentifier::new_unwrap);
        prop::sample::select(known.chain(others).collect::<Vec<_>>())
    }

    fn attribute() -> impl Strategy<Value = AttributeTypeAndValue> {
        let tags = [
            Tag::PrintableString,
            Tag::Utf8String,
            Tag::Ia5String,
            Tag::TeletexString,
            Tag::BmpString,
            Tag::OctetString,
        ];
        let text = prop_oneof!["[ #a,+=\\\\]{0,6}", "[\\x00-\\x7f]{0,20}", "\\PC{0,300}"];
        (identifier(), prop::sample::select(tags.to_vec()), text).prop_map(|(oid, tag, text)| {
            AttributeTypeAndValue { oid, value: Any::new(tag, text.as_bytes()).unwrap() }
        })
    }

    fn name(parts: Vec<Vec<AttributeTypeAndValue>>) -> Name {
        let part = |attributes| RelativeDistinguishedName::try_from(attributes).ok();
        let parts: Vec<_> = parts.into_iter().filter_map(part).collect();
        Name::from_der(&RdnSequence::from(parts).to_der().unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_x509_cert(
            parts in prop::collection::vec(prop::collection::vec(attribute(), 1..4), 0..12),
        ) {
            let name = name(parts);
            prop_assert_eq!(distinguished_name(&name), sanitised(&name.to_string()));
        }
    }

    #[test]
    fn every_known_attribute_is_called_as_x509_cert_calls_it() {
        for (oid, called) in KNOWN {
            let value = Any::new(Tag::Utf8String, b"x".as_slice()).unwrap();
            let name = name(vec![vec![AttributeTypeAndValue { oid, value }]]);
            assert_eq!(distinguished_name(&name), name.to_string());
            assert_eq!(distinguished_name(&name), format!("{called}=x"));
        }
    }
}
