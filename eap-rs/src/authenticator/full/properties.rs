//! What holds for the full authenticator whatever comes in, in whatever order.

use std::sync::Arc;

use proptest::prelude::*;

use crate::testing::random::{Obedient, Rules, check};
use crate::testing::{SCRIPTED_FACTS, rng};
use crate::{AuthenticatorConfig, FullAuthenticator, Instant, MethodType};

#[test]
fn no_sequence_of_inputs_breaks_a_rule() {
    let rules = Rules {
        is_asking: FullAuthenticator::is_asking,
        wrap: <[u8]>::to_vec,
        unwrap: |packet| packet,
        receives: 2,
        one_conversation: true,
        has_aaa: true,
    };
    let flags = any::<(bool, bool, bool, bool, bool)>();
    check(&rules, (flags, 1..40_u16), |(flags, max_rounds)| {
        let (start, policy, own_methods, identity, notification) = flags;
        let mut config = AuthenticatorConfig::builder().pass_through().max_rounds(max_rounds);
        if own_methods {
            config = config
                .custom_method(SCRIPTED_FACTS, || Box::new(Obedient::default()))
                .method(MethodType::MD5);
        }
        if policy {
            config = config.ask_policy();
        }
        if notification {
            config = config.notification("Welcome");
        }
        if identity && !policy && !own_methods && !notification {
            config = config.pass_identity_through();
        }
        let mut session = FullAuthenticator::new(Arc::new(config.build().unwrap()), rng());
        if start {
            session.start(Instant::from_millis(0));
        }
        session
    });
}
