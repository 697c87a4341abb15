//! When to send a Request again (RFC 3748 §4.3, RFC 6298).

use core::time::Duration;

use rand_core::Rng;

/// Bounds of the retransmission timer. The defaults are those RFC 3748 §4.3 recommends for a
/// single link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retransmission {
    /// RTOinitial: the wait before a round-trip time has been measured; 1 s.
    pub initial: Duration,
    /// RTOmin; 200 ms. Jitter is at most half of it, either way.
    pub min: Duration,
    /// RTOmax; 20 s.
    pub max: Duration,
    /// MaxRetrans: how often one Request is sent again before the peer is given up; 5.
    pub max_retransmissions: u8,
}

impl Default for Retransmission {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            min: Duration::from_millis(200),
            max: Duration::from_secs(20),
            max_retransmissions: 5,
        }
    }
}

/// eapSRTT and eapRTTVAR, once a round trip has been measured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RoundTrip {
    estimate: Option<Estimate>,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    srtt: Duration,
    rttvar: Duration,
}

impl RoundTrip {
    /// Takes a measurement (RFC 6298 §2.2, §2.3). The caller applies Karn's algorithm: nothing is
    /// measured on a Request that was sent twice.
    pub(super) fn measured(&mut self, sample: Duration) {
        self.estimate = Some(match self.estimate {
            None => Estimate { srtt: sample, rttvar: sample / 2 },
            Some(Estimate { srtt, rttvar }) => Estimate {
                rttvar: (rttvar * 3 + srtt.abs_diff(sample)) / 4,
                srtt: (srtt * 7 + sample) / 8,
            },
        });
    }

    /// calculateTimeout of RFC 4137 §5.4: what a person needs, or what the network needs with
    /// back-off; then jitter (RFC 3748 §4.3 \[a\]).
    pub(super) fn timeout(
        &self,
        bounds: &Retransmission,
        retransmissions: u8,
        hint: Option<Duration>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Duration {
        let wait = match hint {
            Some(hint) => hint.max(bounds.min),
            None => {
                let backed_off = 1_u32.checked_shl(retransmissions.into()).unwrap_or(u32::MAX);
                self.rto(bounds).saturating_mul(backed_off).min(bounds.max)
            }
        };
        let half = bounds.min / 2;
        let jitter = bounds.min * (rng.next_u32() >> 16) / (1 << 16);
        wait.saturating_add(jitter).saturating_sub(half)
    }

    fn rto(&self, bounds: &Retransmission) -> Duration {
        match self.estimate {
            None => bounds.initial,
            Some(Estimate { srtt, rttvar }) => srtt + rttvar * 4,
        }
        .max(bounds.min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn without_jitter() -> Retransmission {
        Retransmission { min: Duration::ZERO, ..Retransmission::default() }
    }

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn timeout(rtt: &RoundTrip, count: u8) -> Duration {
        rtt.timeout(&without_jitter(), count, None, &mut StdRng::seed_from_u64(1))
    }

    #[test]
    fn rfc_6298_section_2() {
        let mut rtt = RoundTrip::default();
        assert_eq!(timeout(&rtt, 0), millis(1000));
        rtt.measured(millis(100));
        assert_eq!(timeout(&rtt, 0), millis(100 + 4 * 50));
        rtt.measured(millis(180));
        // RTTVAR = 3/4 * 50 + 1/4 * 80 = 57.5; SRTT = 7/8 * 100 + 1/8 * 180 = 110.
        assert_eq!(timeout(&rtt, 0), millis(110) + Duration::from_micros(57_500) * 4);
    }

    #[test]
    fn back_off_doubles_up_to_the_maximum() {
        let rtt = RoundTrip::default();
        let waits: Vec<u64> = (0..7).map(|n| timeout(&rtt, n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(timeout(&rtt, u8::MAX), millis(20_000));
    }

    #[test]
    fn a_persons_time_is_neither_estimated_nor_backed_off() {
        let mut rtt = RoundTrip::default();
        rtt.measured(millis(1));
        let wait = |count| {
            let rng = &mut StdRng::seed_from_u64(1);
            rtt.timeout(&without_jitter(), count, Some(millis(30_000)), rng)
        };
        assert_eq!((wait(0), wait(4)), (millis(30_000), millis(30_000)));
    }

    #[test]
    fn a_hint_is_neither_shorter_than_the_minimum_nor_does_it_overflow() {
        let wait = |hint| {
            let rng = &mut StdRng::seed_from_u64(1);
            RoundTrip::default().timeout(&Retransmission::default(), 0, Some(hint), rng)
        };
        assert!(wait(Duration::ZERO) >= millis(100));
        assert!(wait(Duration::MAX) >= Duration::MAX - millis(100));
    }

    #[test]
    fn jitter_stays_within_half_of_the_minimum_and_varies() {
        let bounds = Retransmission::default();
        let rng = &mut StdRng::seed_from_u64(7);
        let waits: Vec<Duration> =
            (0..500).map(|_| RoundTrip::default().timeout(&bounds, 0, None, rng)).collect();
        assert!(waits.iter().all(|wait| (millis(900)..=millis(1100)).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < millis(950)));
        assert!(waits.iter().any(|wait| *wait > millis(1050)));
    }
}
