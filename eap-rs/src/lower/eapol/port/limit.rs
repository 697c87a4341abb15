//! How long a session may last (RFC 3580 §3.17, §3.19).

use core::time::Duration;

use crate::radius::{AttributeType, Attributes, RadiusDiscard, TerminationAction};

/// What an AAA server says about the end of a session that it grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionLimit {
    /// The station has to log in again (Termination-Action RADIUS-Request); the port stays open
    /// meanwhile.
    Reauthenticate(Duration),
    /// The port is closed (Termination-Action Default, or none).
    Terminate(Duration),
}

impl SessionLimit {
    /// The limit in an Access-Accept; `None` if it has none.
    ///
    /// # Errors
    /// [`RadiusDiscard::MalformedAttribute`] for an attribute that is no number, or is there
    /// twice: the packet is to be treated as an Access-Reject (RFC 2865 §5).
    pub fn from_radius(accept: Attributes<'_>) -> Result<Option<Self>, RadiusDiscard> {
        for kind in [AttributeType::SESSION_TIMEOUT, AttributeType::TERMINATION_ACTION] {
            let mut values = accept.clone().values(kind);
            let first_is_number = values.next().is_none_or(|value| value.len() == 4);
            if !first_is_number || values.next().is_some() {
                return Err(RadiusDiscard::MalformedAttribute);
            }
        }
        let Some(seconds) = accept.clone().session_timeout() else { return Ok(None) };
        let time = Duration::from_secs(seconds.into());
        Ok(Some(match accept.termination_action() {
            TerminationAction::RadiusRequest => Self::Reauthenticate(time),
            TerminationAction::Default => Self::Terminate(time),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radius::{RadiusBuilder, RadiusCode, RadiusPacket, SharedSecret};

    /// What an Access-Accept with these attributes says.
    fn read(attributes: &[(u8, &[u8])]) -> Result<Option<SessionLimit>, RadiusDiscard> {
        let secret = SharedSecret::new("secret").unwrap();
        let request = RadiusBuilder::request(1, [0; 16]).build(&secret).unwrap();
        let request = RadiusPacket::parse(&request).unwrap();
        let mut accept = RadiusBuilder::response(RadiusCode::ACCESS_ACCEPT, &request);
        for (kind, value) in attributes {
            accept = accept.attribute(AttributeType(*kind), value);
        }
        let accept = accept.build(&secret).unwrap();
        SessionLimit::from_radius(RadiusPacket::parse(&accept).unwrap().attributes())
    }

    #[test]
    fn termination_action_says_what_session_timeout_means() {
        let ten = Duration::from_secs(10);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[(29, &[0, 0, 0, 1])]), Ok(None));
        assert_eq!(read(&[(27, &[0, 0, 0, 10])]), Ok(Some(SessionLimit::Terminate(ten))));
        let default = [(27, &[0, 0, 0, 10][..]), (29, &[0, 0, 0, 0])];
        assert_eq!(read(&default), Ok(Some(SessionLimit::Terminate(ten))));
        let request = [(29, &[0, 0, 0, 1][..]), (27, &[0, 0, 0, 10])];
        assert_eq!(read(&request), Ok(Some(SessionLimit::Reauthenticate(ten))));
    }

    #[test]
    fn an_attribute_that_is_no_number_is_an_error() {
        let malformed = Err(RadiusDiscard::MalformedAttribute);
        assert_eq!(read(&[(27, &[0, 0, 10])]), malformed);
        assert_eq!(read(&[(27, &[0, 0, 0, 10]), (29, &[])]), malformed);
        assert_eq!(read(&[(27, &[0, 0, 0, 10]), (27, &[0, 0, 0, 20])]), malformed);
    }
}
