//! What holds for the authenticator whatever comes in, in whatever order.

use std::sync::Arc;

use proptest::prelude::*;

use crate::testing::random::{Obedient, Rules, check};
use crate::testing::{IDENTITY, SCRIPTED_FACTS, response, rng};
use crate::{Authenticator, AuthenticatorConfig, Instant, MethodType, Received};

#[test]
fn no_sequence_of_inputs_breaks_a_rule() {
    let rules = Rules {
        is_asking: Authenticator::is_asking,
        wrap: <[u8]>::to_vec,
        unwrap: |packet| packet,
        receives: 2,
        one_conversation: true,
        has_aaa: false,
    };
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let configurations = (flags, 1..40_u16);
    check(&rules, configurations, |(flags, max_rounds)| {
        let (start, policy, notification, backend) = flags;
        let mut config = AuthenticatorConfig::builder()
            .custom_method(SCRIPTED_FACTS, || Box::new(Obedient::default()))
            .method(MethodType::GTC)
            .method(MethodType::MD5)
            .max_rounds(max_rounds);
        if policy {
            config = config.ask_policy();
        }
        if notification {
            config = config.notification("Welcome");
        }
        if backend {
            config = config.backend();
        }
        let mut session = Authenticator::new(Arc::new(config.build().unwrap()), rng());
        let now = Instant::from_millis(0);
        match (start, backend) {
            (true, true) => {
                let fate = session.pick_up(&response(7, IDENTITY, b"user"), now);
                assert_eq!(fate, Received::Accepted);
            }
            (true, false) => session.start(now),
            (false, _) => {}
        }
        session
    });
}
