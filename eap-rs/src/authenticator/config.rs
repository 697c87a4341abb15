//! What an authenticator is told before the first packet.

use core::time::Duration;
use std::sync::Arc;

use super::Retransmission;
use crate::config::{check_len, check_range, check_time, millis};
use crate::method::{MethodFacts, MethodSet, Requested, ServerFactory, ServerMethod};
use crate::methods::{peap, tls, ttls};
use crate::peap::PeapServerConfig;
use crate::tls::TlsServerConfig;
use crate::ttls::TtlsServerConfig;
use crate::{ConfigError, Identity, MethodType, Offer};

/// An authenticator's configuration: checked, immutable, shared by any number of sessions through
/// `Arc`.
#[derive(Debug)]
pub struct AuthenticatorConfig {
    pub(super) methods: MethodSet<ServerFactory>,
    pub(super) offer: Option<Offer>,
    /// For offers that have none of their own.
    pub(super) notification: Option<String>,
    pub(super) server_name: String,
    pub(super) identity_prompt: String,
    pub(super) token_prompt: String,
    pub(super) password_retries: u8,
    pub(super) retransmission: Retransmission,
    /// Of a backend, which does not retransmit.
    pub(super) response_timeout: Option<Duration>,
    pub(super) answer_timeout: Duration,
    pub(super) max_rounds: u16,
    /// Of a full authenticator: not even the identity is asked for.
    pub(super) pass_identity_through: bool,
    pub(super) aaa_timeout: Duration,
    pub(super) require_keys: bool,
}

impl AuthenticatorConfig {
    /// Starts a configuration.
    #[must_use]
    pub fn builder() -> AuthenticatorConfigBuilder {
        AuthenticatorConfigBuilder::default()
    }

    /// Whether the host says who is offered what.
    pub(crate) fn asks_policy(&self) -> bool {
        self.offer.is_none()
    }

    /// The same, with other methods.
    #[cfg(feature = "fast")]
    pub(crate) fn with_methods(
        &self,
        change: impl Fn(MethodType, &ServerFactory) -> Option<ServerFactory>,
    ) -> Self {
        Self {
            methods: self.methods.changed(change),
            offer: self.offer.clone(),
            notification: self.notification.clone(),
            server_name: self.server_name.clone(),
            identity_prompt: self.identity_prompt.clone(),
            token_prompt: self.token_prompt.clone(),
            ..*self
        }
    }

    /// Whether this method is there to be offered.
    #[cfg(feature = "fast")]
    pub(crate) fn has_method(&self, method: MethodType) -> bool {
        self.methods.get(method).is_some()
    }

    /// The first of the methods that has a tunnel of its own.
    pub(crate) fn tunnel(&self) -> Option<MethodType> {
        self.methods.types().find(|method| method.is_tunnel())
    }
}

/// Collects an [`AuthenticatorConfig`]. Nothing is refused before [`Self::build`].
#[derive(Default)]
pub struct AuthenticatorConfigBuilder {
    methods: Vec<Requested<ServerFactory>>,
    require_keys: bool,
    ask_policy: bool,
    notification: Option<String>,
    server_name: String,
    identity_prompt: String,
    token_prompt: Option<String>,
    password_retries: u8,
    retransmission: Retransmission,
    backend: bool,
    response_timeout: Option<Duration>,
    answer_timeout: Option<Duration>,
    max_rounds: Option<u16>,
    pass_through: bool,
    pass_identity_through: bool,
    aaa_timeout: Option<Duration>,
    /// The first mistake, for [`Self::build`] to say.
    mistake: Option<ConfigError>,
}

impl AuthenticatorConfigBuilder {
    /// Offers a method, after those named before. At least one is needed, unless there is an AAA
    /// server ([`pass_through`](Self::pass_through)).
    #[must_use]
    pub fn method(mut self, method: MethodType) -> Self {
        self.methods.push(Requested::BuiltIn(method));
        self
    }

