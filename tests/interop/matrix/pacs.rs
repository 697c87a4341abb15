//! PACs of EAP-FAST: how they are issued and taken, and what is tried with them.

use std::time::Duration;
use std::{fmt, fs, thread};

use super::cells::{Case, Outcome, PASSWORD, Row, check_logins};
use super::certificates::Flaw;
use super::counterparts::{self, How, Pair, Setup};
use crate::certificates::dh_parameters;
use crate::lab::{Lab, Process};

/// By which peers know the server.
const AUTHORITY: &str = "101112131415161718191a1b1c1d1e1f";

const DAY: u32 = 86_400;

/// What both programs are told about PACs.
#[derive(Clone, Copy)]
pub(crate) struct Pacs {
    /// What the server's key begins with; those of another it cannot open.
    pub(crate) key: u8,
    /// How many seconds they are good.
    pub(crate) lifetime: u32,
    /// With how many of them left they are renewed.
    pub(crate) refresh: u32,
    /// In which tunnels the server issues them to peers without one.
    pub(crate) issued: Provisioning,
    /// In which tunnels such a peer takes them.
    pub(crate) taken: Provisioning,
}

/// In which tunnels a peer gets its first PAC (RFC 5422 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provisioning {
    Off,
    Anonymous,
    Authenticated,
    Both,
}

/// What is tried with PACs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacCase {
    /// One from a server with a certificate, and a login by it.
    Authenticated,
    /// One from a server that nobody knows, and a login by it.
    Anonymous,
    /// A login by one that has not long to live.
    Renewed,
    /// Logins with one that has run out, at a server whose certificate is untrusted, and at one
    /// whose certificate is trusted.
    Expired,
    /// The same with one that the server cannot open.
    Foreign,
    /// Logins with a wrong password, without and with one.
    WrongPassword,
}

/// How a login went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    how: How,
    /// Whether the peer has a new PAC after it.
    new_pac: bool,
}

/// None.
impl Default for Pacs {
    fn default() -> Self {
        let (issued, taken) = (Provisioning::Off, Provisioning::Off);
        Self { key: 0, lifetime: 7 * DAY, refresh: DAY, issued, taken }
    }
}

impl Pacs {
    /// Where the peer keeps them.
    pub(crate) fn file(&self, lab: &Lab) -> String {
        lab.path("pacs")
    }

    /// Leaves it with none.
    pub(crate) fn forget(&self, lab: &Lab) {
        let _ = fs::remove_file(self.file(lab));
    }

    /// Arguments of `radius_server`.
    pub(crate) fn radius_server(&self, lab: &Lab) -> Vec<String> {
        let Self { key, lifetime, refresh, issued, .. } = self;
        let (lifetime, refresh) = (lifetime.to_string(), refresh.to_string());
        let key = lab.path(&format!("pac key {key}"));
        #[rustfmt::skip]
        let args = [
            "--pac-key", &key, "--a-id", AUTHORITY, "--provisioning", issued.name(),
            "--pac-lifetime", &lifetime, "--pac-refresh", &refresh,
        ];
        args.map(str::to_owned).to_vec()
    }

    /// Lines for hostapd's settings.
    pub(crate) fn hostapd(&self, lab: &Lab) -> String {
        let Self { key, lifetime, refresh, issued, .. } = self;
        format!(
            "dh_file={}\neap_fast_a_id={AUTHORITY}\neap_fast_a_id_info=test\n\
             pac_opaque_encr_key={key:032x}\neap_fast_prov={}\npac_key_lifetime={lifetime}\n\
             pac_key_refresh_time={refresh}\n",
            dh_parameters(lab),
            issued.number()
        )
    }
}

impl Provisioning {
    /// For our programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Off => "none",
            Self::Anonymous => "anonymous",
            Self::Authenticated => "authenticated",
            Self::Both => "both",
        }
    }

    /// For hostapd and eapol_test.
    pub(crate) const fn number(self) -> &'static str {
        match self {
            Self::Off => "0",
            Self::Anonymous => "1",
            Self::Authenticated => "2",
            Self::Both => "3",
        }
    }
}

const BY_PAC: Login = Login { how: How::Resumed, new_pac: false };
const PROVISIONED: Login = Login { how: How::Full, new_pac: true };
const RENEWED: Login = Login { how: How::Resumed, new_pac: true };
/// The end of an anonymous tunnel in any case (RFC 5422 §3.5).
const ONLY_PROVISIONED: Login = Login { how: How::Failed, new_pac: true };
const FAILED: Login = Login { how: How::Failed, new_pac: false };

/// A login at a server of its own, which takes the PACs of those before it if it has their key.
struct Step {
    pacs: Pacs,
    flaw: Option<Flaw>,
    password: &'static str,
    expected: Login,
}

impl Step {
    fn new(taken: Provisioning, expected: Login) -> Self {
        let pacs = Pacs { issued: Provisioning::Both, taken, ..Pacs::default() };
        Self { pacs, flaw: None, password: PASSWORD, expected }
    }

