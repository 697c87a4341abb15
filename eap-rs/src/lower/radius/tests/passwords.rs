use super::*;
use crate::Secret;

/// RFC 2865 §7.1: "arctangent", with the secret "xyzzy5461".
#[test]
fn rfc_2865_section_7_1_user_password() {
    let request = hex(
        "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee\
         0406c0a80110050600000003",
    );
    let request = RadiusPacket::parse(&request).unwrap();
    assert!(request.user_password(&secret()).unwrap().ct_eq(b"arctangent"));
    let other = SharedSecret::new("xyzzy5462").unwrap();
    assert!(!request.user_password(&other).unwrap().ct_eq(b"arctangent"));
}

#[test]
fn every_length_of_a_password_comes_back() {
    for len in 1..=128 {
        let password = vec![b'x'; len];
        let octets = built(request().user_password(&Secret::new(&password), &secret()));
        let packet = RadiusPacket::parse(&octets).unwrap();
        let value = packet.values(AttributeType::USER_PASSWORD).next().unwrap();
        assert_eq!(value.len(), len.next_multiple_of(16));
        assert!(packet.user_password(&secret()).unwrap().ct_eq(&password), "{len}");
    }
    for len in [0, 129] {
        let password = Secret::new(vec![b'x'; len]);
        let refused = request().user_password(&password, &secret()).build(&secret());
        assert_eq!(refused, Err(RadiusBuildError::PasswordLength { len }));
    }
}

#[test]
fn a_value_that_is_no_multiple_of_16_octets_is_no_password() {
    for len in 0..=253 {
        let value = vec![7; len];
        let octets = built(request().attribute(AttributeType::USER_PASSWORD, &value));
        let found = RadiusPacket::parse(&octets).unwrap().user_password(&secret());
        assert_eq!(found.is_some(), len % 16 == 0 && (16..=128).contains(&len), "{len}");
    }
    let octets = built(request());
    assert!(RadiusPacket::parse(&octets).unwrap().user_password(&secret()).is_none());
}
