//! The other end of EAP-FAST, with nothing of the library in it: OpenSSL, and keys derived as the
//! documents say. Inside the tunnel it says what it is told to.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use eap_rs::{Emsk, Keys, MethodType, Msk, Packet};
use eap_rs_openssl::{self as hooks, Handshake, MasterSecret};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use openssl::dh::Dh;
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::certs::Identity;
use crate::honest::Counterpart;

/// In which nobody shows a certificate.
pub const ANONYMOUS_SUITE: &str = "ADH-AES128-SHA";

/// TLVs that are mandatory, by the name of their number (RFC 4851 §4.2).
pub const RESULT: u8 = 3;
/// See [`RESULT`].
pub const EAP_PAYLOAD: u8 = 9;
/// See [`RESULT`].
pub const INTERMEDIATE_RESULT: u8 = 10;
/// See [`RESULT`].
pub const PAC: u8 = 11;
/// See [`RESULT`].
pub const CRYPTO_BINDING: u8 = 12;
/// See [`RESULT`].
pub const REQUEST_ACTION: u8 = 19;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const START: u8 = 0x20;
const LENGTH_INCLUDED: u8 = 0x80;
const BINDING_LEN: usize = 60;

/// A TLV with the mandatory bit.
pub fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[0x80, kind, len[0], len[1]], value].concat()
}

/// A Result or Intermediate-Result: 1 for success.
pub fn status(kind: u8, status: u8) -> Vec<u8> {
    tlv(kind, &[0, status])
}

/// A Crypto-Binding of so many methods; the rest is filled in when it is said
/// ([`Puppet::say`]).
pub fn binding(sub_type: u8, methods: u8) -> Vec<u8> {
    let mut value = [0; BINDING_LEN - 4];
    value[1..4].copy_from_slice(&[1, 1, sub_type]);
    value[36] = methods;
    tlv(CRYPTO_BINDING, &value)
}

/// A PAC that is shown, or taken.
#[derive(Clone)]
pub struct Ticket {
    /// The body of the SessionTicket extension.
    pub body: Vec<u8>,
    /// The PAC-Key.
    pub key: [u8; 32],
}

impl Ticket {
    /// The first PAC of a file as a peer keeps it.
    ///
    /// # Panics
    /// If there is none.
    pub fn of_file(file: &[u8]) -> Self {
        let text = core::str::from_utf8(file).unwrap();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            hex(line)
        };
        let opaque = value("PAC-Opaque=");
        let len = u16::try_from(opaque.len()).unwrap().to_be_bytes();
        Self {
            body: [&[0, 2, len[0], len[1]], &opaque[..]].concat(),
            key: value("PAC-Key=").try_into().unwrap(),
        }
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

/// The other end.
pub struct Puppet {
    stream: SslStream<Wire>,
    is_server: bool,
    is_open: bool,
    /// What is in the outer header.
    pub version: u8,
    /// The last packet: records are not taken twice.
    heard: Vec<u8>,
    plain: Vec<u8>,
    /// The Crypto-Binding that was heard last.
    binding: Option<Vec<u8>>,
    inner_identifier: u8,
    /// After as many methods as have been bound.
    keys: Option<Keys>,
}

impl Puppet {
    /// A client that takes these suites, any certificate, and shows this ticket, if any.
    ///
    /// # Panics
    /// If OpenSSL does not like it.
    pub fn client(suites: &str, version: SslVersion, ticket: Option<Ticket>) -> Self {
        Self::client_of(&client_context(suites, version), ticket)
    }

    /// One of a context of [`client_context`].
    ///
    /// # Panics
    /// See [`Self::client`].
    pub fn client_of(context: &SslContext, ticket: Option<Ticket>) -> Self {
        let mut ssl = Ssl::new(context).unwrap();
        match ticket {
            Some(ticket) => {
                hooks::send_session_ticket(&mut ssl, &ticket.body).unwrap();
                hooks::attach(&mut ssl, Arc::new(PacKey(ticket.key))).unwrap();
                hooks::ask_for_master_secret(&mut ssl).unwrap();
            }
            None => hooks::send_no_session_ticket(&mut ssl),
        }
        ssl.set_connect_state();
        Self::new(ssl, false)
    }

