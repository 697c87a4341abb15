//! EAP-FAST (RFC 4851, RFC 5422): the Protected Access Credentials that open its tunnel.

pub use crate::methods::fast::{Pac, PacFileError, PacFileProblem, PacKeys, PacStore, PacType};
