//! EAP-FAST (RFC 4851, RFC 5422): the Protected Access Credentials that open its tunnel.

pub use crate::methods::fast::{
    FastPeerConfig, FastPeerConfigBuilder, FastServerConfig, FastServerConfigBuilder, GtcForm, Pac,
    PacFile, PacFileError, PacFileProblem, PacKeys, PacStore, PacType, Provisioning,
};
