use super::response::{
    ChapResponse, MsChap2Response, MsChapResponse, exchange, read_password, write_password,
};
use crate::crypto::NtHash;
use crate::methods::ttls::ImplicitChallenge;
use crate::methods::ttls::avp::{AvpBuffer, AvpCode, Avps, Unacceptable};
use crate::{Identity, Secret};

fn challenge(len: usize) -> ImplicitChallenge {
    ImplicitChallenge { octets: (0..).take(len).collect(), identifier: 0x5a }
}

fn alice() -> Identity {
    Identity::from("alice")
}

fn password() -> Secret {
    Secret::from("wonderland")
}

fn hash() -> NtHash {
    NtHash::of_password("wonderland")
}

type Read = fn(&[u8], &Avps<'_>, &ImplicitChallenge) -> Result<(), Unacceptable>;

/// What is written, with the code of its response, and the length of its challenge.
fn responses() -> [(AvpBuffer, AvpCode, AvpCode, usize, Read); 3] {
    let (eight, sixteen) = (challenge(8), challenge(16));
    let chap = ChapResponse::compute(&sixteen, &password()).write(&sixteen, &alice());
    let mschap = MsChapResponse::compute(&eight, &hash()).unwrap().write(&eight, &alice());
    let nt_response = exchange(&sixteen, &[7; 16], &alice()).unwrap().nt_response(&hash());
    let mschap2 =
        MsChap2Response { peer_challenge: [7; 16], nt_response }.write(&sixteen, &alice());
    [
        (chap, AvpCode::CHAP_PASSWORD, AvpCode::CHAP_CHALLENGE, 16, |avp, avps, challenge| {
            let response = ChapResponse::read(avp, avps, challenge)?;
            assert!(response.is(&ChapResponse::compute(challenge, &password())));
            Ok(())
        }),
        (
            mschap,
            AvpCode::MS_CHAP_RESPONSE,
            AvpCode::MS_CHAP_CHALLENGE,
            8,
            |avp, avps, challenge| {
                let response = MsChapResponse::read(avp, avps, challenge)?;
                assert!(response.is(&MsChapResponse::compute(challenge, &hash()).unwrap()));
                Ok(())
            },
        ),
        (
            mschap2,
            AvpCode::MS_CHAP2_RESPONSE,
            AvpCode::MS_CHAP_CHALLENGE,
            16,
            |avp, avps, challenge| {
                let response = MsChap2Response::read(avp, avps, challenge)?;
                let expected = exchange(challenge, &[7; 16], &alice())?.nt_response(&hash());
                assert_eq!((response.peer_challenge, response.nt_response), ([7; 16], expected));
                Ok(())
            },
        ),
    ]
}

/// One that is longer, or shorter, is none.
#[test]
fn every_length_of_a_response() {
    for (written, code, _, len, read) in responses() {
        let avps = Avps::parse(written.as_slice()).unwrap();
        let right = avps.get(code).unwrap().unwrap();
        let longer = [right, &[0]].concat();
        for end in 0..=longer.len() {
            let result = read(&longer[..end], &avps, &challenge(len));
            let expected = match end == right.len() {
                true => Ok(()),
                false => Err(Unacceptable("malformed response inside the tunnel")),
            };
            assert_eq!(result, expected, "{code:?} {end}");
        }
    }
}

/// RFC 5281 §11.2.2 to §11.2.4: a peer must not choose its challenge.
#[test]
fn a_challenge_of_the_peers_own_is_refused() {
    for (written, code, challenge_code, len, read) in responses() {
        let avps = Avps::parse(written.as_slice()).unwrap();
        let avp = avps.get(code).unwrap().unwrap();
        let refused = Err(Unacceptable("the challenge is not the tunnel's"));
        let other_identifier = ImplicitChallenge { identifier: 0x5b, ..challenge(len) };
        assert_eq!(read(avp, &avps, &other_identifier), refused);
        for octet in 0..len {
            let mut other = challenge(len);
            other.octets[octet] ^= 0x80;
            assert_eq!(read(avp, &avps, &other), refused);
        }
        for octets in [&[][..], &[0; 7], &challenge(len).octets[..len - 1], &[0; 17]] {
            let made_up = AvpBuffer::default().with(challenge_code, &[octets]);
            let made_up = Avps::parse(made_up.as_slice()).unwrap();
            assert_eq!(read(avp, &made_up, &challenge(len)), refused);
        }
        let none = Avps::parse(&[]).unwrap();
        let missing = Err(Unacceptable("no challenge inside the tunnel"));
        assert_eq!(read(avp, &none, &challenge(len)), missing);
    }
}

/// RFC 5281 §11.2.5.
#[test]
fn a_password_is_padded_with_zeros() {
    for len in 0..=40 {
        let password = Secret::new(vec![b'x'; len]);
        let written = write_password(&alice(), &password);
        let avps = Avps::parse(written.as_slice()).unwrap();
        let avp = avps.get(AvpCode::USER_PASSWORD).unwrap().unwrap();
        assert_eq!(avp.len(), len.max(1).next_multiple_of(16));
        assert!(read_password(avp).ct_eq(password.expose()));
    }
    assert!(read_password(b"").ct_eq(b""));
    assert!(read_password(b"not padded").ct_eq(b"not padded"));
    assert!(read_password(b"a\0b\0").ct_eq(b"a\0b"));
}
