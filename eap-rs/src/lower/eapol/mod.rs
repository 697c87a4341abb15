//! EAP over LANs (IEEE 802.1X-2004): frames, and the supplicant's side of a port.
//!
//! The host owns the socket: it hands in whole Ethernet frames and sends those that come out.
//! [`Supplicant`] is a [`Peer`](crate::Peer) with the port access machine around it and the same
//! verbs; [`logoff_frame`] is what a phone sends for a PC that has been unplugged from it.

mod frame;
mod supplicant;

pub use frame::{
    ETHERTYPE, EapolVersion, EthernetFrame, GROUP_ADDRESS, MacAddress, Pdu, PduType, logoff_frame,
};
pub use supplicant::{
    Destination, PaeState, PortStatus, Supplicant, SupplicantConfig, SupplicantConfigBuilder,
};