    /// A server with these suites and this certificate; with a key, it takes any ticket for one of
    /// that key.
    ///
    /// # Panics
    /// If OpenSSL does not like it.
    pub fn server(
        suites: &str,
        version: SslVersion,
        own: &Identity,
        key: Option<[u8; 32]>,
    ) -> Self {
        Self::server_of(&server_context(suites, version, own), key)
    }

    /// One of a context of [`server_context`].
    ///
    /// # Panics
    /// See [`Self::server`].
    pub fn server_of(context: &SslContext, key: Option<[u8; 32]>) -> Self {
        let mut ssl = Ssl::new(context).unwrap();
        if let Some(key) = key {
            hooks::attach(&mut ssl, Arc::new(PacKey(key))).unwrap();
            hooks::ask_for_master_secret(&mut ssl).unwrap();
        }
        ssl.set_accept_state();
        Self::new(ssl, true)
    }

    fn new(ssl: Ssl, is_server: bool) -> Self {
        Self {
            stream: SslStream::new(ssl, Wire::default()).unwrap(),
            is_server,
            is_open: false,
            version: 1,
            heard: Vec::new(),
            plain: Vec::new(),
            binding: None,
            inner_identifier: 0,
            keys: None,
        }
    }

    /// Whether the tunnel stands.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether a ticket has opened it.
    pub fn is_resumed(&self) -> bool {
        self.stream.ssl().session_reused()
    }

    /// The value of a TLV heard last, if it was there.
    pub fn heard_tlv(&self, kind: u8) -> Option<&[u8]> {
        tlvs(&self.plain).find(|tlv| tlv[1] & 0x3f == kind).map(|tlv| &tlv[4..])
    }

    /// The name of the suite.
    pub fn suite(&self) -> &'static str {
        self.stream.ssl().current_cipher().map_or("none", |suite| suite.name())
    }

    /// Says this inside the tunnel. What nobody could write beforehand is filled in:
    ///
    /// - the nonce of a Crypto-Binding, if it is zero;
    /// - its Compound MAC, if it is a number of methods without keys of their own, and zeros;
    /// - a peer's packets inside: the Identifier is added to the one that is current.
    pub fn say(&mut self, message: &[u8]) {
        let message = self.completed(message);
        let _ = self.stream.write_all(&message);
    }

    /// What [`Self::say`] would say.
    pub fn completed(&mut self, message: &[u8]) -> Vec<u8> {
        let mut message = message.to_vec();
        if self.is_open {
            self.complete(&mut message);
        }
        message
    }

    /// Asks for another handshake inside the tunnel.
    ///
    /// # Panics
    /// If OpenSSL does not want to.
    pub fn renegotiate(&mut self) {
        hooks::renegotiate(self.stream.ssl()).unwrap();
        // It waits for an answer.
        let _ = self.stream.do_handshake();
    }

    /// Keys after so many methods without keys of their own.
    pub fn keys_after(&self, methods: u8) -> Keys {
        let s_imck = self.compound(methods).0;
        let label = b"Extended Session Key Generating Function";
        let emsk = t_prf(&s_imck, label, &[], 64);
        let msk = t_prf(&s_imck, b"Session Key Generating Function", &[], 64);
        Keys { msk: Msk::new(&msk), emsk: Some(Emsk::new(&emsk)), session_id: None }
    }

    /// S-IMCK and CMK (RFC 4851 §5.2).
    fn compound(&self, methods: u8) -> (Vec<u8>, Vec<u8>) {
        let (mut s_imck, mut cmk) = (self.seed(), Vec::new());
        for _ in 0..methods {
            let imck = t_prf(&s_imck, b"Inner Methods Compound Keys", &[0; 32], 60);
            (s_imck, cmk) = (imck[..40].to_vec(), imck[40..].to_vec());
        }
        (s_imck, cmk)
    }

