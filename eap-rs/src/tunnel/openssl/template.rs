//! What connections are made of: everything that does not change from session to session.

use core::fmt;
use core::ops::RangeInclusive;
use std::sync::Arc;

use eap_rs_openssl as hooks;
use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::handshake::{Judgement, TicketSecrets};
use super::wire::Wire;
use crate::ConfigError;
use crate::tls::{CertificatePolicy, TlsVersion};
use crate::tunnel::rustls::Clients;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Old servers and clients of other methods.
    Legacy,
    /// EAP-FAST (RFC 4851 §3.2): its suites have the PRF and the key block that `session_key_seed`
    /// is taken from.
    Fast,
    /// The same, or with nobody authenticated by TLS (RFC 5422 §3.2).
    FastAnonymous,
    /// With nobody authenticated by TLS.
    FastAnonymousOnly,
}

impl Profile {
    const fn suites(self) -> &'static str {
        match self {
            // Key exchange before encryption before age.
            Self::Legacy => {
                "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AESGCM:RSA+AES\
                 :!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"
            }
            Self::Fast => {
                "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:DHE-RSA-AES128-SHA:DHE-RSA-AES256-SHA\
                 :AES128-SHA:AES256-SHA:@SECLEVEL=0"
            }
            Self::FastAnonymousOnly => "ADH-AES128-SHA:@SECLEVEL=0",
            Self::FastAnonymous => {
                "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:DHE-RSA-AES128-SHA:DHE-RSA-AES256-SHA\
                 :AES128-SHA:AES256-SHA:ADH-AES128-SHA:@SECLEVEL=0"
            }
        }
    }
}

const fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V1_0 => SslVersion::TLS1,
        TlsVersion::V1_1 => SslVersion::TLS1_1,
        TlsVersion::V1_2 => SslVersion::TLS1_2,
        TlsVersion::V1_3 => SslVersion::TLS1_3,
    }
}

/// Our own certificate, its chain and its key.
pub(crate) struct Own {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Zeroizing<PrivateKeyDer<'static>>,
}

/// A client's.
pub(crate) struct ClientTemplate {
    context: SslContext,
    /// Without a policy, no server can show a certificate that is accepted.
    servers: Option<Arc<CertificatePolicy>>,
}

impl ClientTemplate {
    pub(crate) fn new(
        profile: Profile,
        versions: &RangeInclusive<TlsVersion>,
        servers: Option<Arc<CertificatePolicy>>,
        own: Option<Own>,
    ) -> Result<Self, ConfigError> {
        let build = || {
            let mut context = common(profile, versions, own)?;
            context.set_verify(SslVerifyMode::PEER);
            hooks::accept_servers_without_rfc_5746(&mut context);
            Ok(context.build())
        };
        Ok(Self { context: build().map_err(unusable)?, servers })
    }

    pub(super) fn judgement(
        &self,
        unix_time: Option<u64>,
        secrets: Option<Arc<dyn TicketSecrets>>,
    ) -> Arc<Judgement> {
        Arc::new(Judgement::new(self.servers.clone(), unix_time, secrets))
    }

    /// A client that shows this ticket, if any.
    pub(super) fn connect(
        &self,
        judgement: &Arc<Judgement>,
        ticket: Option<&[u8]>,
    ) -> Result<SslStream<Wire>, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        hooks::attach(&mut ssl, Arc::clone(judgement) as _)?;
        match ticket {
            Some(ticket) => {
                hooks::send_session_ticket(&mut ssl, ticket)?;
                hooks::ask_for_master_secret(&mut ssl)?;
            }
            // Otherwise OpenSSL would send an empty one, which RFC 4851 §3.2.2 forbids.
            None => hooks::send_no_session_ticket(&mut ssl),
        }
        ssl.set_connect_state();
        SslStream::new(ssl, Wire::default())
    }
}

impl fmt::Debug for ClientTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTemplate").field("servers", &self.servers).finish_non_exhaustive()
    }
}

/// A server's.
pub(crate) struct ServerTemplate {
    context: SslContext,
    clients: Clients,
}

impl ServerTemplate {
    pub(crate) fn new(
        profile: Profile,
        versions: &RangeInclusive<TlsVersion>,
        clients: Clients,
        own: Option<Own>,
    ) -> Result<Self, ConfigError> {
        let build = || {
            let mut context = common(profile, versions, own)?;
            context.set_verify(match &clients {
                Clients::None => SslVerifyMode::NONE,
                Clients::Optional(_) => SslVerifyMode::PEER,
                Clients::Required(_) => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
            });
            let group =
                Dh::from_pqg(BigNum::get_rfc3526_prime_2048()?, None, BigNum::from_u32(2)?)?;
            context.set_tmp_dh(&group)?;
            context.set_options(SslOptions::NO_TICKET | SslOptions::CIPHER_SERVER_PREFERENCE);
            context.set_num_tickets(0)?;
            Ok(context.build())
        };
        let context = build().map_err(unusable)?;
        Ok(Self { context, clients })
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    pub(super) fn judgement(
        &self,
        unix_time: Option<u64>,
        secrets: Option<Arc<dyn TicketSecrets>>,
    ) -> Arc<Judgement> {
        let policy = match &self.clients {
            Clients::None => None,
            Clients::Optional(policy) | Clients::Required(policy) => Some(Arc::clone(policy)),
        };
        Arc::new(Judgement::new(policy, unix_time, secrets))
    }

    pub(super) fn accept(&self, judgement: &Arc<Judgement>) -> Result<SslStream<Wire>, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        hooks::attach(&mut ssl, Arc::clone(judgement) as _)?;
        if judgement.has_secrets() {
            hooks::ask_for_master_secret(&mut ssl)?;
        }
        ssl.set_accept_state();
        SslStream::new(ssl, Wire::default())
    }
}

impl fmt::Debug for ServerTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTemplate").field("clients", &self.clients).finish_non_exhaustive()
    }
}

fn common(
    profile: Profile,
    versions: &RangeInclusive<TlsVersion>,
    own: Option<Own>,
) -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls())?;
    context.set_min_proto_version(Some(version(*versions.start())))?;
    context.set_max_proto_version(Some(version(*versions.end())))?;
    context.set_cipher_list(profile.suites())?;
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_options(SslOptions::NO_COMPRESSION | SslOptions::NO_RENEGOTIATION);
    hooks::judge_by_handshake(&mut context);
    if let Some(Own { chain, key }) = own {
        let mut chain = chain.iter();
        if let Some(leaf) = chain.next() {
            let leaf = X509::from_der(leaf)?;
            context.set_certificate(&leaf)?;
        }
        for issuer in chain {
            context.add_extra_chain_cert(X509::from_der(issuer)?)?;
        }
        let key = PKey::private_key_from_der(key.secret_der())?;
        context.set_private_key(&key)?;
    }
    Ok(context)
}

/// The certificate and its key have been checked before.
fn unusable(error: ErrorStack) -> ConfigError {
    ConfigError::Tls(error.to_string())
}
