//! What FreeRADIUS's rlm_python3 passes and takes, as far as each packet of a login needs it.
//! `eap_rs.freeradius` does the rest: what is unusual, and how logins end.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use pyo3::{Borrowed, intern};

use crate::table::{Challenge, SessionTable};

/// Octets of one RADIUS attribute (RFC 2865 §5).
const MAX_STATE: usize = 253;

/// Attributes of a request: no RADIUS packet of 4096 octets has more with anything in them.
const MAX_VALUES: usize = 1024;

/// Its code for a request that needs no more.
const RLM_MODULE_HANDLED: u8 = 3;

type Handled<'py> = (Bound<'py, PyAny>, Bound<'py, PyBytes>, bool);

/// Has `table` handle the request whose attributes `p` are, as rlm_python3 passes them, if there
/// is nothing unusual about what EAP needs of them; `None` otherwise. Gives the reply, as
/// rlm_python3 takes it if it is a challenge, or the exception that came out of the table; and
/// EAP-Message, and whether there is an EAP-Key-Name. For `eap_rs.freeradius`.
#[pyfunction]
pub(crate) fn handle_vps<'py>(
    table: &Bound<'py, PyAny>,
    p: &Bound<'py, PyAny>,
    framed_mtu: Option<u32>,
) -> PyResult<Option<Handled<'py>>> {
    let py = p.py();
    let Some(usual) = request_list(p).as_ref().and_then(Usual::read) else { return Ok(None) };
    let framed_mtu = usual.framed_mtu.filter(|mtu| *mtu != 0).or(framed_mtu);
    let (state, eap_message) = (usual.state.as_deref(), &usual.eap_message);
    let reply = match table.cast::<SessionTable>() {
        Ok(table) => table.get().request(py, state, eap_message, framed_mtu, None),
        Err(_) => handle(table, state, eap_message, framed_mtu),
    };
    let reply = match reply {
        Ok(reply) => reply.into_bound(py),
        Err(raised) if raised.is_instance_of::<PyException>(py) => {
            raised.into_value(py).into_bound(py).into_any()
        }
        Err(raised) => return Err(raised),
    };
    let reply = match reply.cast::<Challenge>() {
        Ok(challenge) => challenge_update(challenge)?.into_any(),
        Err(_) => reply,
    };
    Ok(Some((reply, PyBytes::new(py, eap_message), usual.wants_key_name)))
}

/// What stands in for a table.
fn handle(
    table: &Bound<'_, PyAny>,
    state: Option<&[u8]>,
    eap_message: &[u8],
    framed_mtu: Option<u32>,
) -> PyResult<Py<PyAny>> {
    let py = table.py();
    let named = PyDict::new(py);
    named.set_item("framed_mtu", framed_mtu)?;
    let state = state.map(|state| PyBytes::new(py, state));
    let reply = table.call_method("handle", (state, PyBytes::new(py, eap_message)), Some(&named));
    reply.map(Bound::unbind)
}

/// The Access-Challenge, as FreeRADIUS's rlm_python3 takes it.
#[pyfunction]
pub(crate) fn challenge_update<'py>(
    challenge: &Bound<'py, Challenge>,
) -> PyResult<Bound<'py, PyTuple>> {
    static SIGNED: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
    static CONFIG: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
    let py = challenge.py();
    let Challenge { eap_message, state, method_timeout } = challenge.get();
    let set = intern!(py, ":=");
    let mut reply = Vec::with_capacity(4);
    if !eap_message.is_empty() {
        let name = intern!(py, "EAP-Message");
        reply.push((name, set, hexadecimal(py, eap_message)).into_pyobject(py)?);
        // Servers before 3.2.5 compute one only where there is one (RFC 3579 §3.2).
        let signed = SIGNED.get_or_try_init(py, || {
            let signed = ("Message-Authenticator", ":=", "0x00").into_pyobject(py);
            signed.map(Bound::unbind)
        })?;
        reply.push(signed.bind(py).clone());
    }
    reply.push((intern!(py, "State"), set, hexadecimal(py, state)).into_pyobject(py)?);
    if let Some(seconds) = method_timeout {
        let seconds = seconds.max(1.0).ceil().to_string();
        reply.push((intern!(py, "Session-Timeout"), set, seconds).into_pyobject(py)?);
    }
    let config = CONFIG.get_or_try_init(py, || {
        let config = (("Response-Packet-Type", ":=", "Access-Challenge"),).into_pyobject(py);
        config.map(Bound::unbind)
    })?;
    let update = PyDict::new(py);
    update.set_item(intern!(py, "reply"), PyTuple::new(py, reply)?)?;
    update.set_item(intern!(py, "config"), config.bind(py))?;
    (RLM_MODULE_HANDLED, update).into_pyobject(py)
}

