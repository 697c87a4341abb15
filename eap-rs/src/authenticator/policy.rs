//! What comes next in a conversation (Policy of RFC 4137 §5.4).

use crate::packet::Nak;
use crate::{Failure, Identity, MethodType, Offer};

/// Policy.getDecision and Policy.getNextMethod in one.
#[derive(Debug)]
pub(super) enum Decision {
    Success,
    Failure(Failure),
    /// PASSTHROUGH (RFC 4137 §7.3.1).
    PassThrough,
    Propose(Proposal),
}

/// What to propose.
#[derive(Debug)]
pub(super) enum Proposal {
    Identity,
    /// Ask the host which methods to offer.
    AskPolicy,
    Notification(String),
    Method(MethodType),
}

/// What is known of this peer so far.
#[derive(Debug, Default)]
pub(super) struct Policy {
    identity: Option<Identity>,
    offer: Option<Offer>,
    refused_methods: bool,
    result: Option<Result<(), Failure>>,
}

impl Policy {
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    pub(super) fn identified(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }

    pub(super) fn offered(&mut self, offer: Offer) {
        self.offer = Some(offer);
    }

    /// The peer refused the method proposed: what it would accept is all that remains.
    pub(super) fn refused(&mut self, method: MethodType, nak: &Nak<'_>) {
        self.refused_methods = true;
        if let Some(offer) = &mut self.offer {
            offer.methods.retain(|candidate| {
                *candidate != method
                    && (nak.proposed().any(|proposed| proposed == *candidate)
                        || (nak.wants_expanded() && candidate.legacy().is_none()))
            });
        }
    }

    /// RFC 3748 §2.1: one authentication method decides the conversation.
    pub(super) fn concluded(&mut self, result: Result<(), Failure>) {
        self.result = Some(result);
    }

    /// Takes the notification out, so that it is proposed once.
    pub(super) fn decide(&mut self) -> Decision {
        match (self.result.take(), &self.identity, &mut self.offer) {
            (Some(Ok(())), ..) => Decision::Success,
            (Some(Err(failure)), ..) => Decision::Failure(failure),
            (None, None, _) => Decision::Propose(Proposal::Identity),
            (None, Some(_), None) => Decision::Propose(Proposal::AskPolicy),
            (None, Some(_), Some(offer)) => {
                if let Some(message) = offer.notification.take() {
                    return Decision::Propose(Proposal::Notification(message));
                }
                match offer.methods.first() {
                    Some(method) => Decision::Propose(Proposal::Method(*method)),
                    None if offer.pass_through => Decision::PassThrough,
                    None if self.refused_methods => Decision::Failure(Failure::NoCommonMethod),
                    None => Decision::Failure(Failure::PolicyRefused),
                }
            }
        }
    }
}
