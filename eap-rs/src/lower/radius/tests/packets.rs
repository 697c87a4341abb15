use super::*;
use RadiusDiscard::*;

/// The examples of RFC 2865 §7 and RFC 5997 §6, with the secret "xyzzy5461".
mod rfc {
    pub(super) const TELNET_REQUEST: &str = "010000380f403f9473978057bd83d5cb98f4227a01066e656d\
        6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003";
    pub(super) const TELNET_ACCEPT: &str = "0200002686fe220e7624ba2a1005f6bf9b55e0b2060600000001\
        0f06000000000e06c0a80103";
    pub(super) const CHAP_REQUEST: &str = "010100472aee86f08d0d55969ca5978e0d3367a20108666c6f70\
        7379031316e97557c316185895f293ff63440772750406c0a8011005060000001406060000000207060000\
        0001";
    pub(super) const CHAP_ACCEPT: &str = "0201003815efbc7dab26cfa3dc34d9c03c8601a406060000000207\
        06000000010806fffffffe0a06000000020d06000000010c06000005dc";
    pub(super) const CHALLENGED_REQUEST: &str = "01020039f3a47a1f6a6d76710b947ab93041a03901076d\
        6f707379021233657573778289b570885e15084825c50406c0a80110050600000007";
    pub(super) const CHALLENGE: &str = "0b02004e36f3c8764ae8c71157403c0c71ff9c4512304368616c6c65\
        6e67652033323736393433302e2020456e74657220726573706f6e73652061742070726f6d70742e180a3332\
        373639343330";
    pub(super) const REJECTED_REQUEST: &str = "01030043b122556d428a13d0d6253807c457ecf001076d6f\
        7073790212692c1f205fc081b919b95195f561a5810406c0a80110050600000007181033323736393433\
        30";
    pub(super) const REJECT: &str = "03030014a42f4fca45916c4e09c8340f9e746aa0";
    pub(super) const STATUS: [(&str, &str); 3] = [
        (
            "0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3",
            "02da0014ef0d552a4bf2d693ec2b6fe8b5411d66",
        ),
        (
            "0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858",
            "02b300140f6f92145f107e2f504e860a4860669c",
        ),
        (
            "0c47002cbf58de56ae408ad3b70c8513f9b03fbe0406c00002105012852d6fec61e7ed74b8e32dac2f2a\
             5fb2",
            "0247003446f43e62fd0354424cbbebfd6d214e06122052414449555320536572766572207570203220646179\
             732c2031383a3430",
        ),
    ];
}

fn parse(octets: &[u8]) -> RadiusPacket<'_> {
    RadiusPacket::parse(octets).unwrap()
}

#[test]
fn rfc_2865_section_7_response_authenticators() {
    for (request, response) in [
        (rfc::TELNET_REQUEST, rfc::TELNET_ACCEPT),
        (rfc::CHAP_REQUEST, rfc::CHAP_ACCEPT),
        (rfc::CHALLENGED_REQUEST, rfc::CHALLENGE),
    ] {
        let (request, response) = (hex(request), hex(response));
        let (request, response) = (parse(&request), parse(&response));
        let check = |authenticator| response.check_response_authenticator(&secret(), authenticator);
        assert_eq!(check(request.authenticator()), Ok(()));
        assert_eq!(check(&[0; 16]), Err(WrongResponseAuthenticator));
        assert_eq!(request.identifier(), response.identifier());
        // CVE-2024-3596: none of them would do today.
        assert_eq!(request.check_request(&secret()), Err(NoMessageAuthenticator));
        let id = request.identifier();
        let fate = response.check_response(&secret(), id, request.authenticator());
        assert_eq!(fate, Err(NoMessageAuthenticator));
    }
}

#[test]
fn rfc_2865_section_7_3_prints_a_request_whose_state_is_longer_than_the_packet() {
    let request = hex(rfc::REJECTED_REQUEST);
    assert_eq!(RadiusPacket::parse(&request), Err(MalformedAttribute));
    let reject = hex(rfc::REJECT);
    let authenticator = request[4..20].try_into().unwrap();
    let fate = parse(&reject).check_response_authenticator(&secret(), authenticator);
    assert_eq!(fate, Ok(()));
}