/// What EAP needs of a request.
struct Usual {
    state: Option<Vec<u8>>,
    eap_message: Vec<u8>,
    framed_mtu: Option<u32>,
    wants_key_name: bool,
}

impl Usual {
    /// `None` if there is anything unusual about it.
    fn read(attributes: &Bound<'_, PyTuple>) -> Option<Self> {
        let py = attributes.py();
        let (mut state, mut eap_message, mut framed_mtu) = (None, None, None);
        let mut wants_key_name = false;
        for pair in attributes.iter_borrowed() {
            let pair = pair.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2)?;
            let (name, value) = (pair.get_borrowed_item(0).ok()?, pair.get_borrowed_item(1).ok()?);
            let Ok(name) = name.cast::<PyString>() else { continue };
            // Most names are of another length.
            let place = match name.len().ok()? {
                5 if is(&name, intern!(py, "State")) => &mut state,
                10 if is(&name, intern!(py, "Framed-MTU")) => &mut framed_mtu,
                11 if is(&name, intern!(py, "EAP-Message")) => &mut eap_message,
                12 if is(&name, intern!(py, "EAP-Key-Name")) => {
                    wants_key_name = true;
                    continue;
                }
                _ => continue,
            };
            if place.replace(value.to_owned()).is_some() {
                return None;
            }
        }
        let eap_message = octets(&eap_message?).filter(|packet| is_whole(packet))?;
        let state = match state {
            Some(state) => Some(octets(&state).filter(|state| state.len() <= MAX_STATE)?),
            None => None,
        };
        let framed_mtu = match framed_mtu {
            Some(framed_mtu) => Some(short_number(&framed_mtu)?),
            None => None,
        };
        Some(Self { state, eap_message, framed_mtu, wants_key_name })
    }
}

/// The request's attributes, whichever way rlm_python3 was told to pass them.
fn request_list<'py>(p: &Bound<'py, PyAny>) -> Option<Bound<'py, PyTuple>> {
    let list = match p.cast::<PyDict>() {
        Ok(lists) => lists.get_item(intern!(p.py(), "request")).ok()??,
        Err(_) => p.clone(),
    };
    let list = list.cast_into::<PyTuple>().ok()?;
    let list = if list.len() == 6 && list.iter_borrowed().all(is_list) {
        list.get_item(0).ok()?.cast_into().ok()?
    } else {
        list
    };
    (list.len() <= MAX_VALUES).then_some(list)
}

/// Whether it is a list of attributes, and not an attribute.
fn is_list(it: Borrowed<'_, '_, PyAny>) -> bool {
    it.is_none()
        || it
            .cast::<PyTuple>()
            .is_ok_and(|list| list.iter_borrowed().all(|pair| pair.is_instance_of::<PyTuple>()))
}

/// Whether its Length field says the same (RFC 3748 §4.1), or it is an EAP-Start.
fn is_whole(packet: &[u8]) -> bool {
    match packet {
        [] => true,
        [_, _, high, low, ..] => packet.len() == usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}

fn is(name: &Bound<'_, PyString>, known: &Bound<'_, PyString>) -> bool {
    name.as_any().eq(known).unwrap_or(false)
}

/// The octets of a value: as they are, or 0x and hexadecimal digits.
fn octets(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    if let Ok(octets) = value.cast::<PyBytes>() {
        return Some(octets.as_bytes().to_vec());
    }
    let value = value.cast::<PyString>().ok()?.encode_utf8().ok()?;
    let (pairs, []) = value.as_bytes().strip_prefix(b"0x")?.as_chunks() else { return None };
    let mut all = 0;
    let mut digits = |pair: &[u8; 2]| {
        let [high, low] = pair.map(digit);
        all |= high | low;
        high << 4 | low
    };
    let octets = pairs.iter().map(&mut digits).collect();
    (all < 16).then_some(octets)
}

/// Its value, or 255: without branches, since what digits there are is anybody's guess.
fn digit(digit: u8) -> u8 {
    let (decimal, letter) = (digit.wrapping_sub(b'0'), (digit | 0x20).wrapping_sub(b'a'));
    let letter = if letter < 6 { letter + 10 } else { 255 };
    if decimal < 10 { decimal } else { letter }
}

fn hexadecimal<'py>(py: Python<'py>, octets: &[u8]) -> Bound<'py, PyString> {
    let digit = |value: u8| value + if value < 10 { b'0' } else { b'a' - 10 };
    let mut text = Vec::with_capacity(2 + 2 * octets.len());
    text.extend_from_slice(b"0x");
    text.extend(octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]));
    PyString::new(py, core::str::from_utf8(&text).unwrap_or_default())
}

/// A number of at most five digits.
fn short_number(value: &Bound<'_, PyAny>) -> Option<u32> {
    let value = value.cast::<PyString>().ok()?.encode_utf8().ok()?;
    let digits = value.as_bytes();
    if !(1..=5).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(digits).ok()?.parse().ok()
}
