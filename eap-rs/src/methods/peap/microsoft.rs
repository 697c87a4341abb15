//! Two methods of Microsoft's that a Windows server may run beside the real one (\[MS-PEAP\]
//! §2.2.8.2, §2.2.8.3).

use super::framing::compress;
use crate::packet::Body;
use crate::{MethodType, Packet};

const CAPABILITIES: MethodType = MethodType::vendor(311, 0x22);
const STATEMENT_OF_HEALTH: MethodType = MethodType::vendor(311, 0x21);

/// "I can put fragments together in phase 2".
const CAN_REASSEMBLE: [u8; 4] = [0, 0, 0, 1];

/// What a peer that wants to run `method` says to a Request that is one of the two, in the form in
/// which its Request came: whole or `compressed`.
pub(super) fn answer(
    request: &[u8],
    compressed: bool,
    method: Option<MethodType>,
) -> Option<Vec<u8>> {
    let Ok(Packet::Request(Body { identifier, method: wanted, .. })) = Packet::parse(request)
    else {
        return None;
    };
    let body = match wanted {
        CAPABILITIES => [&CAPABILITIES.expanded()[..], &CAN_REASSEMBLE].concat(),
        // There is no health to state any more: Network Access Protection is gone.
        STATEMENT_OF_HEALTH => vec![3, method?.legacy()?],
        _ => return None,
    };
    let [_, len] = u16::try_from(body.len()).unwrap_or_default().saturating_add(4).to_be_bytes();
    let packet = [&[2, identifier.0, 0, len][..], &body].concat();
    let is_nak = wanted == STATEMENT_OF_HEALTH;
    Some(if compressed || is_nak { compress(&packet).to_vec() } else { packet })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MSCHAPV2: Option<MethodType> = Some(MethodType::MSCHAPV2);

    #[test]
    fn capabilities_are_answered_in_their_own_form() {
        let request = [1, 5, 0, 16, 254, 0, 1, 0x37, 0, 0, 0, 0x22, 0, 0, 0, 1];
        let mut response = request;
        response[0] = 2;
        assert_eq!(answer(&request, false, MSCHAPV2).unwrap(), response);
        assert_eq!(answer(&request, true, MSCHAPV2).unwrap(), response[4..]);
    }

    #[test]
    fn a_statement_of_health_is_refused_in_favour_of_the_method() {
        let request = [&[1, 5, 0, 24, 254, 0, 1, 0x37, 0, 0, 0, 0x21][..], &[0; 12]].concat();
        for compressed in [false, true] {
            assert_eq!(answer(&request, compressed, MSCHAPV2).unwrap(), [3, 26]);
        }
    }

    #[test]
    fn everything_else_is_left_alone() {
        for request in
            [&[1, 5, 0, 5, 1][..], &[2, 5, 0, 5, 1], &[1, 5, 0, 6, 4, 1], &[], &[1, 5, 0, 4]]
        {
            assert_eq!(answer(request, true, MSCHAPV2), None);
        }
    }
}
