use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::Msk;

/// Computed with another program, which follows the text of RFC 2548 §2.4.2: the secret
/// "xyzzy5461", the Request Authenticator of RFC 2865 §7.1, salt f40b, and the key 00 01 … 1f.
const ENCRYPTED: &str = "f40b61c94c9268f4e12494ad857f30a8f2710f0235132c5a1185e40fa2c4d9d25bd62ee8d6\
    72c42a8525cc67bf5ade9f537a";
const AUTHENTICATOR: &str = "0f403f9473978057bd83d5cb98f4227a";

fn msk() -> Msk {
    Msk::new((0..64).collect::<Vec<u8>>())
}

/// An Access-Accept with these Microsoft attributes, and the secret it is read with.
fn keys_of(vendor: u32, attributes: &[(u8, Vec<u8>)]) -> Result<Option<MppeKeys>, RadiusDiscard> {
    let authenticator = hex(AUTHENTICATOR).try_into().unwrap();
    let mut accept = RadiusBuilder::new(RadiusCode::ACCESS_ACCEPT, 1, authenticator, true);
    for (kind, value) in attributes {
        let len = u8::try_from(value.len() + 2).unwrap();
        let value = [&vendor.to_be_bytes()[..], &[*kind, len], value].concat();
        accept = accept.attribute(AttributeType::VENDOR_SPECIFIC, value);
    }
    let octets = built(accept);
    RadiusPacket::parse(&octets).unwrap().mppe_keys(&secret(), &authenticator)
}

#[test]
fn the_key_of_another_implementation_is_read_and_written() {
    let key: [u8; 32] = core::array::from_fn(|at| u8::try_from(at).unwrap());
    let authenticator = hex(AUTHENTICATOR).try_into().unwrap();
    let value = mppe::attribute(mppe::SEND_KEY, &key, [0xf4, 0x0b], &secret(), &authenticator);
    assert_eq!(value[..6], [0, 0, 1, 55, 16, 52]);
    assert_eq!(value[6..], hex(ENCRYPTED));
    let both = [(16, hex(ENCRYPTED)), (17, hex(ENCRYPTED))];
    let keys = keys_of(311, &both).unwrap().unwrap();
    assert_eq!((keys.send.expose(), keys.recv.expose()), (&key[..], &key[..]));
}

#[test]
fn the_keys_of_an_msk_come_back_as_its_halves() {
    let request = built(request().eap_message(b"eap"));
    let request = RadiusPacket::parse(&request).unwrap();
    let rng = &mut StdRng::seed_from_u64(1);
    let accept = built(RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request).mppe_keys(
        &msk(),
        &secret(),
        rng,
    ));
    let accept = RadiusPacket::parse(&accept).unwrap();
    let salts: Vec<_> =
        accept.values(AttributeType::VENDOR_SPECIFIC).map(|value| value[6..8].to_vec()).collect();
    assert!(salts.iter().all(|salt| salt[0] & 0x80 != 0), "RFC 2548 §2.4.2");
    assert_ne!(salts[0], salts[1], "RFC 2548 §2.4.2");
    let keys = accept.mppe_keys(&secret(), request.authenticator()).unwrap().unwrap();
    assert_eq!(keys.recv.expose(), &msk().expose()[..32]);
    assert_eq!(keys.send.expose(), &msk().expose()[32..]);
    assert!(keys.match_msk(&msk()));
    assert_eq!(
        format!("{keys:?}"),
        "MppeKeys { recv: Secret(32 octets), send: Secret(32 octets) }"
    );
}

#[test]
fn keys_match_no_other_msk() {
    let of = |octets: Vec<u8>| MppeKeys {
        recv: crate::Secret::new(&octets[..32]),
        send: crate::Secret::new(&octets[32..]),
    };
    let right: Vec<u8> = (0..64).collect();
    assert!(of(right.clone()).match_msk(&msk()));
    for at in [0, 31, 32, 63] {
        let mut wrong = right.clone();
        wrong[at] ^= 1;
        assert!(!of(wrong).match_msk(&msk()), "octet {at}");
    }
    let swapped = [&right[32..], &right[..32]].concat();
    assert!(!of(swapped).match_msk(&msk()));
    assert!(!of(right.clone()).match_msk(&Msk::new(&right[..63])));
}