#[test]
fn rfc_2865_section_7_attributes() {
    let request = hex(rfc::TELNET_REQUEST);
    let kinds: Vec<u8> = parse(&request).attributes().map(|attribute| attribute.kind.0).collect();
    assert_eq!(kinds, [1, 2, 4, 5]);
    let value = |kind| parse(&request).values(kind).next().map(<[u8]>::to_vec);
    assert_eq!(value(AttributeType::USER_NAME), Some(b"nemo".to_vec()));
    assert_eq!(value(AttributeType::NAS_IP_ADDRESS), Some(vec![192, 168, 1, 16]));
    assert_eq!(value(AttributeType::NAS_PORT), Some(vec![0, 0, 0, 3]));
    assert_eq!(value(AttributeType::STATE), None);
    assert_eq!(parse(&request).eap_message(), None);
}

#[test]
fn rfc_5997_section_6_message_authenticators() {
    for (request, _) in rfc::STATUS {
        let mut request = hex(request);
        assert_eq!(parse(&request).check_request(&secret()), Ok(()));
        let other = SharedSecret::new("xyzzy5462").unwrap();
        assert_eq!(parse(&request).check_request(&other), Err(WrongMessageAuthenticator));
        for at in [1, 4, 19] {
            request[at] ^= 1;
            assert_eq!(parse(&request).check_request(&secret()), Err(WrongMessageAuthenticator));
            request[at] ^= 1;
        }
    }
}

#[test]
fn rfc_5997_section_6_response_authenticators() {
    for ((request, response), expected) in
        rfc::STATUS.into_iter().zip([Ok(()), Err(WrongResponseAuthenticator), Ok(())])
    {
        // §6.2 prints Code 2 where its text says Accounting-Response, for which it is right.
        let (request, mut response) = (hex(request), hex(response));
        let authenticator = parse(&request).authenticator();
        let fate = parse(&response).check_response_authenticator(&secret(), authenticator);
        assert_eq!(fate, expected);
        if expected.is_err() {
            response[0] = 5;
            let fate = parse(&response).check_response_authenticator(&secret(), authenticator);
            assert_eq!(fate, Ok(()));
        }
    }
}

#[test]
fn rfc_5997_section_6_1_is_built() {
    let expected = hex(rfc::STATUS[0].0);
    let parsed = parse(&expected);
    let builder = RadiusBuilder::new(
        RadiusCode::STATUS_SERVER,
        parsed.identifier(),
        *parsed.authenticator(),
        false,
    );
    assert_eq!(built(builder), expected);
}

#[test]
fn lengths_outside_the_packet_are_refused() {
    let packet = |len: u16, octets: usize| {
        let mut packet = vec![0; octets];
        packet[0] = 1;
        packet[2..4].copy_from_slice(&len.to_be_bytes());
        packet
    };
    let fate = |octets: Vec<u8>| RadiusPacket::parse(&octets).map(|_| ());
    assert_eq!(fate(packet(20, 20)), Ok(()));
    assert_eq!(fate(packet(20, 30)), Ok(()), "octets behind the Length are padding");
    assert_eq!(fate(packet(20, 19)), Err(Truncated));
    assert_eq!(fate(packet(19, 20)), Err(LengthOutOfRange));
    assert_eq!(fate(packet(0, 20)), Err(LengthOutOfRange));
    assert_eq!(fate(packet(4097, 5000)), Err(LengthOutOfRange));
    assert_eq!(fate(packet(21, 20)), Err(LengthExceedsPacket));
    // Type 0, Length 0: an attribute that never ends.
    assert_eq!(fate(packet(22, 22)), Err(MalformedAttribute));
}

#[test]
fn attribute_lengths_that_do_not_fit_are_refused() {
    let fate = |attributes: &[u8]| {
        let len = u8::try_from(20 + attributes.len()).unwrap();
        let packet = [&[1, 1, 0, len], &[0; 16][..], attributes].concat();
        RadiusPacket::parse(&packet).map(|packet| packet.attributes().count())
    };
    assert_eq!(fate(&[1, 2]), Ok(1));
    assert_eq!(fate(&[1, 3, 0, 1, 2]), Ok(2));
    for malformed in [&[1][..], &[1, 0], &[1, 1], &[1, 3], &[1, 3, 0, 1], &[1, 255, 0]] {
        assert_eq!(fate(malformed), Err(MalformedAttribute), "{malformed:?}");
    }
}

