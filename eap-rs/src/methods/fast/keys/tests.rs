use super::*;
use crate::crypto::NtHash;
use crate::crypto::mschap::MasterKeys;
use crate::methods::fast::testing::hex;

/// RFC 4851 §B.
const PAC_KEY: &str = "0b97390f37517809811efd9c6e65942b632ce953893808ba360b037cd185e414";
const SERVER_RANDOM: &str = "3ffb11c46cbfa57a5440dae822d311d3f76de41dd933e5937097eba9b366f42a";
const CLIENT_RANDOM: &str = "000000026a66432a8d14432cec582d2fc79c3364ba04ad3a5254d6a579ad1e00";
const MASTER_SECRET: &str = "4a1a512c0160bc023ccfbc833f03bc6488c1312f0ba9a27716a8d8e8bdc9d229\
                             384b7a85be164d2733d5247987b1c5a2";
const KEY_BLOCK: &str = "5959be8e413a77748bb2e5d360ac4d35dffbc81e9c249c8b0ec31d72c8849d57485\
                         12e45976c8870be5f01d364e74cbb1124e349e23bcdef7ab305395d648a4411b669\
                         88342e8e29d64b7d7217592805aff9b7ff666da1968f0b5e06467a448464c1c80c9\
                         6440998ff92a8b4c6422871";
const SEED: &str = "d64b7d7217592805aff9b7ff666da1968f0b5e06467a448464c1c80c96440998ff92a8b4\
                    c6422871";
const RC4: CipherSizes = CipherSizes { mac_key: 20, key: 16, iv: 0 };

