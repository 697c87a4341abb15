//! A method of either side that does what a script says.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::keys;
use crate::method::{
    PeerContext, PeerMethod, PeerStep, Progress, ServerContext, ServerMethod, ServerStep,
};
use crate::{Answer, Discard, Failure, Keys, PacketBuffer};

/// What the method returns from one call, and exports from then on.
pub(crate) struct Step<S> {
    step: S,
    exports: Option<Keys>,
}

impl<S> Step<S> {
    pub(crate) fn with_keys(mut self) -> Self {
        self.exports = Some(keys());
        self
    }
}

impl Step<PeerStep> {
    pub(crate) fn reply(progress: Progress) -> Self {
        PeerStep::Reply(progress).into()
    }
}

impl<S> From<S> for Step<S> {
    fn from(step: S) -> Self {
        Self { step, exports: None }
    }
}

/// The steps to come, shared by all instances of the method.
pub(crate) struct Script<S>(Arc<Mutex<VecDeque<Step<S>>>>);

impl<S> Script<S> {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step<S>>) -> Self {
        Self(Arc::new(Mutex::new(steps.into_iter().collect())))
    }

    /// The method, as it begins.
    pub(crate) fn start(&self) -> Scripted<S> {
        Scripted {
            script: Self(self.0.clone()),
            exports: None,
            timeout: None,
            picked_up: false,
            rejection: None,
        }
    }
}

/// Takes one step from the script for each call. What it writes is the Identifier it is told, then
/// the Type-Data it was given, or the name of the call that had none.
pub(crate) struct Scripted<S> {
    script: Script<S>,
    exports: Option<Keys>,
    timeout: Option<Duration>,
    picked_up: bool,
    rejection: Option<Failure>,
}

impl<S> Scripted<S> {
    /// A NAS may have sent its first Request.
    pub(crate) fn that_can_be_picked_up(mut self) -> Self {
        self.picked_up = true;
        self
    }

    /// Has decided from the start to refuse the peer, for this.
    pub(crate) fn that_rejects(mut self, failure: Failure) -> Self {
        self.rejection = Some(failure);
        self
    }

    /// Gives the authenticator's timer a hint.
    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn next(&mut self, id: u8, data: &[u8], out: &mut PacketBuffer) -> S {
        out.push(id);
        out.extend(data);
        let next = self.script.0.lock().unwrap().pop_front();
        let Step { step, exports } = next.expect("the script has a step for each call");
        self.exports = exports;
        step
    }
}

impl PeerMethod for Scripted<PeerStep> {
    fn handle_request(
        &mut self,
        data: &[u8],
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        self.next(cx.identifier.0, data, reply)
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        cx: &mut PeerContext<'_>,
        reply: &mut PacketBuffer,
    ) -> PeerStep {
        self.next(cx.identifier.0, b"answered", reply)
    }

    fn keys(&mut self) -> Option<Keys> {
        self.exports.take()
    }
}

/// What m.check refuses.
pub(crate) const BAD: &[u8] = b"bad";

/// Why.
pub(crate) const BAD_REASON: Discard = Discard::Method("the script says so");

impl ServerMethod for Scripted<ServerStep> {
    fn start(&mut self, cx: &mut ServerContext<'_>, request: &mut PacketBuffer) -> ServerStep {
        self.next(cx.identifier.0, b"start", request)
    }

    fn check(&self, data: &[u8]) -> Result<(), Discard> {
        if data == BAD { Err(BAD_REASON) } else { Ok(()) }
    }

    fn handle_response(
        &mut self,
        data: &[u8],
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        self.next(cx.identifier.0, data, request)
    }

    fn handle_answer(
        &mut self,
        _: Answer,
        cx: &mut ServerContext<'_>,
        request: &mut PacketBuffer,
    ) -> ServerStep {
        self.next(cx.identifier.0, b"answered", request)
    }

    fn can_be_picked_up(&self) -> bool {
        self.picked_up
    }

    fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    fn rejection(&self) -> Option<Failure> {
        self.rejection.clone()
    }

    fn keys(&mut self) -> Option<Keys> {
        self.exports.take()
    }
}
