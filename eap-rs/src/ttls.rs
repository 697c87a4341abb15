//! EAP-TTLS (RFC 5281): what happens inside the tunnel.

pub use crate::methods::ttls::{
    TtlsPeerConfig, TtlsPeerConfigBuilder, TtlsServerConfig, TtlsServerConfigBuilder,
};
