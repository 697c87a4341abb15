//! What a switch is told to do with a peer it lets in (RFC 3580).

use core::fmt;

use super::packet::{AttributeType, Attributes, RadiusPacket};

/// The VLAN of a peer (RFC 3580 §3.31).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vlan {
    /// Its number, 1 to 4094.
    Id(u16),
    /// Its name, which only the switch can tell the number of.
    Name(String),
}

impl fmt::Display for Vlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.escape_debug().fmt(f),
        }
    }
}

impl Vlan {
    /// A number of 1 to 4094, or a name of 1 to 252 octets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_NAME_LEN {
            return None;
        }
        if !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return Some(Self::Name(text.into()));
        }
        let id = text.parse().ok().filter(|id| (1..=MAX_ID).contains(id))?;
        Some(Self::Id(id))
    }
}

/// What is to happen when Session-Timeout is over (RFC 2865 §5.29).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TerminationAction {
    /// The session ends.
    #[default]
    Default,
    /// The peer is authenticated again, and meanwhile stays.
    RadiusRequest,
}

impl<'a> Attributes<'a> {
    /// The values of the attributes of this Type, in order.
    pub fn values(self, kind: AttributeType) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.filter(move |attribute| attribute.kind == kind).map(|attribute| attribute.value)
    }

    /// The first attribute of this Type, as a number of four octets.
    #[must_use]
    pub fn number(self, kind: AttributeType) -> Option<u32> {
        self.values(kind).next()?.try_into().ok().map(u32::from_be_bytes)
    }

    /// Session-Timeout in seconds: of an Access-Accept, how long the session may last; of an
    /// Access-Challenge, how long the peer may take (RFC 3580 §3.17).
    #[must_use]
    pub fn session_timeout(self) -> Option<u32> {
        self.number(AttributeType::SESSION_TIMEOUT)
    }

    /// Termination-Action (RFC 3580 §3.19).
    #[must_use]
    pub fn termination_action(self) -> TerminationAction {
        match self.number(AttributeType::TERMINATION_ACTION) {
            Some(1) => TerminationAction::RadiusRequest,
            _ => TerminationAction::Default,
        }
    }

    /// The Session-Id of the EAP conversation, in EAP-Key-Name (RFC 4072 §4.1.4); `None` if it is
    /// not there, or is the question for it.
    #[must_use]
    pub fn eap_key_name(self) -> Option<&'a [u8]> {
        self.values(AttributeType::EAP_KEY_NAME).next().filter(|name| !matches!(name, [] | [0]))
    }

    /// The VLAN that the peer belongs to: that of the first tunnel that is one (RFC 3580 §3.31).
    /// Tunnel attributes are a tunnel's if they have its tag (RFC 2868 §3.1). `None` if the server
    /// asks for no tunnel.
    ///
    /// # Errors
    /// [`UnusableVlan`]: the peer must not get another one instead, and is refused. RFC 2868 §3.1
    /// says so of tunnels that are all of kinds that a switch does not have.
    pub fn vlan(self) -> Result<Option<Vlan>, UnusableVlan> {
        let mut types = self.clone().values(AttributeType::TUNNEL_TYPE).peekable();
        if types.peek().is_none() {
            return Ok(None);
        }
        let mut tags = types.filter_map(|value| match value {
            [tag, 0, 0, VLAN] => Some(*tag),
            _ => None,
        });
        let is_802 = |tag: &u8| {
            let mut media = self.clone().values(AttributeType::TUNNEL_MEDIUM_TYPE);
            media.any(|value| matches!(value, [found, 0, 0, IEEE_802] if found == tag))
        };
        let tag = tags.find(is_802).ok_or(UnusableVlan::OtherTunnel)?;
        let mut groups = self.values(AttributeType::TUNNEL_PRIVATE_GROUP_ID);
        let group = groups.find_map(|value| match value {
            [found @ ..=MAX_TAG, group @ ..] => (*found == tag).then_some(group),
            group => (tag == 0).then_some(group),
        });
        let text = group.and_then(|group| core::str::from_utf8(group).ok());
        text.and_then(Vlan::parse).map(Some).ok_or(UnusableVlan::NoSuchVlan)
    }
}

/// Why a peer cannot be put where the server wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableVlan {
    /// A VLAN that is neither a number of 1 to 4094 nor a name.
    #[error("the authentication server names no VLAN that there can be: 1 to 4094, or a name")]
    NoSuchVlan,
    /// Tunnels, but none that is a VLAN: Tunnel-Type 13 and Tunnel-Medium-Type 6.
    #[error("the authentication server asks for a tunnel that is no VLAN")]
    OtherTunnel,
}

impl RadiusPacket<'_> {
    /// Whether a request asks for the Session-Id (RFC 4072 §4.1.4: one octet of zero in RADIUS).
    #[must_use]
    pub fn asks_eap_key_name(&self) -> bool {
        self.values(AttributeType::EAP_KEY_NAME).any(|name| matches!(name, [] | [0]))
    }
}

/// Tunnel-Type, Tunnel-Medium-Type and Tunnel-Private-Group-ID of a VLAN. The only tunnel has the tag
/// 0 (RFC 3580 §3.31).
pub(super) fn vlan_attributes(vlan: &Vlan) -> [(AttributeType, Vec<u8>); 3] {
    let group = match vlan {
        Vlan::Id(id) => id.to_string(),
        Vlan::Name(name) => name.clone(),
    };
    [
        (AttributeType::TUNNEL_TYPE, vec![0, 0, 0, VLAN]),
        (AttributeType::TUNNEL_MEDIUM_TYPE, vec![0, 0, 0, IEEE_802]),
        (AttributeType::TUNNEL_PRIVATE_GROUP_ID, [&[0], group.as_bytes()].concat()),
    ]
}

/// The largest tag (RFC 2868 §3.1).
const MAX_TAG: u8 = 0x1f;

/// Tunnel-Type VLAN (RFC 3580 §3.31).
const VLAN: u8 = 13;

/// Tunnel-Medium-Type 802 (RFC 2868 §3.2).
const IEEE_802: u8 = 6;

/// The largest VLAN-Id (RFC 3580 §3.31).
const MAX_ID: u16 = 4094;

/// What fits the attribute behind the tag.
const MAX_NAME_LEN: usize = 252;
