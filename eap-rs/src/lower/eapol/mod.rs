//! EAP over LANs (IEEE 802.1X-2004): frames, and the supplicant's side of a port.
//!
//! The host owns the socket: it hands in whole Ethernet frames and sends those that come out.
//! [`Supplicant`] is a [`Peer`](crate::Peer) with the port access machine around it and the same
//! verbs; [`logoff_frame`] is what a phone sends for a PC that has been unplugged from it.
//! [`PortAuthenticator`] is the other end of the cable: a port of a switch, with a
//! [`FullAuthenticator`](crate::FullAuthenticator) inside.

mod frame;
mod mac;
mod port;
mod supplicant;

pub use frame::{
    ETHERTYPE, EapolVersion, EthernetFrame, GROUP_ADDRESS, Pdu, PduType, logoff_frame,
};
pub use mac::{MacAddress, MacFormat, MacSeparator};
pub use port::{
    MacBypass, PortAuthenticator, PortAuthenticatorConfig, PortAuthenticatorConfigBuilder,
    PortControl, PortState, SessionLimit,
};
pub use supplicant::{
    Destination, PaeState, PortStatus, Supplicant, SupplicantConfig, SupplicantConfigBuilder,
};