#[test]
fn what_is_built_is_read_again() {
    let octets = built(
        request()
            .attribute(AttributeType::USER_NAME, "alice")
            .attribute(AttributeType::FRAMED_MTU, 1400_u32.to_be_bytes())
            .attribute(AttributeType::CLASS, "one")
            .attribute(AttributeType::CLASS, "")
            .eap_message(b"\x02\x07\x00\x0a\x01alice"),
    );
    let packet = parse(&octets);
    assert_eq!(packet.code(), RadiusCode::ACCESS_REQUEST);
    assert_eq!(packet.identifier(), 7);
    assert_eq!(packet.authenticator(), &REQUEST_AUTHENTICATOR);
    assert_eq!(packet.check_request(&secret()), Ok(()));
    let kinds: Vec<u8> = packet.attributes().map(|attribute| attribute.kind.0).collect();
    // CVE-2024-3596: Message-Authenticator comes first.
    assert_eq!(kinds, [80, 1, 12, 25, 25, 79]);
    assert_eq!(packet.values(AttributeType::CLASS).collect::<Vec<_>>(), [&b"one"[..], b""]);
    assert_eq!(packet.eap_message().unwrap(), b"\x02\x07\x00\x0a\x01alice");
}

#[test]
fn every_truncation_is_refused() {
    let octets = built(request().attribute(AttributeType::USER_NAME, "alice").eap_message(b"x"));
    for len in 0..octets.len() {
        let mut cut = octets[..len].to_vec();
        assert!(RadiusPacket::parse(&cut).is_err());
        // With a Length that says so, it is cut between attributes, or malformed; never genuine.
        if len >= 20 {
            cut[2..4].copy_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            let fate = RadiusPacket::parse(&cut).and_then(|p| p.check_request(&secret()));
            assert!(fate.is_err(), "{len}");
        }
    }
}

#[test]
fn no_octet_can_be_altered() {
    let octets = built(request().attribute(AttributeType::USER_NAME, "alice").eap_message(b"eap"));
    let response = built(
        RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &parse(&octets)).eap_message(b"eap"),
    );
    for at in 0..octets.len() {
        let mut altered = octets.clone();
        altered[at] ^= 0x40;
        let fate = RadiusPacket::parse(&altered).and_then(|p| p.check_request(&secret()));
        assert!(fate.is_err(), "octet {at}");
    }
    for at in 0..response.len() {
        let mut altered = response.clone();
        altered[at] ^= 0x40;
        let check = |p: RadiusPacket<'_>| p.check_response(&secret(), 7, &REQUEST_AUTHENTICATOR);
        assert!(RadiusPacket::parse(&altered).and_then(check).is_err(), "octet {at}");
    }
}

#[test]
fn a_response_is_of_its_request_only() {
    let request = built(request().eap_message(b"eap"));
    for code in [RadiusCode::ACCESS_ACCEPT, RadiusCode::ACCESS_REJECT, RadiusCode::ACCESS_CHALLENGE]
    {
        let response = built(RadiusBuilder::response(code, &parse(&request)).eap_message(b"eap"));
        let check = |secret: &SharedSecret, id, authenticator| {
            parse(&response).check_response(secret, id, authenticator)
        };
        assert_eq!(check(&secret(), 7, &REQUEST_AUTHENTICATOR), Ok(()));
        assert_eq!(check(&secret(), 8, &REQUEST_AUTHENTICATOR), Err(WrongIdentifier));
        assert_eq!(check(&secret(), 7, &[0; 16]), Err(WrongResponseAuthenticator));
        let other = SharedSecret::new("other").unwrap();
        assert_eq!(check(&other, 7, &REQUEST_AUTHENTICATOR), Err(WrongResponseAuthenticator));
        // Nor is it a request.
        assert_eq!(parse(&response).check_request(&secret()), Err(UnexpectedCode(code.0)));
    }
    let fate = parse(&request).check_response(&secret(), 7, &REQUEST_AUTHENTICATOR);
    assert_eq!(fate, Err(UnexpectedCode(1)));
}