/// RFC 3079 §3.3: the keys of MS-CHAPv2 have sixteen octets, and are sent as they are.
#[test]
fn the_32_octets_of_mschapv2_are_two_keys_of_16() {
    let request = built(request());
    let request = RadiusPacket::parse(&request).unwrap();
    let rng = &mut StdRng::seed_from_u64(1);
    let msk = Msk::new(core::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap()));
    let accept = RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request);
    let accept = built(accept.mppe_keys(&msk, &secret(), rng));
    let accept = RadiusPacket::parse(&accept).unwrap();
    let keys = accept.mppe_keys(&secret(), request.authenticator()).unwrap().unwrap();
    assert_eq!(keys.recv.expose(), &msk.expose()[..16]);
    assert_eq!(keys.send.expose(), &msk.expose()[16..]);
    assert!(keys.match_msk(&msk));
    assert!(!keys.match_msk(&Msk::new([&msk.expose()[16..], &msk.expose()[..16]].concat())));
}

#[test]
fn a_short_msk_is_not_sent() {
    let request = built(request());
    let request = RadiusPacket::parse(&request).unwrap();
    let rng = &mut StdRng::seed_from_u64(1);
    let accept = RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request).mppe_keys(
        &Msk::new([1; 63]),
        &secret(),
        rng,
    );
    let accept = built(accept);
    let keys = RadiusPacket::parse(&accept).unwrap().mppe_keys(&secret(), request.authenticator());
    assert!(keys.unwrap().is_none());
}

#[test]
fn other_vendors_and_other_attributes_are_no_keys() {
    assert!(keys_of(311, &[]).unwrap().is_none());
    assert!(keys_of(9, &[(16, hex(ENCRYPTED)), (17, hex(ENCRYPTED))]).unwrap().is_none());
    assert!(keys_of(311, &[(26, vec![1])]).unwrap().is_none());
}

#[test]
fn malformed_keys_are_refused() {
    let malformed = |attributes: &[(u8, Vec<u8>)]| {
        assert_eq!(
            keys_of(311, attributes).map(|_| ()),
            Err(RadiusDiscard::MalformedMppeKey),
            "{attributes:02x?}"
        );
    };
    let right = hex(ENCRYPTED);
    malformed(&[(16, right.clone())]);
    malformed(&[(17, right.clone())]);
    malformed(&[(16, right.clone()), (17, right.clone()), (17, right.clone())]);
    for len in 0..right.len() {
        malformed(&[(16, right[..len].to_vec()), (17, right.clone())]);
    }
    // Key-Length says something else: octets of the key are padding, or there are not as many. (33
    // to 47 octets are a longer key, which the caller finds to be another.)
    for length in [0, 16, 31, 48, 255] {
        let mut altered = right.clone();
        altered[2] ^= 32 ^ length;
        malformed(&[(16, altered), (17, right.clone())]);
    }
}

#[test]
fn another_secret_gives_no_keys_or_other_keys() {
    let request = built(request());
    let request = RadiusPacket::parse(&request).unwrap();
    let rng = &mut StdRng::seed_from_u64(1);
    for seed in 0..50 {
        let other = SharedSecret::new(format!("secret {seed}")).unwrap();
        let accept = RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request).mppe_keys(
            &msk(),
            &other,
            rng,
        );
        let accept = built(accept);
        let keys =
            RadiusPacket::parse(&accept).unwrap().mppe_keys(&secret(), request.authenticator());
        assert!(!matches!(keys, Ok(Some(keys)) if keys.match_msk(&msk())));
    }
}
