//! The keys of the TLS-based methods, by method and TLS version.
//!
//! | method | TLS 1.2 | TLS 1.3 |
//! |---|---|---|
//! | EAP-TLS | "client EAP encryption" (RFC 5216 §2.3) | RFC 9190 §2.3 |
//! | EAP-TTLS | "ttls keying material" (RFC 5281 §8) | RFC 9427 §2 |
//! | PEAP | "client EAP encryption", in both versions | RFC 9427 §2.1 |
//!
//! The Session-Id is the Type with both randoms (RFC 5216 §2.3), in TLS 1.3 the Type with the
//! Method-Id (RFC 9190 §2.3).

use zeroize::Zeroizing;

use super::engine::{TlsEngine, TlsError};
use crate::tls::TlsVersion;
use crate::{Emsk, Keys, MethodType, Msk, SessionId};

const KEY_LEN: usize = 64;
const METHOD_ID_LEN: usize = 64;

/// RFC 9190 §2.3, RFC 9427 §2: the context is the Type.
const TLS13_KEY_MATERIAL: &[u8] = b"EXPORTER_EAP_TLS_Key_Material";
const TLS13_METHOD_ID: &[u8] = b"EXPORTER_EAP_TLS_Method-Id";

/// What a method exports when its handshake is over.
pub(crate) fn derive(
    method: MethodType,
    version: TlsVersion,
    engine: &dyn TlsEngine,
) -> Result<Keys, TlsError> {
    let type_octet = method.legacy().unwrap_or_default();
    let mut material = Zeroizing::new([0; 2 * KEY_LEN]);
    let mut session_id = vec![type_octet];
    match version {
        TlsVersion::V1_0 | TlsVersion::V1_1 | TlsVersion::V1_2 => {
            engine.export(tls12_label(method), None, &mut *material)?;
            let randoms = engine.randoms().ok_or_else(no_randoms)?;
            session_id.extend(randoms.as_flattened());
        }
        TlsVersion::V1_3 => {
            let context = Some(&[type_octet][..]);
            engine.export(TLS13_KEY_MATERIAL, context, &mut *material)?;
            let mut method_id = [0; METHOD_ID_LEN];
            engine.export(TLS13_METHOD_ID, context, &mut method_id)?;
            session_id.extend(method_id);
        }
    }
    let (msk, emsk) = material.split_at(KEY_LEN);
    Ok(Keys {
        msk: Msk::new(msk),
        emsk: Some(Emsk::new(emsk)),
        session_id: Some(SessionId::new(session_id)),
    })
}

fn tls12_label(method: MethodType) -> &'static [u8] {
    match method {
        MethodType::TTLS => b"ttls keying material",
        _ => b"client EAP encryption",
    }
}

/// Fills `out` with what both sides of EAP-TTLS take for a challenge (RFC 5281 §11.1), the same in
/// every TLS version.
pub(crate) fn ttls_challenge(engine: &dyn TlsEngine, out: &mut [u8]) -> Result<(), TlsError> {
    engine.export(b"ttls challenge", None, out)
}

fn no_randoms() -> TlsError {
    TlsError::Protocol("no randoms were seen".into())
}