fn randoms(check: impl FnOnce(Randoms<'_>)) {
    let (client, server) = (array(CLIENT_RANDOM), array(SERVER_RANDOM));
    check(Randoms { client: &client, server: &server });
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    hex(digits).try_into().unwrap()
}

fn tunnel() -> TunnelKeys {
    let challenges =
        TunnelChallenges { server: Zeroizing::new([1; 16]), peer: Zeroizing::new([2; 16]) };
    TunnelKeys { seed: Zeroizing::new(array(SEED)), challenges }
}

fn no_key() -> InnerKey {
    InnerKey::new(MethodType::GTC, None)
}

#[test]
fn rfc_4851_b_master_secret() {
    randoms(|randoms| {
        assert_eq!(*pac_master_secret(&array(PAC_KEY), randoms), array(MASTER_SECRET));
    });
}

#[test]
fn rfc_4851_b_key_block_of_tls_1_0() {
    let mut block = [0; 112];
    let (server, client) = (hex(SERVER_RANDOM), hex(CLIENT_RANDOM));
    let seed = [&server[..], &client];
    tls_prf(TlsPrf::Md5Sha1, &hex(MASTER_SECRET), b"key expansion", &seed, &mut block);
    assert_eq!(block.to_vec(), hex(KEY_BLOCK));
}

#[test]
fn rfc_4851_b_session_key_seed() {
    randoms(|randoms| {
        let master_secret = array(MASTER_SECRET);
        let keys = TunnelKeys::derive(TlsPrf::Md5Sha1, &master_secret, randoms, RC4).unwrap();
        assert_eq!(*keys.seed, array(SEED));
    });
    // The RFC's key block has no challenges.
    let block = [hex(KEY_BLOCK), vec![0xaa; 16], vec![0xbb; 16]].concat();
    let keys = TunnelKeys::of_key_block(&block, RC4).unwrap();
    assert_eq!(*keys.seed, array(SEED));
    assert_eq!((*keys.challenges().server, *keys.challenges().peer), ([0xaa; 16], [0xbb; 16]));
}

/// Published on the mailing list of the TLS working group.
#[test]
fn the_prf_of_tls_1_2() {
    let mut out = [0; 100];
    let secret = hex("9bbe436ba940f017b17652849a71db35");
    let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
    tls_prf(TlsPrf::Sha256, &secret, b"test label", &[&seed], &mut out);
    let expected = "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e9\
                    0d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fc\
                    e34f796789baa48082d122ee42c5a72e5a5110fff70187347b66";
    assert_eq!(out.to_vec(), hex(expected));
}

#[test]
fn a_key_block_that_is_too_short_yields_nothing() {
    for len in 0..72 + TunnelKeys::LEN {
        assert!(TunnelKeys::of_key_block(&vec![0; len], RC4).is_none(), "{len}");
    }
    assert!(TunnelKeys::of_key_block(&[0; 72 + TunnelKeys::LEN], RC4).is_some());
    let endless = CipherSizes { mac_key: 1000, key: 0, iv: 0 };
    randoms(|randoms| {
        assert!(TunnelKeys::derive(TlsPrf::Sha256, &[0; 48], randoms, endless).is_none());
    });
}

#[test]
fn rfc_4851_b_compound_keys() {
    let keys = CompoundKeys::new(&tunnel()).after(&no_key());
    let s_imck = "16153c3f2155efd97f34aec81a4e66804cc376f28aa96f96c2545f8cab6502e118407b56bee\
                  aa7c5";
    assert_eq!(*keys.s_imck, array(s_imck));
    assert_eq!(*keys.cmk().unwrap().0, array("765d8f0bc507c6b904d06956728b6bb815ec577b"));
    let msk = "4d83a9be6f8a74ed6a02660a634d2c33c2da6015c6370451903863da543e14b92799181e07bf0f\
               5a5e3c3293808c6c4967ed24fe4540a0595e37c2e9d05d0ae3";
    assert_eq!(keys.msk().expose(), hex(msk));
    let emsk = "3ad4abdb76b27f3bea322c2b74f42855ef2dba78c9572f0d06cd517c209398a976ea7021d70e2\
                55497edb28af6edfd0a2ae7a15890105044b38285db0614d2f9";
    assert_eq!(keys.emsk().expose(), hex(emsk));
}

/// The exchange of RFC 2759 §9.2; the keys were computed with another implementation.
#[test]
fn the_halves_of_mschapv2_change_places() {
    let response = array("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
    let MasterKeys { receive, send } =
        MasterKeys::derive(&NtHash::of_password("clientPass"), &response);
    let msk = Msk::new([*receive, *send].concat());
    let key = InnerKey::new(MethodType::MSCHAPV2, Some(&msk));
    let isk = "8b7cdc149b993a1ba118cb153f56dccbd5f0e9521e3ea9589645e86051c82226";
    assert_eq!(*key.0, array(isk));
    let keys = CompoundKeys::new(&tunnel()).after(&key);
    assert_eq!(*keys.cmk().unwrap().0, array("0e447d079f45312de646add14d7d8bfd8f51e8eb"));
}

#[test]
fn what_counts_of_an_inner_key() {
    let key = |msk: &[u8]| *InnerKey::new(MethodType::TLS, Some(&Msk::new(msk))).0;
    assert_eq!(key(&[[1; 32], [2; 32]].concat()), [1; 32]);
    assert_eq!(key(&[1; 16])[..], [[1; 16], [0; 16]].concat());
    assert_eq!(key(&[]), [0; 32]);
    assert_eq!(*no_key().0, [0; 32]);
    assert_eq!(*InnerKey::new(MethodType::MSCHAPV2, None).0, [0; 32]);
}

#[test]
fn each_method_changes_the_keys_and_their_order_counts() {
    let start = CompoundKeys::new(&tunnel());
    assert!(start.cmk().is_none(), "nothing is bound yet");
    let (a, b) = (no_key(), InnerKey::new(MethodType::TLS, Some(&Msk::new([1; 64]))));
    let runs: Vec<Msk> =
        [start.msk(), start.after(&a).msk(), start.after(&a).after(&a).msk()].into();
    let ab = start.after(&a).after(&b).msk();
    let ba = start.after(&b).after(&a).msk();
    assert_ne!(ab.expose(), ba.expose());
    assert_ne!(runs[0].expose(), runs[1].expose());
    assert_ne!(runs[1].expose(), runs[2].expose());
}

#[test]
fn every_suite_has_its_skip() {
    for (skip, names) in [
        (72, &["RC4-SHA", "TLS_RSA_WITH_RC4_128_SHA"][..]),
        (
            104,
            &[
                "AES128-SHA",
                "ADH-AES128-SHA",
                "DHE-RSA-AES128-SHA",
                "ECDHE-RSA-AES128-SHA",
                "TLS_RSA_WITH_AES_128_CBC_SHA",
                "TLS_DH_anon_WITH_AES_128_CBC_SHA",
                "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
            ],
        ),
        (136, &["AES256-SHA", "DHE-RSA-AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"]),
        (104, &["DES-CBC3-SHA", "DHE-RSA-DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"]),
        (128, &["AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"]),
        (160, &["AES256-SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"]),
        (192, &["ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"]),
        (
            40,
            &[
                "AES128-GCM-SHA256",
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "TLS_RSA_WITH_AES_128_GCM_SHA256",
                "AES128-CCM",
                "AES128-CCM8",
                "TLS_RSA_WITH_AES_128_CCM",
                "TLS_RSA_WITH_AES_128_CCM_8",
            ],
        ),
        (72, &["AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"]),
        (88, &["ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"]),
    ] {
        for name in names {
            let sizes = CipherSizes::of_suite(name);
            assert_eq!(sizes.map(CipherSizes::skip), Some(skip), "{name}");
        }
    }
}

#[test]
fn suites_that_are_unknown_or_without_a_key_block_have_none() {
    for name in [
        "",
        "TLS_",
        "TLS_AES_128_GCM_SHA256",
        "TLS_CHACHA20_POLY1305_SHA256",
        "EXP-RC4-MD5",
        "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
        "NULL-SHA",
        "TLS_RSA_WITH_NULL_SHA",
        "CAMELLIA128-SHA",
        "ARIA128-GCM-SHA256",
        "DES-CBC-SHA",
        "AES128",
    ] {
        assert_eq!(CipherSizes::of_suite(name), None, "{name}");
    }
}

#[test]
fn debug_shows_sizes_only() {
    let keys = CompoundKeys::new(&tunnel()).after(&no_key());
    assert_eq!(
        format!("{:?} {:?} {keys:?} {:?}", tunnel(), tunnel().challenges(), no_key()),
        "TunnelKeys(72 octets) TunnelChallenges(2 of 16 octets) CompoundKeys(40 octets, \
         Some(Cmk(20 octets))) InnerKey(32 octets)"
    );
}
