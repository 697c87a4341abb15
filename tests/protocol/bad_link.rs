//! A thousand conversations each over a link that loses, repeats, reorders and delays. What has to
//! come of each follows from what the link delivered.

use core::time::Duration;

use eap_rs::{Failure, MethodType, Outcome};
use eap_tests::answers::User;
use eap_tests::link::{Delivery, Direction, Link, Quality};
use eap_tests::pair::{Finish, Pair};
use eap_tests::seeds;

use crate::{peer, server};

/// Longer than the authenticator ever takes: the peer's own time-out comes last.
const CLIENT_TIMEOUT: u64 = 600_000;

/// Of [`eap_rs::Retransmission::default`].
const TRANSMISSIONS: usize = 6;

#[test]
fn md5_ends_as_the_link_lets_it() {
    a_thousand_seeds(MethodType::MD5, 0);
}

#[test]
fn gtc_ends_as_the_link_lets_it() {
    a_thousand_seeds(MethodType::GTC, 0);
}

#[test]
fn gtc_with_a_slow_human_prompts_once_and_ends_as_the_link_lets_it() {
    a_thousand_seeds(MethodType::GTC, User::SLOW);
}

/// How often each end came about.
#[derive(Debug, Default)]
struct Tally {
    both_succeeded: u32,
    both_failed: u32,
    unanswered: u32,
    result_lost: u32,
}

fn a_thousand_seeds(method: MethodType, delay: u64) {
    let mut tally = Tally::default();
    seeds::for_each(0..1_000, |seed| {
        // Every fourth user does not know the password.
        let knows = !seed.is_multiple_of(4);
        let password = if knows { User::default().password } else { "looking glass" };
        let config = peer(method).client_timeout(Duration::from_millis(CLIENT_TIMEOUT));
        let pair = Pair::new(seed, &config, &server(method))
            .over(Link::symmetric(seed, Quality::BAD))
            .with_user(User { password, delay, ..User::default() })
            .drive();
        Oracle::new(&pair, delay, knows).check(method, &mut tally);
    });
    // The link was bad enough to see everything.
    let Tally { both_succeeded, both_failed, unanswered, result_lost } = tally;
    assert!(both_succeeded > 400 && both_failed > 100, "{tally:?}");
    assert!(unanswered > 10 && result_lost > 100, "{tally:?}");
}

/// What had to happen, from what the link delivered until each side was done.
struct Oracle<'a> {
    pair: &'a Pair,
    delay: u64,
    knows: bool,
    identity_id: u8,
    method_id: u8,
    to_peer: Vec<&'a Delivery>,
    to_authenticator: Vec<&'a Delivery>,
}

impl<'a> Oracle<'a> {
    fn new(pair: &'a Pair, delay: u64, knows: bool) -> Self {
        let until = |finish: &Option<Finish>, direction| {
            let deliveries = finish.as_ref().expect("every conversation ends").deliveries;
            let delivered = pair.link.delivered()[..deliveries].iter();
            delivered.filter(|delivery| delivery.direction == direction).collect()
        };
        let identity_id = pair.authenticator.sent[0].1[1];
        Self {
            pair,
            delay,
            knows,
            identity_id,
            method_id: identity_id.wrapping_add(1),
            to_peer: until(&pair.peer.finish, Direction::ToPeer),
            to_authenticator: until(&pair.authenticator.finish, Direction::ToAuthenticator),
        }
    }

    fn check(&self, method: MethodType, tally: &mut Tally) {
        self.check_authenticator();
        self.check_peer(method);
        self.check_questions(method);
        match (self.pair.peer.result(), self.pair.authenticator.result()) {
            (Ok(_), Ok(_)) => tally.both_succeeded += 1,
            (Err(Failure::Rejected { .. }), Err(_)) => tally.both_failed += 1,
            (Err(Failure::NoRequest), Err(Failure::NoResponse)) => tally.unanswered += 1,
            (Err(Failure::NoRequest), Ok(_) | Err(Failure::BadCredentials)) => {
                tally.result_lost += 1;
            }
            ends => panic!("the two sides contradict each other: {ends:?}"),
        }
    }

