//! Which names are accepted, and which ones a certificate presents.

use core::fmt;

use rustls_pki_types::DnsName;
use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};

use super::CertificateRefusal;
use super::policy::Role;
use super::refusal::sanitised;
use crate::ConfigError;

/// A name that is accepted. Those of servers are kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameRule {
    Exact(String),
    Suffix(String),
    Client(String),
    ClientSuffix(String),
}

impl NameRule {
    pub(super) fn exact(name: &str) -> Result<Self, ConfigError> {
        dns_name("server_name", name).map(Self::Exact)
    }

    /// With or without the dot in front: `.example.org` is the same as `example.org`.
    pub(super) fn suffix(name: &str) -> Result<Self, ConfigError> {
        dns_name("server_name_suffix", name.strip_prefix('.').unwrap_or(name)).map(Self::Suffix)
    }

    pub(super) fn client(name: &str) -> Result<Self, ConfigError> {
        match name {
            "" => Err(ConfigError::Empty { field: "client_name" }),
            name => Ok(Self::Client(name.to_owned())),
        }
    }

    /// With or without the dot in front, as [`Self::suffix`].
    pub(super) fn client_suffix(name: &str) -> Result<Self, ConfigError> {
        dns_name("client_name_suffix", name.strip_prefix('.').unwrap_or(name))
            .map(Self::ClientSuffix)
    }

    /// Whose name it is.
    pub(super) fn role(&self) -> Role {
        match self {
            Self::Exact(_) | Self::Suffix(_) => Role::Server,
            Self::Client(_) | Self::ClientSuffix(_) => Role::Client,
        }
    }

    fn matches(&self, presented: &str) -> bool {
        match self {
            Self::Exact(_) | Self::Suffix(_) => self.matches_server(presented),
            Self::Client(name) => {
                let ((user, host), (other, other_host)) = (split(name), split(presented));
                user == other && host.eq_ignore_ascii_case(other_host)
            }
            // A wildcard is no client's name.
            Self::ClientSuffix(suffix) => {
                let host = split(presented).1.to_ascii_lowercase();
                DnsName::try_from(host.as_str()).is_ok() && is_below(&host, suffix)
            }
        }
    }

    /// A wildcard stands for one whole label. Under a suffix it needs no label to compare with:
    /// every name that it stands for ends in the suffix when the part behind the `*` does.
    fn matches_server(&self, presented: &str) -> bool {
        let presented = presented.to_ascii_lowercase();
        let (base, wildcard) = match presented.strip_prefix("*.") {
            Some(base) => (base, true),
            None => (presented.as_str(), false),
        };
        // `DnsName` takes ASCII letters, digits, hyphens and underscores only: a NUL cannot hide
        // the rest of a name (CVE-2015-0210, CVE-2009-2408).
        let well_formed = DnsName::try_from(base).is_ok() && !base.ends_with('.');
        if !well_formed || (wildcard && !base.contains('.')) {
            return false;
        }
        match self {
            Self::Exact(name) if wildcard => {
                name.split_once('.').is_some_and(|(_, parent)| parent == base)
            }
            Self::Exact(name) => name == base,
            Self::Suffix(suffix) => is_below(base, suffix),
            Self::Client(_) | Self::ClientSuffix(_) => false,
        }
    }
}

/// Whether a name is this one, or below it.
fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

/// What is in front of the last `@`, if there is one, and the host.
fn split(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once('@').map_or((None, name), |(user, host)| (Some(user), host))
}

impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) | Self::Client(name) => f.write_str(name),
            Self::Suffix(suffix) | Self::ClientSuffix(suffix) => write!(f, "a name in {suffix}"),
        }
    }
}

/// The names by which a certificate can be recognised.
#[derive(Debug)]
pub(super) struct PresentedNames {
    names: Vec<String>,
    /// There is no alternative name, so the common name stands in (RFC 6125 §6.4.4).
    pub(super) from_common_name: bool,
}

impl PresentedNames {
    /// A server has dNSNames; a client may have mail addresses and user principal names as well
    /// (RFC 5216 §5.2).
    pub(super) fn of(certificate: &Certificate, role: Role) -> Result<Self, CertificateRefusal> {
        let mut names = Vec::new();
        for name in alternative_names(certificate)? {
            match (&name, role) {
                (GeneralName::DnsName(name), _) => names.push(name.as_str().to_owned()),
                (GeneralName::Rfc822Name(name), Role::Client) => {
                    names.push(name.as_str().to_owned());
                }
                (other, Role::Client) => names.extend(principal_name(other)?),
                (_, Role::Server) => {}
            }
        }
        // An unusable dNSName is still a dNSName: it keeps the common name out.
        if !names.is_empty() {
            return Ok(Self { names, from_common_name: false });
        }
        let names = common_name(certificate).into_iter().collect();
        Ok(Self { names, from_common_name: true })
    }

    pub(super) fn check(&self, rules: &[NameRule]) -> Result<(), CertificateRefusal> {
        let accepted = |name: &String| rules.iter().any(|rule| rule.matches(name));
        if rules.is_empty() || self.names.iter().any(accepted) {
            return Ok(());
        }
        let presented =
            if self.names.is_empty() { "no name".into() } else { self.names.join(", ") };
        let expected: Vec<_> = rules.iter().map(NameRule::to_string).collect();
        Err(CertificateRefusal::NameMismatch {
            expected: sanitised(&expected.join(" or ")),
            presented: sanitised(&presented),
        })
    }
}

/// Everything in the subjectAltName extension; nothing when there is none.
pub(super) fn alternative_names(
    certificate: &Certificate,
) -> Result<Vec<GeneralName>, CertificateRefusal> {
    let extension = certificate.tbs_certificate().get_extension::<SubjectAltName>();
    match extension.map_err(|_| CertificateRefusal::Malformed)? {
        Some((_critical, SubjectAltName(names))) => Ok(names),
        None => Ok(Vec::new()),
    }
}

/// The user principal name, if it is one.
pub(super) fn principal_name(name: &GeneralName) -> Result<Option<String>, CertificateRefusal> {
    match name {
        GeneralName::OtherName(name) if name.type_id == USER_PRINCIPAL_NAME => {
            let text = Utf8StringRef::try_from(&name.value);
            let text = text.map_err(|_| CertificateRefusal::Malformed)?;
            Ok(Some(text.as_str().to_owned()))
        }
        _ => Ok(None),
    }
}

/// The most specific common name: the last one (RFC 6125 §6.4.4).
pub(super) fn common_name(certificate: &Certificate) -> Option<String> {
    let attributes = certificate.tbs_certificate().subject().iter();
    let last = attributes.filter(|attribute| attribute.oid == COMMON_NAME).last()?;
    let text = last.value.decode_as::<DirectoryString>().ok()?;
    Some(text.value().into_owned())
}

fn dns_name(field: &'static str, name: &str) -> Result<String, ConfigError> {
    let name = name.strip_suffix('.').unwrap_or(name);
    match DnsName::try_from(name) {
        Ok(_) => Ok(name.to_ascii_lowercase()),
        Err(_) => Err(ConfigError::InvalidName { field }),
    }
}

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// szOID_NT_PRINCIPAL_NAME.
const USER_PRINCIPAL_NAME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");
