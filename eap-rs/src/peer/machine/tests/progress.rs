//! The six pairs of methodState and decision (RFC 4137 §4.2), and what becomes of each.

use super::*;
use crate::method::{Verdict, Willingness};
use crate::testing::{failure, succeeded, success};
use crate::{Discard, Failure, MethodType, Received, Signal};
use Ending::{Fails, Goes, Keeps, Succeeds};

const TYPE: MethodType = MethodType::ietf(SCRIPTED);
const REASON: &str = "not our network";
const REJECTED: Failure = Failure::Rejected { method: TYPE };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Success,
    Failure,
    AltAccept,
    AltReject,
    Expiry,
    SameType,
}

const INPUTS: [Input; 6] = [
    Input::Success,
    Input::Failure,
    Input::AltAccept,
    Input::AltReject,
    Input::Expiry,
    Input::SameType,
];

/// What an input brings about.
#[derive(Clone, Debug)]
enum Ending {
    Succeeds,
    Fails(Failure),
    /// The packet is dropped, or the signal ignored.
    Keeps(Option<Discard>),
    /// The method gets the Request and replies.
    Goes,
}

/// In the order of [`INPUTS`].
fn table() -> [(Progress, [Ending; 6]); 5] {
    const NOT_YET: Ending = Keeps(Some(Discard::UnexpectedResult));
    const DONE: Ending = Keeps(Some(Discard::UnexpectedType(TYPE)));
    const REJECTS: Ending = Fails(REJECTED);
    const TOO_EARLY: Ending = Fails(Failure::SuccessTooEarly);
    const REFUSED: Ending = Fails(Failure::LowerLayer);
    const SILENCE: Ending = Fails(Failure::NoRequest);
    [
        (Progress::Continue, [NOT_YET, NOT_YET, Keeps(None), REFUSED, SILENCE, Goes]),
        (
            Progress::MayEnd(Willingness::Fail),
            [TOO_EARLY, REJECTS, TOO_EARLY, REFUSED, SILENCE, Goes],
        ),
        (
            Progress::MayEnd(Willingness::CondSucc),
            [Succeeds, REJECTS, Succeeds, REFUSED, SILENCE, Goes],
        ),
        (Progress::Done(Verdict::CondSucc), [Succeeds, REJECTS, Succeeds, REFUSED, SILENCE, DONE]),
        (
            Progress::Done(Verdict::UncondSucc),
            [Succeeds, NOT_YET, Succeeds, REFUSED, Succeeds, DONE],
        ),
    ]
}

fn give(peer: &mut Host<Peer>, input: Input) -> (Option<Received>, Vec<Seen>) {
    let packet = match input {
        Input::Success => success(1),
        Input::Failure => failure(1),
        Input::SameType => request(2, SCRIPTED, b"next"),
        Input::AltAccept => return (None, peer.signal(Signal::AltAccept)),
        Input::AltReject => return (None, peer.signal(Signal::AltReject)),
        Input::Expiry => return (None, peer.wait(CLIENT_TIMEOUT)),
    };
    let (fate, outputs) = peer.receive(&packet);
    (Some(fate), outputs)
}

fn check(progress: &Progress, with_keys: bool, input: Input, ending: Ending) {
    let case = format!("{input:?} after {progress:?}");
    let step = Step::reply(progress.clone());
    let step = if with_keys { step.with_keys() } else { step };
    let mut peer = peer_after_all([step, Step::reply(Progress::Continue)]);
    peer.sleep(10);
    let (fate, outputs) = give(&mut peer, input);
    let (expected_fate, expected, left) = match ending {
        Succeeds => (Received::Accepted, vec![succeeded(with_keys)], None),
        Fails(why) => (Received::Accepted, vec![Seen::Failed(why)], None),
        Goes => (Received::Accepted, vec![sent(reply(2, b"next"))], Some(CLIENT_TIMEOUT)),
        Keeps(reason) => (
            reason.map_or(Received::Accepted, Received::Discarded),
            Vec::new(),
            Some(CLIENT_TIMEOUT - 10),
        ),
    };
    assert_eq!(outputs, expected, "{case}");
    assert_eq!(peer.left(), left, "{case}");
    assert_eq!(fate.unwrap_or(expected_fate), expected_fate, "{case}");
}

#[test]
fn each_pair_treats_each_input_as_rfc_4137_has_it() {
    for (progress, endings) in table() {
        for (input, ending) in INPUTS.into_iter().zip(endings) {
            check(&progress, false, input, ending);
        }
    }
}

#[test]
fn an_outcome_has_keys_if_the_method_gave_them_and_never_otherwise() {
    for (progress, endings) in table() {
        for (input, ending) in INPUTS.into_iter().zip(endings) {
            for with_keys in [false, true] {
                check(&progress, with_keys, input, ending.clone());
            }
        }
    }
}

#[test]
fn done_with_fail_is_the_end_and_no_input_changes_it() {
    for input in INPUTS {
        let failed = Failure::MethodFailed { method: TYPE, reason: REASON };
        let step = Step::reply(Progress::Done(Verdict::Fail(failed.clone()))).with_keys();
        let mut peer = peer([step, Step::reply(Progress::Continue)]);
        assert_eq!(
            peer.accept(&request(1, SCRIPTED, b"")),
            [started(SCRIPTED), sent(reply(1, b"")), Seen::Failed(failed)]
        );
        let (fate, outputs) = give(&mut peer, input);
        assert_eq!(outputs, [], "{input:?}");
        assert!(fate.is_none_or(|fate| fate == Received::Discarded(Discard::Finished)));
        assert_eq!(peer.left(), None, "{input:?}");
    }
}

#[test]
fn keys_survive_the_rounds_that_follow_them() {
    let mut peer = peer_after_all([
        Step::reply(Progress::Continue).with_keys(),
        Step::reply(Progress::Done(Verdict::CondSucc)),
    ]);
    peer.accept(&request(2, SCRIPTED, b""));
    assert_eq!(peer.accept(&success(2)), [succeeded(true)]);
}