    /// Offers EAP-TLS with these settings, which have to say whose certificates are accepted
    /// ([`clients`](crate::tls::TlsServerConfigBuilder::clients)).
    #[must_use]
    pub fn tls(mut self, config: impl Into<Arc<TlsServerConfig>>) -> Self {
        let config = config.into();
        if !config.requires_clients() {
            self.mistake.get_or_insert(ConfigError::NoClientTrust);
        }
        let start: ServerFactory =
            Arc::new(move || Box::new(tls::Server::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(tls::FACTS, start));
        self
    }

    /// Offers PEAP with these settings.
    #[must_use]
    pub fn peap(mut self, config: impl Into<Arc<PeapServerConfig>>) -> Self {
        let config = config.into();
        let start: ServerFactory =
            Arc::new(move || Box::new(peap::Server::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(peap::FACTS, start));
        self
    }

    /// Offers EAP-FAST with these settings.
    #[cfg(feature = "fast")]
    #[must_use]
    pub fn fast(mut self, config: impl Into<Arc<crate::fast::FastServerConfig>>) -> Self {
        use crate::methods::fast;
        let config = config.into();
        let start: ServerFactory =
            Arc::new(move || Box::new(fast::Server::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(fast::FACTS, start));
        self
    }

    /// Offers EAP-TTLS with these settings.
    #[must_use]
    pub fn ttls(mut self, config: impl Into<Arc<TtlsServerConfig>>) -> Self {
        let config = config.into();
        let start: ServerFactory =
            Arc::new(move || Box::new(ttls::Server::new(Arc::clone(&config))));
        self.methods.push(Requested::Custom(ttls::FACTS, start));
        self
    }

    /// Offers a method that is not part of this library.
    #[must_use]
    pub fn custom_method(
        mut self,
        facts: MethodFacts,
        start: impl Fn() -> Box<dyn ServerMethod> + Send + Sync + 'static,
    ) -> Self {
        self.methods.push(Requested::Custom(facts, Arc::new(start)));
        self
    }

    /// Refuses methods that derive no keys, because the lower layer needs them.
    #[must_use]
    pub fn require_keys(mut self) -> Self {
        self.require_keys = true;
        self
    }

    /// Asks [`Query::Policy`](crate::Query::Policy) for each peer, rather than offering every
    /// method to everybody.
    #[must_use]
    pub fn ask_policy(mut self) -> Self {
        self.ask_policy = true;
        self
    }

    /// A message to have displayed before the method begins (RFC 3748 §5.2), 1 to 1015 octets.
    /// An answer to [`Query::Policy`](crate::Query::Policy) may have its own instead.
    #[must_use]
    pub fn notification(mut self, message: impl Into<String>) -> Self {
        self.notification = Some(message.into());
        self
    }

    /// The authenticator's own name, at most 255 octets, which MD5-Challenge and EAP-MSCHAPv2 tell the
    /// peer.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = name.into();
        self
    }

    /// What a person is shown who has to type an identity, at most 1015 octets.
    #[must_use]
    pub fn identity_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.identity_prompt = prompt.into();
        self
    }

    /// What a person is shown who has to type a token (GTC), 1 to 1015 octets; "Password: " if
    /// not set.
    #[must_use]
    pub fn token_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.token_prompt = Some(prompt.into());
        self
    }

    /// How often a peer may try again after a wrong password (EAP-MSCHAPv2); 0 if not set: a peer
    /// with nobody at hand would wait for somebody to type another.
    #[must_use]
    pub fn password_retries(mut self, retries: u8) -> Self {
        self.password_retries = retries;
        self
    }

    /// When Requests are sent again.
    #[must_use]
    pub fn retransmission(mut self, retransmission: Retransmission) -> Self {
        self.retransmission = retransmission;
        self
    }

    /// Makes it a backend authenticator (RFC 4137 §6): the lower layer is RADIUS or another AAA
    /// protocol, and retransmission is the NAS's. A conversation of which nothing is heard for
    /// [`response_timeout`](Self::response_timeout) ends.
    #[must_use]
    pub fn backend(mut self) -> Self {
        self.backend = true;
        self
    }

