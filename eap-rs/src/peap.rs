//! PEAP (\[MS-PEAP\]): its tunnel, and what happens inside.

pub use crate::methods::peap::{
    CryptoBinding, PeapPeerConfig, PeapPeerConfigBuilder, PeapServerConfig, PeapServerConfigBuilder,
};
