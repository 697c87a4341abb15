use super::change::PasswordChange;
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

fn change() -> PasswordChange {
    let mut encrypted_password = [0; 516];
    for (place, octet) in encrypted_password.iter_mut().zip((0..=u8::MAX).cycle()) {
        *place = octet;
    }
    let (encrypted_hash, peer_challenge, nt_response) = ([1; 16], [2; 16], [3; 24]);
    PasswordChange { encrypted_password, encrypted_hash, peer_challenge, nt_response }
}

fn read_change(avps: &AvpBuffer) -> Result<PasswordChange, Unacceptable> {
    PasswordChange::read(&Avps::parse(avps.as_slice()).unwrap(), &challenge(16))
}

const MALFORMED: Unacceptable = Unacceptable("malformed response inside the tunnel");

/// Code, Ident, Sequence-Number and Encrypted-Password.
type Part<'a> = (u8, u8, u16, &'a [u8]);

/// The AVPs of a change of password, as RFC 2548 §2.1.7 and §2.3.4 have them.
fn change_avps(parts: &[Part<'_>], cpw: &[u8], octets: &[u8]) -> AvpBuffer {
    let parts = parts.iter().fold(AvpBuffer::default(), |avps, (code, ident, number, part)| {
        let [high, low] = number.to_be_bytes();
        avps.with(AvpCode::MS_CHAP_NT_ENC_PW, &[&[*code, *ident, high, low], part])
    });
    parts.with(AvpCode::MS_CHAP2_CPW, &[cpw]).with(AvpCode::MS_CHAP_CHALLENGE, &[octets])
}

fn cpw() -> Vec<u8> {
    [&[7, 0x5a][..], &[1; 16], &[2; 16], &[0; 8], &[3; 24], &[0; 2]].concat()
}

#[test]
fn rfc_2548_a_change_of_password_is_written_as_radius_has_it() {
    let PasswordChange { encrypted_password: password, .. } = change();
    let parts = [
        (6, 0x5a, 1, &password[..243]),
        (6, 0x5a, 2, &password[243..486]),
        (6, 0x5a, 3, &password[486..]),
    ];
    let expected = change_avps(&parts, &cpw(), &challenge(16).octets);
    let written = change().write(&challenge(16));
    assert_eq!(written.as_slice(), expected.as_slice());
    assert_eq!(cpw().len(), 68, "a Vendor-Length of 70");
    assert_eq!(read_change(&written), Ok(change()));
    // However it is cut.
    for at in 1..516 {
        let (first, second) = password.split_at(at);
        let parts = [(6, 0x5a, 1, first), (6, 0x5a, 2, second)];
        let cut = change_avps(&parts, &cpw(), &challenge(16).octets);
        assert_eq!(read_change(&cut), Ok(change()));
    }
}

#[test]
fn every_length_of_a_change_of_password() {
    let password = change().encrypted_password;
    let longer = [&cpw()[..], &[0]].concat();
    for len in (0..=longer.len()).filter(|len| *len != 68) {
        let whole = [(6, 0x5a, 1, &password[..])];
        let avps = change_avps(&whole, &longer[..len], &challenge(16).octets);
        assert_eq!(read_change(&avps), Err(MALFORMED), "{len}");
    }
    let longer = [&password[..], &[0]].concat();
    for len in (0..=517).filter(|len| *len != 516) {
        let part = [(6, 0x5a, 1, &longer[..len])];
        let avps = change_avps(&part, &cpw(), &challenge(16).octets);
        assert_eq!(read_change(&avps), Err(MALFORMED), "{len}");
    }
    for len in 0..4 {
        let part = AvpBuffer::default()
            .with(AvpCode::MS_CHAP_NT_ENC_PW, &[&[6, 0x5a, 0, 1][..len]])
            .with(AvpCode::MS_CHAP2_CPW, &[&cpw()])
            .with(AvpCode::MS_CHAP_CHALLENGE, &[&challenge(16).octets]);
        assert_eq!(read_change(&part), Err(MALFORMED), "{len}");
    }
}

#[test]
fn the_parts_of_a_new_password_have_their_order_and_their_identifier() {
    let password = change().encrypted_password;
    let (first, second) = password.split_at(243);
    let wrong: [&[Part<'_>]; 8] = [
        &[],
        &[(6, 0x5a, 0, first), (6, 0x5a, 1, second)],
        &[(6, 0x5a, 2, first), (6, 0x5a, 1, second)],
        &[(6, 0x5a, 1, first), (6, 0x5a, 1, second)],
        &[(6, 0x5a, 1, first), (6, 0x5a, 257, second)],
        &[(6, 0x5b, 1, first), (6, 0x5a, 2, second)],
        &[(5, 0x5a, 1, first), (6, 0x5a, 2, second)],
        &[(6, 0x5a, 1, first), (6, 0x5a, 2, b""), (6, 0x5a, 3, second)],
    ];
    for parts in wrong {
        let avps = change_avps(parts, &cpw(), &challenge(16).octets);
        assert_eq!(read_change(&avps), Err(MALFORMED), "{parts:02x?}");
    }
}

/// RFC 5281 §11.2.4: both challenge and identifier are those of the error.
#[test]
fn a_change_of_password_answers_the_challenge_of_the_error() {
    let password = change().encrypted_password;
    let refused = Err(Unacceptable("the challenge is not the tunnel's"));
    let mut other = challenge(16).octets;
    for bit in 0..128 {
        other[bit / 8] ^= 1 << (bit % 8);
        let avps = change_avps(&[(6, 0x5a, 1, &password)], &cpw(), &other);
        assert_eq!(read_change(&avps), refused);
        other[bit / 8] ^= 1 << (bit % 8);
    }
    let mut cpw = cpw();
    cpw[1] = 0x5b;
    let avps = change_avps(&[(6, 0x5b, 1, &password)], &cpw, &challenge(16).octets);
    assert_eq!(read_change(&avps), refused);
}
