//! EAP-FAST (RFC 4851, RFC 5422): the Protected Access Credentials that open its tunnel.

pub use crate::methods::fast::{
    GtcForm, Pac, PacFileError, PacFileProblem, PacKeys, PacStore, PacType, Provisioning,
};
