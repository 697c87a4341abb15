//! The methods of one configuration: facts and factories, in order of preference.

use super::MethodFacts;
use super::registry::{BuiltIn, SUPPORTED, built_in};
use crate::{ConfigError, MethodType};

/// A method as a configuration asks for it.
#[derive(Clone)]
pub(crate) enum Requested<F> {
    BuiltIn(MethodType),
    Custom(MethodFacts, F),
}

/// Checked methods.
pub(crate) struct MethodSet<F>(Vec<(MethodFacts, F)>);

impl<F: Clone> MethodSet<F> {
    /// For those who leave the methods to others.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// At least one is needed.
    pub(crate) fn build(
        requested: &[Requested<F>],
        require_keys: bool,
        factory: impl Fn(&'static BuiltIn) -> F,
    ) -> Result<Self, ConfigError> {
        let mut entries: Vec<(MethodFacts, F)> = Vec::with_capacity(requested.len());
        for request in requested {
            let (facts, start) = match request {
                Requested::BuiltIn(method) => {
                    let entry = built_in(*method).ok_or_else(|| unsupported(*method))?;
                    (entry.facts, factory(entry))
                }
                Requested::Custom(facts, _) if !facts.method.is_method() => {
                    return Err(ConfigError::ReservedMethod(facts.method));
                }
                Requested::Custom(facts, start) => (*facts, start.clone()),
            };
            if entries.iter().any(|(other, _)| other.method == facts.method) {
                return Err(ConfigError::DuplicateMethod(facts.method));
            }
            if require_keys && !facts.derives_keys {
                return Err(ConfigError::MethodWithoutKeys(facts.method));
            }
            entries.push((facts, start));
        }
        if entries.is_empty() {
            return Err(ConfigError::NoMethod);
        }
        Ok(Self(entries))
    }
}

fn unsupported(method: MethodType) -> ConfigError {
    if SUPPORTED.iter().any(|facts| facts.method == method) {
        return ConfigError::MethodNeedsSettings(method);
    }
    match method {
        MethodType::FAST => {
            ConfigError::NotInThisBuild { field: "methods", what: "EAP-FAST", feature: "fast" }
        }
        method => ConfigError::UnsupportedMethod(method),
    }
}

#[cfg(feature = "fast")]
impl<F: Clone> MethodSet<F> {
    /// The same, with what these make of each method: one may be left out.
    pub(crate) fn changed(&self, change: impl Fn(MethodType, &F) -> Option<F>) -> Self {
        let changed = |(facts, start): &(MethodFacts, F)| {
            change(facts.method, start).map(|start| (*facts, start))
        };
        Self(self.0.iter().filter_map(changed).collect())
    }
}

impl<F> MethodSet<F> {
    pub(crate) fn get(&self, method: MethodType) -> Option<&F> {
        self.0.iter().find(|(facts, _)| facts.method == method).map(|(_, start)| start)
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = MethodType> + Clone {
        self.0.iter().map(|(facts, _)| facts.method)
    }
}

impl<F> core::fmt::Debug for MethodSet<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.types()).finish()
    }
}