    /// How long a backend waits for a Response; 60 s if not set.
    #[must_use]
    pub fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = Some(time);
        self
    }

    /// Has an AAA server decide about peers for whom none of the methods is left (RFC 4137 §7): all
    /// of them, if there are no methods. For a [`FullAuthenticator`](crate::FullAuthenticator); a
    /// [`backend`](Self::backend) cannot, to others it makes no difference. With
    /// [`ask_policy`](Self::ask_policy), the answer says for whom ([`Offer::pass_through`]).
    #[must_use]
    pub fn pass_through(mut self) -> Self {
        self.pass_through = true;
        self
    }

    /// Leaves everything to the AAA server, also to ask for the identity (EAP-Start, RFC 3579
    /// §2.1). It does not go together with methods, a policy or a notification of our own.
    #[must_use]
    pub fn pass_identity_through(mut self) -> Self {
        self.pass_through = true;
        self.pass_identity_through = true;
        self
    }

    /// How long the AAA server may take for an answer, retransmissions to it included (aaaTimeout
    /// of RFC 4137 §7.1.2); 60 s if not set.
    #[must_use]
    pub fn aaa_timeout(mut self, time: Duration) -> Self {
        self.aaa_timeout = Some(time);
        self
    }

    /// How long a question stays open; 30 s if not set.
    #[must_use]
    pub fn answer_timeout(mut self, time: Duration) -> Self {
        self.answer_timeout = Some(time);
        self
    }

    /// After how many Requests a conversation is given up; 100 if not set.
    #[must_use]
    pub fn max_rounds(mut self, rounds: u16) -> Self {
        self.max_rounds = Some(rounds);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting and what it accepts.
    pub fn build(&self) -> Result<AuthenticatorConfig, ConfigError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        const TEXT_LEN: usize = Identity::MAX_LEN;
        check_len("server_name", self.server_name.len(), 255)?;
        check_len("identity_prompt", self.identity_prompt.len(), TEXT_LEN)?;
        let token_prompt = self.token_prompt.clone().unwrap_or_else(|| "Password: ".into());
        check_text("token_prompt", &token_prompt)?;
        if let Some(notification) = &self.notification {
            check_text("notification", notification)?;
        }
        let Retransmission { initial, min, max, .. } = self.retransmission;
        check_time("retransmission.min", min)?;
        check_time("retransmission.max", max)?;
        check_range("retransmission.initial", millis(initial), millis(min)..=millis(max))?;
        let response_timeout = self.response_timeout.unwrap_or(Duration::from_secs(60));
        check_time("response_timeout", response_timeout)?;
        let answer_timeout = self.answer_timeout.unwrap_or(Duration::from_secs(30));
        check_time("answer_timeout", answer_timeout)?;
        let max_rounds = self.max_rounds.unwrap_or(100);
        check_range("max_rounds", max_rounds.into(), 1..=u16::MAX.into())?;
        let aaa_timeout = self.aaa_timeout.unwrap_or(Duration::from_secs(60));
        check_time("aaa_timeout", aaa_timeout)?;
        let methods = match (self.pass_through, self.methods.as_slice()) {
            (true, []) => MethodSet::none(),
            (_, methods) => MethodSet::build(methods, self.require_keys, |entry| {
                Arc::new(entry.server) as ServerFactory
            })?,
        };
        if self.pass_through && self.backend {
            return Err(ConfigError::Conflict { field: "pass_through", with: "backend" });
        }
        if self.pass_identity_through {
            let conflict = |with| ConfigError::Conflict { field: "pass_identity_through", with };
            if !self.methods.is_empty() {
                return Err(conflict("methods"));
            }
            if self.ask_policy {
                return Err(conflict("ask_policy"));
            }
            if self.notification.is_some() {
                return Err(conflict("notification"));
            }
        }
        let offer = (!self.ask_policy).then(|| Offer {
            methods: methods.types().collect(),
            notification: self.notification.clone(),
            pass_through: self.pass_through,
        });
        Ok(AuthenticatorConfig {
            methods,
            offer,
            notification: self.notification.clone(),
            server_name: self.server_name.clone(),
            identity_prompt: self.identity_prompt.clone(),
            token_prompt,
            password_retries: self.password_retries,
            retransmission: self.retransmission,
            response_timeout: self.backend.then_some(response_timeout),
            answer_timeout,
            max_rounds,
            pass_identity_through: self.pass_identity_through,
            aaa_timeout,
            require_keys: self.require_keys,
        })
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), ConfigError> {
    if text.is_empty() {
        return Err(ConfigError::Empty { field });
    }
    check_len(field, text.len(), Identity::MAX_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field_and_what_is_accepted() {
        let md5 = || AuthenticatorConfig::builder().method(MethodType::MD5);
        let slow = Retransmission { initial: Duration::from_secs(21), ..Default::default() };
        let cases = [
            (md5().require_keys(), "methods: MD5-Challenge derives no keys, but keys are required"),
            (md5().notification(""), "notification: empty, at least one character is needed"),
            (md5().token_prompt(""), "token_prompt: empty, at least one character is needed"),
            (
                md5().server_name("n".repeat(256)),
                "server_name: 256 octets given, at most 255 accepted",
            ),
            (
                md5().retransmission(slow),
                "retransmission.initial: 21000 given, 200 to 20000 accepted",
            ),
            (
                md5().backend().response_timeout(Duration::ZERO),
                "response_timeout: 0 given, 1 to 36000000 accepted",
            ),
            (md5().aaa_timeout(Duration::ZERO), "aaa_timeout: 0 given, 1 to 36000000 accepted"),
            (md5().pass_through().backend(), "pass_through: does not go together with backend"),
            (
                md5().pass_identity_through(),
                "pass_identity_through: does not go together with methods",
            ),
            (
                AuthenticatorConfig::builder().pass_identity_through().ask_policy(),
                "pass_identity_through: does not go together with ask_policy",
            ),
            (
                AuthenticatorConfig::builder().pass_identity_through().notification("Welcome"),
                "pass_identity_through: does not go together with notification",
            ),
        ];
        for (builder, text) in cases {
            assert_eq!(builder.build().unwrap_err().to_string(), text);
        }
    }
}
