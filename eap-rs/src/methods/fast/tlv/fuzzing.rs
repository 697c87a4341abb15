//! Messages of phase 2, for the fuzz target `fast_tlv`: the data is one, of either side. It is
//! read, written and read again; what is in it goes to those it is for.

use super::{HEADER_LEN, Message, Nak, Refusal, Sender};
use crate::methods::fast::binding::Binding;
use crate::methods::fast::keys::Cmk;
use crate::methods::fast::pac::Pac;
use crate::methods::fast::pac::attributes::PeerSays;
use crate::methods::fast::start;

/// Reads the message.
pub(crate) fn fast_tlv(data: &[u8]) {
    for sender in [Sender::Server, Sender::Peer] {
        match Message::parse(data, sender) {
            Ok(message) => read(message, sender),
            Err(refusal) => {
                // Whoever gets the answer understands it, and does not answer it with a NAK.
                let answer = refusal.answer();
                assert_eq!(Message::parse(&answer.to_octets(), sender), Ok(answer));
                assert!(!matches!(refusal, Refusal::Unknown(Nak { vendor: 0, kind: 3..=5 })));
            }
        }
    }
    assert!(start::authority(data).len() <= data.len());
    assert!(start::opaque(data).is_none_or(|opaque| opaque.len() + HEADER_LEN <= data.len()));
}

fn read(message: Message<'_>, sender: Sender) {
    assert_eq!(Message::parse(&message.to_octets(), sender).map(without_binding), {
        Ok(without_binding(message))
    });
    assert!(message.payload.is_none_or(|packet| packet.len() > 4));
    if let Some(binding) = &message.binding {
        let cmk = Cmk::unguessed();
        assert!(binding.verify_request(&cmk).is_err());
        assert!(binding.verify_response(&cmk, binding).is_err());
    }
    let Some(attributes) = message.pac else { return };
    let _ = PeerSays::parse(attributes);
    if let Ok(Some(pac)) = Pac::parse(attributes, AUTHORITY) {
        assert_eq!(pac.authority(), AUTHORITY);
        let again = Pac::parse(&pac.to_attributes(), AUTHORITY).ok().flatten();
        assert!(again.is_some_and(|again| again.expires() == pac.expires()));
    }
}

/// Its header is written as it has to be, and read as it is.
fn without_binding(message: Message<'_>) -> (Message<'_>, Option<Vec<u8>>) {
    let value = message.binding.as_ref().map(|binding| Binding::value(binding).to_vec());
    (Message { binding: None, ..message }, value)
}

const AUTHORITY: &[u8] = b"0123456789abcdef";
