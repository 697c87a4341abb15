//! An answer that is genuine.

use super::super::mppe::MppeKeys;
use super::super::packet::{AttributeType, Attributes, RadiusCode, RadiusDiscard, RadiusPacket};
use crate::{Keys, Msk, SessionId};

/// What a server has answered: Access-Accept, Access-Reject or Access-Challenge.
pub struct RadiusReply {
    code: RadiusCode,
    attributes: Vec<u8>,
    keys: Option<MppeKeys>,
}

impl RadiusReply {
    /// A limit that cannot be read must not be taken for none.
    pub(super) fn new(
        packet: &RadiusPacket<'_>,
        keys: Option<MppeKeys>,
    ) -> Result<Self, RadiusDiscard> {
        const NUMBERS: [AttributeType; 3] = [
            AttributeType::SESSION_TIMEOUT,
            AttributeType::IDLE_TIMEOUT,
            AttributeType::TERMINATION_ACTION,
        ];
        if NUMBERS.iter().any(|kind| packet.values(*kind).any(|value| value.len() != 4)) {
            return Err(RadiusDiscard::MalformedAttribute);
        }
        let attributes = packet.attribute_octets().to_vec();
        Ok(Self { code: packet.code(), attributes, keys })
    }

    /// The Code.
    #[must_use]
    pub const fn code(&self) -> RadiusCode {
        self.code
    }

    /// The attributes, in order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(&self.attributes)
    }

    /// The values of the attributes of this Type, in order.
    pub fn values(&self, kind: AttributeType) -> impl Iterator<Item = &[u8]> {
        self.attributes().values(kind)
    }

    /// The EAP packet, joined from its EAP-Message attributes; `None` if there are none.
    #[must_use]
    pub fn eap_message(&self) -> Option<Vec<u8>> {
        self.attributes().eap_message()
    }

    /// State, for the next request of the conversation.
    #[must_use]
    pub fn state(&self) -> Option<&[u8]> {
        self.attributes().values(AttributeType::STATE).next()
    }

    /// MS-MPPE-Recv-Key and MS-MPPE-Send-Key, decrypted.
    #[must_use]
    pub const fn mppe_keys(&self) -> Option<&MppeKeys> {
        self.keys.as_ref()
    }

    /// What a lower layer is keyed with: the MSK that the MPPE keys are the halves of, and the
    /// Session-Id, if the server has told it in EAP-Key-Name. `None` without MPPE keys.
    #[must_use]
    pub fn keys(&self) -> Option<Keys> {
        let MppeKeys { recv, send } = self.keys.as_ref()?;
        let msk = zeroize::Zeroizing::new([recv.expose(), send.expose()].concat());
        let session_id = self.attributes().eap_key_name().map(SessionId::new);
        Some(Keys { msk: Msk::new(&*msk), emsk: None, session_id })
    }
}

/// Shows Types: values are personal, or secrets.
impl core::fmt::Debug for RadiusReply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let kinds: Vec<u8> = self.attributes().map(|attribute| attribute.kind.0).collect();
        f.debug_struct("RadiusReply")
            .field("code", &self.code.0)
            .field("attributes", &kinds)
            .field("keys", &self.keys)
            .finish()
    }
}