    /// session_key_seed (RFC 4851 §5.1).
    fn seed(&self) -> Vec<u8> {
        let ssl = self.stream.ssl();
        let (mut client, mut server, mut secret) = ([0; 32], [0; 32], [0; 48]);
        ssl.client_random(&mut client);
        ssl.server_random(&mut server);
        ssl.session().unwrap().master_key(&mut secret);
        // Two MAC keys of 20 octets, two keys, two blocks of 16.
        let skip = if self.suite().contains("AES256") { 136 } else { 104 };
        let seed = [&b"key expansion"[..], &server, &client].concat();
        let len = skip + 40;
        let block = if ssl.version2() == Some(SslVersion::TLS1_2) {
            p_hash::<Hmac<Sha256>>(&secret, &seed, len)
        } else {
            let md5 = p_hash::<Hmac<Md5>>(&secret[..24], &seed, len);
            let sha1 = p_hash::<Hmac<Sha1>>(&secret[24..], &seed, len);
            md5.iter().zip(sha1).map(|(md5, sha1)| md5 ^ sha1).collect()
        };
        block[skip..].to_vec()
    }

    fn complete(&mut self, message: &mut [u8]) {
        let mut rest = message;
        while let [_, kind, high, low, ..] = *rest {
            let len = 4 + usize::from(u16::from_be_bytes([high, low]));
            let Some((tlv, next)) = rest.split_at_mut_checked(len) else { return };
            match kind & 0x3f {
                CRYPTO_BINDING if len == BINDING_LEN => self.complete_binding(tlv),
                EAP_PAYLOAD if !self.is_server && len > 5 => {
                    tlv[5] = tlv[5].wrapping_add(self.inner_identifier);
                }
                _ => {}
            }
            rest = next;
        }
    }

    fn complete_binding(&mut self, tlv: &mut [u8]) {
        if tlv[8..40] == [0; 32] {
            match &self.binding {
                Some(heard) if !self.is_server => {
                    tlv[8..40].copy_from_slice(&heard[8..40]);
                    tlv[39] |= 1;
                }
                _ => tlv[8..40].copy_from_slice(&[0x42; 32]),
            }
        }
        if let [methods @ 1..=8, rest @ ..] = &tlv[40..]
            && rest.iter().all(|octet| *octet == 0)
        {
            let methods = *methods;
            self.keys = Some(self.keys_after(methods));
            tlv[40] = 0;
            let mac = self.mac(methods, tlv);
            tlv[40..].copy_from_slice(&mac);
        }
    }

    /// The Compound MAC of a Crypto-Binding in which it is zero, after so many methods.
    fn mac(&self, methods: u8, tlv: &[u8]) -> Vec<u8> {
        hmac::<Hmac<Sha1>>(&self.compound(methods).1, tlv)
    }

    /// Takes a packet; what is to be said to it is said in the next turn.
    pub fn hear(&mut self, packet: &[u8]) {
        let Ok(Packet::Request(body) | Packet::Response(body)) = Packet::parse(packet) else {
            return;
        };
        if body.method == MethodType::FAST && self.heard != packet {
            self.heard = packet.to_vec();
            self.listen(body.data);
        }
    }

    fn listen(&mut self, data: &[u8]) {
        let skip = match data.first() {
            Some(flags) if flags & START != 0 => data.len(),
            Some(flags) if flags & LENGTH_INCLUDED != 0 => 5,
            _ => 1,
        };
        self.stream.get_mut().received.extend(data.get(skip..).unwrap_or_default());
        if !self.is_open {
            if self.stream.do_handshake().is_err() {
                return;
            }
            self.is_open = true;
            self.keys = Some(self.keys_after(0));
        }
        let mut octets = [0; 0x4000];
        let mut plain = Vec::new();
        while let Ok(len @ 1..) = self.stream.ssl_read(&mut octets) {
            plain.extend(&octets[..len]);
        }
        for tlv in tlvs(&plain) {
            match tlv[1] & 0x3f {
                CRYPTO_BINDING if tlv.len() == BINDING_LEN => self.binding = Some(tlv.to_vec()),
                EAP_PAYLOAD if tlv.len() > 5 => self.inner_identifier = tlv[5],
                _ => {}
            }
        }
        self.plain = plain;
    }
}

impl Counterpart for Puppet {
    fn reply(&mut self, packet: &[u8]) -> Vec<u8> {
        self.turn(packet, &[])
    }

    fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    fn turn(&mut self, packet: &[u8], octets: &[u8]) -> Vec<u8> {
        let (code, body) = match Packet::parse(packet) {
            Ok(Packet::Request(body)) => (RESPONSE, body),
            Ok(Packet::Response(body)) => (REQUEST, body),
            _ => return Vec::new(),
        };
        self.hear(packet);
        if !octets.is_empty() {
            self.say(octets);
        }
        let identifier = match code {
            REQUEST => body.identifier.next(),
            _ => body.identifier,
        };
        let mut reply = vec![code, identifier.0, 0, 0, 43, self.version];
        reply.append(&mut self.stream.get_mut().sent);
        let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
        reply[2..4].copy_from_slice(&length);
        reply
    }
}

fn tlvs(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let [_, _, high, low, ..] = *octets else { return None };
        let len = 4 + usize::from(u16::from_be_bytes([high, low]));
        let (tlv, rest) = octets.split_at_checked(len)?;
        octets = rest;
        Some(tlv)
    })
}

/// What any number of clients may share: it takes longer to make than they do.
///
/// # Panics
/// See [`Puppet::client`].
pub fn client_context(suites: &str, version: SslVersion) -> SslContext {
    let mut context = context(suites, version);
    context.set_verify(SslVerifyMode::NONE);
    context.build()
}

/// The same for servers.
///
/// # Panics
/// See [`Puppet::server`].
pub fn server_context(suites: &str, version: SslVersion, own: &Identity) -> SslContext {
    let mut context = context(suites, version);
    context.set_certificate(&X509::from_pem(own.certificate.as_bytes()).unwrap()).unwrap();
    context.set_private_key(&PKey::private_key_from_pem(own.key.as_bytes()).unwrap()).unwrap();
    if ["DHE", "ADH"].iter().any(|prefix| suites.starts_with(prefix)) {
        context.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
    }
    context.set_options(SslOptions::NO_TICKET);
    context.build()
}

fn context(suites: &str, version: SslVersion) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls()).unwrap();
    context.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
    context.set_max_proto_version(Some(version)).unwrap();
    context.set_cipher_list(&format!("{suites}:@SECLEVEL=0")).unwrap();
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.clear_options(SslOptions::NO_RENEGOTIATION);
    context
}

/// A PAC-Key, and nothing else.
struct PacKey([u8; 32]);

impl Handshake for PacKey {
    fn master_secret(&self, client: &[u8; 32], server: &[u8; 32]) -> Option<MasterSecret> {
        let seed = [&server[..], client].concat();
        let secret = t_prf(&self.0, b"PAC to master secret label hash", &seed, 48);
        Some(Zeroizing::new(secret.try_into().unwrap()))
    }

    fn judge(&self, _: &[Vec<u8>]) -> Result<(), u8> {
        Ok(())
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(octets);
    mac.finalize().into_bytes().to_vec()
}

/// RFC 4851 §5.5.
fn t_prf(key: &[u8], label: &[u8], seed: &[u8], len: u8) -> Vec<u8> {
    let (mut out, mut last) = (Vec::new(), Vec::new());
    for counter in 1.. {
        last = hmac::<Hmac<Sha1>>(key, &[&last, label, &[0], seed, &[0, len, counter]].concat());
        out.extend(&last);
        if out.len() >= len.into() {
            break;
        }
    }
    out.truncate(len.into());
    out
}

/// RFC 5246 §5.
fn p_hash<M: Mac + KeyInit>(secret: &[u8], seed: &[u8], len: usize) -> Vec<u8> {
    let (mut out, mut a) = (Vec::new(), seed.to_vec());
    while out.len() < len {
        a = hmac::<M>(secret, &a);
        out.extend(hmac::<M>(secret, &[&a, seed].concat()));
    }
    out.truncate(len);
    out
}

#[derive(Default)]
struct Wire {
    received: Vec<u8>,
    sent: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        let len = octets.len().min(self.received.len());
        if len == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        octets[..len].copy_from_slice(&self.received[..len]);
        self.received.drain(..len);
        Ok(len)
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.sent.extend(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
