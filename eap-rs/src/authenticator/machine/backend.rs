//! What only the backend authenticator has (RFC 4137 §6, appendix A.3): a conversation that begins
//! with a Response.
//!
//! # Departure
//!
//! INITIALIZE drops what is no Response, or a Response that INTEGRITY_CHECK or NAK would drop, and
//! the machine stays as it was. The RFC goes to METHOD_RESPONSE and NAK unchecked.

use super::{Authenticator, Current};
use crate::methods::basic;
use crate::packet::{Body, Nak};
use crate::{Discard, Instant, MethodType, Packet, Received};

impl Authenticator {
    /// INITIALIZE with rxResp.
    pub(crate) fn initialize_with_response(
        &mut self,
        packet: Packet<'_>,
        now: Instant,
    ) -> Received {
        let Packet::Response(body) = packet else {
            return Received::Discarded(Discard::UnexpectedCode(packet.code()));
        };
        if self.outputs.has_backlog() {
            return Received::Discarded(Discard::Backlog);
        }
        let nak = match body.method {
            MethodType::NAK => Nak::parse(&body).map(Some),
            MethodType::IDENTITY => basic::identity(body.data).map(|_| None),
            _ => Ok(None),
        };
        let nak = match nak {
            Ok(nak) => nak,
            Err(reason) => return Received::Discarded(reason),
        };
        self.withdraw();
        self.forget();
        self.current_id = Some(body.identifier);
        self.next_id = body.identifier.next();
        match nak {
            Some(nak) => {
                // NAK. Which method the peer refuses only the NAS knows; what it accepts, it says.
                self.policy.refused(MethodType::NONE, &nak);
                self.select_action(now);
            }
            None => self.pick_up_method(&body, now),
        }
        Received::Accepted
    }

    /// PICK_UP_METHOD.
    fn pick_up_method(&mut self, body: &Body<'_>, now: Instant) {
        // Policy.doPickUp: the NAS may have asked for the identity and for nothing else.
        if body.method == MethodType::IDENTITY {
            self.current = Current::Identity;
            self.method_response(body, now);
        } else {
            self.select_action(now);
        }
    }
}
