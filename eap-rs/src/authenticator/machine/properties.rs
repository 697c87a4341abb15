//! What holds for the authenticator whatever comes in, in whatever order.

use std::sync::Arc;

use proptest::prelude::*;

use crate::testing::random::{Obedient, Rules, check};
use crate::testing::{SCRIPTED_FACTS, rng};
use crate::{Authenticator, AuthenticatorConfig, Instant, MethodType};

#[test]
fn no_sequence_of_inputs_breaks_a_rule() {
    let rules = Rules {
        is_asking: Authenticator::is_asking,
        wrap: <[u8]>::to_vec,
        unwrap: |packet| packet,
        receives: 2,
        one_conversation: true,
    };
    let configurations = (any::<bool>(), any::<bool>(), any::<bool>(), 1..40_u16);
    check(&rules, configurations, |(start, policy, notification, max_rounds)| {
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
        let mut session = Authenticator::new(Arc::new(config.build().unwrap()), rng());
        if start {
            session.start(Instant::from_millis(0));
        }
        session
    });
}
