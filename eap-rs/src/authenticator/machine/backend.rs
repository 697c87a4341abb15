//! What only the backend authenticator has (RFC 4137 §6, appendix A.3): a conversation that begins
//! with a Response.
//!
//! # Departures
//!
//! - PICK_UP_METHOD takes the identity, and methods that everybody is offered: where the host is
//!   asked for a policy, it is asked about an identity. A Response that the method cannot go on with
//!   begins the conversation from scratch.
//! - INITIALIZE drops what is no Response, or a Response that INTEGRITY_CHECK or NAK would drop, and
//!   the machine stays as it was. The RFC goes to METHOD_RESPONSE and NAK unchecked.

use super::{Authenticator, Current, Resume};
use crate::method::ServerStep;
use crate::methods::basic;
use crate::packet::{Body, Nak};
use crate::{Discard, Event, Instant, MethodType, Packet, Received};

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
        if body.method == MethodType::IDENTITY {
            self.current = Current::Identity;
            return self.method_response(body, now);
        }
        match self.init_pick_up(body, now) {
            Some(()) => self.method_response(body, now),
            None => {
                self.current = Current::None;
                self.select_action(now);
            }
        }
    }

    /// Policy.doPickUp and m.initPickUp: a method that everybody is offered, and that can go on with
    /// this Response.
    fn init_pick_up(&mut self, body: &Body<'_>, now: Instant) -> Option<()> {
        let offer = self.config.offer.as_ref().filter(|offer| offer.notification.is_none())?;
        let method = body.method;
        let start = self.config.methods.get(method).filter(|_| offer.methods.contains(&method))?;
        let instance = Some(start()).filter(|instance| instance.can_be_picked_up())?;
        self.current = Current::Method { method, instance, proposed: false };
        let step = self.run_method(Resume::MethodRequest, now, |method, cx, request| {
            method.start(cx, request)
        });
        let Current::Method { instance, .. } = &self.current else { return None };
        let goes_on = matches!(step, ServerStep::Request) && instance.check(body.data).is_ok();
        goes_on.then(|| self.outputs.event(Event::MethodStarted(method)))
    }
}