#[test]
fn message_authenticator_is_there_once_and_has_16_octets() {
    let once = built(request().eap_message(b"eap"));
    let again = built(request().attribute(AttributeType::MESSAGE_AUTHENTICATOR, [0; 16]));
    let fate = parse(&again).check_request(&secret());
    assert_eq!(fate, Err(MalformedMessageAuthenticator));
    // Type 80 becomes 81.
    let mut without = once.clone();
    without[20] += 1;
    assert_eq!(parse(&without).check_request(&secret()), Err(NoMessageAuthenticator));
    // 16 octets become 15 and one attribute of two.
    let mut short = [&once[..], &[1, 2]].concat();
    (short[3], short[21]) = (short[3] + 1, 17);
    short.remove(37);
    (short[2], short[3]) = (0, u8::try_from(short.len()).unwrap());
    assert_eq!(parse(&short).check_request(&secret()), Err(MalformedMessageAuthenticator));
}

#[test]
fn eap_message_is_split_at_253_octets_and_joined() {
    for (len, parts) in [(0, 1), (1, 1), (253, 1), (254, 2), (506, 2), (507, 3), (3000, 12)] {
        let eap: Vec<u8> = (0..len).map(|at: u16| at.to_le_bytes()[0]).collect();
        let octets = built(request().eap_message(&eap));
        let packet = parse(&octets);
        assert_eq!(packet.values(AttributeType::EAP_MESSAGE).count(), parts, "{len}");
        assert_eq!(packet.eap_message(), Some(eap));
        assert_eq!(packet.check_request(&secret()), Ok(()));
    }
}

#[test]
fn proxy_states_are_echoed_in_order() {
    let request = built(
        request()
            .attribute(AttributeType::PROXY_STATE, "first")
            .attribute(AttributeType::USER_NAME, "alice")
            .attribute(AttributeType::PROXY_STATE, ""),
    );
    let response = built(
        RadiusBuilder::response(RadiusCode::ACCESS_REJECT, &parse(&request))
            .attribute(AttributeType::REPLY_MESSAGE, "no"),
    );
    let kinds: Vec<u8> = parse(&response).attributes().map(|a| a.kind.0).collect();
    assert_eq!(kinds, [80, 33, 33, 18]);
    let states: Vec<_> = parse(&response).values(AttributeType::PROXY_STATE).collect();
    assert_eq!(states, [&b"first"[..], b""]);
}

#[test]
fn what_radius_cannot_carry_is_not_built() {
    let build = |builder: RadiusBuilder| builder.build(&secret()).map(|packet| packet.len());
    assert_eq!(build(request().attribute(AttributeType::CLASS, [0; 253])), Ok(20 + 18 + 255));
    assert_eq!(
        build(request().attribute(AttributeType::CLASS, [0; 254])),
        Err(RadiusBuildError::AttributeTooLong { kind: 25, len: 254 })
    );
    // 15 full attributes and one of 233 octets: 20 + 18 + 15 * 255 + 233 = 4096.
    let full = 15 * 253 + 231;
    assert_eq!(build(request().eap_message(&vec![0; full])), Ok(4096));
    assert_eq!(
        build(request().eap_message(&vec![0; full + 1])),
        Err(RadiusBuildError::PacketTooLong { len: 4097 })
    );
}

#[test]
fn a_secret_is_not_empty_and_not_shown() {
    let error = SharedSecret::new("").unwrap_err();
    assert_eq!(error.to_string(), "secret: empty, at least one character is needed");
    assert_eq!(format!("{:?}", secret()), "SharedSecret(Secret(9 octets))");
    let octets = built(request().attribute(AttributeType::USER_NAME, "alice"));
    let shown = format!("{:?}", parse(&octets));
    assert_eq!(shown, "RadiusPacket { code: 1, identifier: 7, attributes: [80, 1] }");
}
