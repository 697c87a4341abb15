//! What holds for the peer whatever comes in, in whatever order.

use std::sync::Arc;

use proptest::prelude::*;

use crate::testing::random::{Obedient, Rules, check};
use crate::testing::{SCRIPTED_FACTS, rng};
use crate::{MethodType, Peer, PeerConfig};

#[test]
fn no_sequence_of_inputs_breaks_a_rule() {
    let rules = Rules {
        is_asking: Peer::is_asking,
        wrap: <[u8]>::to_vec,
        unwrap: |packet| packet,
        receives: 1,
        one_conversation: true,
        has_aaa: false,
    };
    let configurations = (any::<bool>(), any::<bool>(), any::<bool>(), 1..40_u16);
    check(&rules, configurations, |(identity, password, lenient, max_rounds)| {
        let mut config = PeerConfig::builder()
            .custom_method(SCRIPTED_FACTS, || Box::new(Obedient::default()))
            .method(MethodType::MD5)
            .method(MethodType::GTC)
            .max_rounds(max_rounds);
        if identity {
            config = config.identity("user");
        }
        if password {
            config = config.password("secret");
        }
        if lenient {
            config = config.accept_next_identifier();
        }
        Peer::new(Arc::new(config.build().unwrap()), rng())
    });
}