    fn with(self, key: u8, lifetime: u32, refresh: u32) -> Self {
        Self { pacs: Pacs { key, lifetime, refresh, ..self.pacs }, ..self }
    }
}

impl PacCase {
    fn steps(self) -> Vec<Step> {
        use Provisioning::{Anonymous, Authenticated, Off};
        let untrusted = Step { flaw: Some(Flaw::ForeignCa), ..Step::new(Off, FAILED) };
        let provisioned = Step::new(Authenticated, PROVISIONED);
        match self {
            Self::Authenticated => vec![provisioned, Step::new(Off, BY_PAC)],
            Self::Anonymous => {
                vec![Step::new(Anonymous, ONLY_PROVISIONED), Step::new(Anonymous, BY_PAC)]
            }
            Self::Renewed => vec![
                provisioned.with(0, 7 * DAY, 8 * DAY),
                Step::new(Off, RENEWED).with(0, 7 * DAY, 8 * DAY),
            ],
            Self::Expired => {
                vec![provisioned.with(0, 1, 0), untrusted, Step::new(Authenticated, PROVISIONED)]
            }
            Self::Foreign => vec![
                provisioned,
                untrusted.with(1, 7 * DAY, DAY),
                Step::new(Authenticated, PROVISIONED).with(1, 7 * DAY, DAY),
            ],
            Self::WrongPassword => {
                let wrong = || Step { password: "guess", ..Step::new(Authenticated, FAILED) };
                vec![wrong(), provisioned, wrong()]
            }
        }
    }

    /// Whether the method can be part of it.
    fn is_for(self, row: &Row) -> bool {
        match self {
            // RFC 5422 §3.2.2.
            Self::Anonymous => row.method.flag == "fast/mschapv2",
            Self::WrongPassword => !row.method.is_eap_tls_inside(),
            _ => true,
        }
    }

    /// Every login is as both ends have to see it, or as a program falls short.
    pub(crate) fn attempt(self, row: &Row, setup: &Setup<'_>) -> Outcome {
        if !self.is_for(row) {
            return Outcome::NotPossible;
        }
        setup.pacs.forget(setup.lab);
        let file = setup.pacs.file(setup.lab);
        let mut logins = Vec::new();
        for step in self.steps() {
            let Step { pacs, flaw, password, expected } = step;
            let setup = Setup { pacs, password, ..*setup };
            let mut server = (row.pair.server.start)(&setup, setup.pki.server(flaw));
            let old = fs::read(&file).ok();
            let login = row.log_in(&setup, None, 0);
            let how = if expected == FAILED {
                assert_refused(row, flaw, &login, &mut server);
                How::Failed
            } else {
                let how = check_logins(&[expected.how], row, Case::Pac(self), &login, &mut server);
                if row.shortcoming(Case::Pac(self)).is_some() {
                    return Outcome::FallsShort;
                }
                how[0]
            };
            let new_pac = fs::read(&file).ok() != old;
            assert_eq!(Login { how, new_pac }, expected, "{}", login.lines.join("\n"));
            logins.push(expected);
            if pacs.lifetime == 1 {
                thread::sleep(Duration::from_secs(2));
            }
        }
        Outcome::Pacs(logins)
    }
}

/// For the right cause, in the words of the side that has one.
fn assert_refused(
    row: &Row,
    flaw: Option<Flaw>,
    login: &counterparts::Login,
    server: &mut Process,
) {
    assert_eq!(login.how, [How::Failed], "{}", login.lines.join("\n"));
    let Pair { peer, server: program, .. } = row.pair;
    let server_lines = server.lines_until(program.rejects);
    let has = |lines: &[String], words: &str| lines.iter().any(|line| line.contains(words));
    let is_said = match flaw {
        Some(flaw) => {
            let refusal = (peer.refusal)(flaw).unwrap();
            login.lines.iter().any(|line| refusal.is_said_in(line))
        }
        None => {
            peer.wrong_password.is_some_and(|words| has(&login.lines, words))
                || program.wrong_password.is_some_and(|words| has(&server_lines, words))
        }
    };
    assert!(is_said, "{}\n{}", login.lines.join("\n"), server_lines.join("\n"));
}

impl fmt::Display for PacCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authenticated => "PAC by certificate",
            Self::Anonymous => "PAC from anybody",
            Self::Renewed => "PAC renewed",
            Self::Expired => "PAC expired",
            Self::Foreign => "PAC of another server",
            Self::WrongPassword => "wrong password",
        })
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.how, self.new_pac) {
            (How::Full, false) => "keys",
            (How::Full, true) => "keys + PAC",
            (How::Resumed, false) => "by PAC",
            (How::Resumed, true) => "by PAC + PAC",
            (How::Failed, false) => "refused",
            (How::Failed, true) => "PAC",
        })
    }
}