    /// The authenticator gives up if and only if no Response to one of its Requests arrived.
    fn check_authenticator(&self) {
        let side = &self.pair.authenticator;
        let expected = match (self.answered(self.method_id), self.knows) {
            (true, true) => Ok(()),
            (true, false) => Err(&Failure::BadCredentials),
            (false, _) => Err(&Failure::NoResponse),
        };
        assert_eq!(side.result().as_ref().map(|_: &Outcome| ()), expected);
        let outstanding = match self.answered(self.identity_id) {
            true => self.method_id,
            false => self.identity_id,
        };
        for id in [self.identity_id, self.method_id] {
            let times: Vec<u64> = self.requests_sent(id).collect();
            match self.answered(id) {
                true => assert!((1..=TRANSMISSIONS).contains(&times.len())),
                false if id == outstanding => assert_eq!(times.len(), TRANSMISSIONS),
                false => assert!(times.is_empty()),
            }
        }
        // RFC 3748 §4.3: nothing is known of the network while the first Request is outstanding.
        let identity: Vec<u64> = self.requests_sent(self.identity_id).collect();
        for (wait, seconds) in
            identity.windows(2).map(|pair| pair[1] - pair[0]).zip([1, 2, 4, 8, 16])
        {
            assert!((seconds * 1000 - 100..=seconds * 1000 + 101).contains(&wait), "{wait} ms");
        }
        let results = usize::from(self.answered(self.method_id));
        let requests = self.requests_sent(self.identity_id).count()
            + self.requests_sent(self.method_id).count();
        assert_eq!(side.sent.len(), requests + results);
    }

    /// The peer ends with the result if it arrived, and ClientTimeout after its last Response if
    /// not.
    fn check_peer(&self, method: MethodType) {
        let side = &self.pair.peer;
        let last_sent = side.sent.last().map_or(0, |(at, _)| *at);
        let result = self.to_peer.iter().find(|delivery| delivery.packet[0] > 2);
        let expected = match result.map(|delivery| delivery.packet[0]) {
            Some(3) => Ok(()),
            Some(_) => Err(&Failure::Rejected { method }),
            None => Err(&Failure::NoRequest),
        };
        assert_eq!(side.result().as_ref().map(|_: &Outcome| ()), expected);
        let end = result.map_or(last_sent + CLIENT_TIMEOUT, |delivery| delivery.at);
        assert_eq!(side.finish.as_ref().map(|finish| finish.at), Some(end));
        assert_eq!(side.sent.len(), self.responses_due());
    }

    /// RFC 3748 §4.1: one Response to each Request that arrives, but while a person is typing.
    fn responses_due(&self) -> usize {
        let arrivals = |id| {
            let is_request = move |delivery: &&&Delivery| delivery.packet[..2] == [1, id];
            self.to_peer.iter().filter(is_request).map(|delivery| delivery.at)
        };
        let position =
            |id| self.to_peer.iter().position(|delivery| delivery.packet[..2] == [1, id]);
        let Some(method_begins) = position(self.method_id) else {
            return arrivals(self.identity_id).count();
        };
        let identity = self.to_peer[..method_begins].iter();
        let identity = identity.filter(|delivery| delivery.packet[1] == self.identity_id).count();
        let typed = arrivals(self.method_id).next().unwrap() + self.delay;
        let asks = self.pair.peer.asked.len();
        let repeated = match asks {
            0 => 0,
            // Ties: what arrives in the millisecond of the answer arrives before it.
            _ => arrivals(self.method_id).filter(|at| *at > typed).count(),
        };
        identity + 1 + repeated
    }

    /// One prompt if the method's Request arrived, and one look-up if its Response did.
    fn check_questions(&self, method: MethodType) {
        let (prompt, look_up) = match method {
            MethodType::MD5 => ("password", "credential"),
            _ => ("token", "check password"),
        };
        let Pair { peer, authenticator, .. } = self.pair;
        let prompted = self.to_peer.iter().any(|d| d.packet[..2] == [1, self.method_id]);
        let prompts = vec![prompt; usize::from(prompted)];
        let look_ups = vec![look_up; usize::from(self.answered(self.method_id))];
        assert_eq!((&peer.asked, &authenticator.asked), (&prompts, &look_ups));
        assert_eq!((peer.withdrawn, authenticator.withdrawn), (0, 0));
    }

    fn answered(&self, id: u8) -> bool {
        self.to_authenticator.iter().any(|delivery| delivery.packet[..2] == [2, id])
    }

    fn requests_sent(&self, id: u8) -> impl Iterator<Item = u64> {
        let sent = self.pair.authenticator.sent.iter();
        sent.filter(move |(_, packet)| packet[..2] == [1, id]).map(|(at, _)| *at)
    }
}
