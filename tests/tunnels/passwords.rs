//! Passwords inside a tunnel: other tries, expired ones (RFC 5281 §11.2.4, RFC 2759), accounts that
//! are locked, tokens that take time.

use std::sync::Arc;

use eap_rs::peap::{PeapPeerConfig, PeapServerConfig};
use eap_rs::ttls::TtlsServerConfig;
use eap_rs::{
    AccountError, AccountRefusal, AuthenticatorConfig, Failure, InnerMethod, MethodType, PeerConfig,
};
use eap_tests::answers::{self, Directory};
use eap_tests::pair::Pair;

use crate::{ANONYMOUS, PASSWORD, Setup, VERSIONS, assert_same, peap, ttls};

/// The tunnel, and what is in it.
type Login = (MethodType, InnerMethod);

/// MS-CHAP-V2 by itself, and as an EAP method.
const MSCHAPV2: [Login; 3] = [
    (MethodType::TTLS, InnerMethod::MsChapV2),
    (MethodType::TTLS, InnerMethod::Eap(MethodType::MSCHAPV2)),
    (MethodType::PEAP, InnerMethod::Eap(MethodType::MSCHAPV2)),
];

const GTC: [Login; 2] = [
    (MethodType::TTLS, InnerMethod::Eap(MethodType::GTC)),
    (MethodType::PEAP, InnerMethod::Eap(MethodType::GTC)),
];

/// Who logs in; without a password, somebody is asked for one.
#[derive(Clone, Copy)]
struct User {
    identity: &'static str,
    password: Option<&'static str>,
}

const ALICE: User = User { identity: crate::ALICE, password: Some(PASSWORD) };
const SOMEBODY: User = User { password: None, ..ALICE };
const MALLORY: User = User { password: Some("wonderlanD"), ..ALICE };

fn pair(setup: &Setup, (outer, inner): Login, user: User, retries: u8) -> Pair {
    let tls = Arc::new(setup.peer().build().unwrap());
    let server_tls = Arc::new(setup.server().build().unwrap());
    let peer = PeerConfig::builder().identity(ANONYMOUS).require_keys();
    let server = AuthenticatorConfig::builder().password_retries(retries);
    let (identity, password) = (Some(user.identity), user.password);
    let inside = |method| {
        let inside = AuthenticatorConfig::builder().method(method);
        inside.password_retries(retries).build().unwrap()
    };
    let (peer, server) = match (outer, inner) {
        (MethodType::PEAP, InnerMethod::Eap(method)) => {
            let user = peap::User { inner: method, identity, password };
            let inner_peer = setup.peap_inner_peer(user).build().unwrap();
            let peap = PeapPeerConfig::builder(tls, inner_peer).build().unwrap();
            let served = PeapServerConfig::builder(server_tls, inside(method)).build().unwrap();
            (peer.peap(peap), server.peap(served))
        }
        (_, inner) => {
            let user = ttls::User { identity, password, ..ttls::User::new(inner) };
            let served = match inner {
                InnerMethod::Eap(method) => {
                    TtlsServerConfig::builder(server_tls).eap(inside(method)).build().unwrap()
                }
                _ => setup.ttls_server(server_tls, inner),
            };
            (peer.ttls(user.builder(setup, tls).build().unwrap()), server.ttls(served))
        }
    };
    Pair::new(1, &peer, &server).at_unix_time(setup.unix_time)
}

fn typing(first: &'static str, retries: &[&'static str]) -> answers::User {
    answers::User { password: first, retries: retries.to_vec(), ..Default::default() }
}

fn each(logins: &[Login], test: impl Fn(&Setup, Login)) {
    for version in VERSIONS {
        for login in logins {
            test(&Setup::new(version), *login);
        }
    }
}

#[track_caller]
fn assert_succeeded(pair: &Pair, (outer, inner): Login) {
    if outer == MethodType::PEAP {
        peap::outcomes(pair);
        return;
    }
    let [peer, server] = [pair.peer.result(), pair.authenticator.result()];
    assert_same(peer.as_ref().unwrap(), server.as_ref().unwrap(), outer, inner);
}

#[track_caller]
fn account_error(failure: &Failure) -> AccountError {
    let Failure::Account(AccountRefusal { error, .. }) = failure else { panic!("{failure:?}") };
    *error
}

#[test]
fn after_a_typo_there_is_one_prompt_for_each_try() {
    each(&MSCHAPV2, |setup, login| {
        for typos in 0..=3_usize {
            let tries = ["typo", "tpyo", "ytpo"];
            let (first, rest) = if typos == 0 {
                (PASSWORD, vec![])
            } else {
                let mut rest = tries[1..typos].to_vec();
                rest.push(PASSWORD);
                (tries[0], rest)
            };
            let pair = pair(setup, login, SOMEBODY, 3).with_user(typing(first, &rest)).drive();
            assert_succeeded(&pair, login);
            assert_eq!(pair.peer.asks("password"), typos + 1, "{login:?}");
            let shown = "wrong name or password (\"Authentication failed\")".to_owned();
            assert_eq!(pair.peer.answers.shown, vec![shown; typos]);
            assert_eq!(pair.authenticator.asks("credential"), typos + 1);
        }
    });
}

#[test]
fn when_the_tries_are_used_up_the_login_has_failed() {
    each(&MSCHAPV2, |setup, login| {
        for retries in 0..=2 {
            let user = typing("typo", &["tpyo", "ytpo", "optyo"]);
            let pair = pair(setup, login, SOMEBODY, retries).with_user(user).drive();
            assert_eq!(pair.peer.asks("password"), usize::from(retries) + 1);
            assert_eq!(account_error(pair.peer.failure()), AccountError::WrongPassword);
            assert_eq!(*pair.authenticator.failure(), Failure::BadCredentials);
        }
    });
}

#[test]
fn a_wrong_password_is_the_cause_also_where_the_peer_does_not_answer_the_refusal() {
    each(&MSCHAPV2, |setup, login| {
        let pair = pair(setup, login, MALLORY, 0).without_last_words().drive();
        assert_eq!(account_error(pair.peer.failure()), AccountError::WrongPassword);
        assert_eq!(*pair.authenticator.failure(), Failure::BadCredentials);
    });
}

#[test]
fn a_bare_failure_is_for_the_password_once_that_has_been_sent() {
    each(&[MSCHAPV2.as_slice(), &GTC].concat(), |setup, login| {
        let (method, _) = login;
        let last = pair(setup, login, ALICE, 0).drive().authenticator.sent.len() - 1;
        // Behind Identity Request and Start.
        let refused = (2..last).map(|packet| {
            let pair = pair(setup, login, ALICE, 0).refusing_from(packet).drive();
            pair.peer.failure().clone()
        });
        let mut reasons = refused.collect::<Vec<_>>();
        reasons.dedup();
        let unfinished = Failure::TlsUnfinished { method };
        let certificate = Failure::CertificateRejected { method };
        assert_eq!(reasons, [unfinished, certificate, Failure::Rejected { method }], "{login:?}");
    });
}

/// What the peer is configured with was wrong: it is not tried again, somebody has to type.
#[test]
fn who_does_not_try_again_has_failed() {
    each(&MSCHAPV2, |setup, login| {
        let pair = pair(setup, login, MALLORY, 3).with_user(typing("", &[])).drive();
        assert_eq!((pair.peer.asks("password"), pair.authenticator.asks("credential")), (1, 1));
        assert_eq!(*pair.peer.failure(), Failure::Declined);
        // A peer that is given up falls silent.
        assert_eq!(*pair.authenticator.failure(), Failure::NoResponse);
    });
}

#[test]
fn an_expired_password_is_changed() {
    each(&MSCHAPV2, |setup, login| {
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, ..Directory::default() };
        let pair = pair(setup, login, ALICE, 0).with_directory(directory).drive();
        assert_succeeded(&pair, login);
        assert_eq!(pair.peer.asked, ["new password"]);
        assert_eq!(pair.authenticator.asked, ["credential", "change password"]);
        let new = answers::User::default().new_password.as_bytes().to_vec();
        assert_eq!(pair.authenticator.answers.changed, Some(new));
        assert_eq!(pair.peer.answers.shown, ["the password has expired (\"Expired\")"]);
    });
}

#[test]
fn a_new_password_that_is_not_stored_is_refused() {
    each(&MSCHAPV2, |setup, login| {
        // Whoever it is that has just logged in, the directory does not know them any more.
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, stores: false, ..Directory::default() };
        let pair = pair(setup, login, ALICE, 0).with_directory(directory).drive();
        assert_eq!(account_error(pair.peer.failure()), AccountError::ChangingPassword);
        assert_eq!(account_error(pair.authenticator.failure()), AccountError::ChangingPassword);
    });
}

#[test]
fn who_does_not_choose_a_new_password_is_not_let_in() {
    each(&MSCHAPV2, |setup, login| {
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, ..Directory::default() };
        let user = answers::User { new_password: "", ..Default::default() };
        let pair = pair(setup, login, ALICE, 0).with_directory(directory).with_user(user);
        let pair = pair.drive();
        assert_eq!(*pair.peer.failure(), Failure::Declined);
        assert_eq!(*pair.authenticator.failure(), Failure::NoResponse);
        assert_eq!(pair.authenticator.answers.changed, None);
    });
}

/// The wrong password of an account whose password has expired does not change it.
#[test]
fn a_wrong_password_does_not_learn_that_it_has_expired() {
    each(&MSCHAPV2, |setup, login| {
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, ..Directory::default() };
        let pair = pair(setup, login, MALLORY, 0).with_directory(directory).drive();
        assert_eq!(account_error(pair.peer.failure()), AccountError::WrongPassword);
        assert_eq!(pair.authenticator.answers.changed, None);
    });
}

/// As many packets, and of the same sizes: but for the server's signature, which is longer or
/// shorter by chance.
#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same_with_other_tries_too() {
    let sizes = |pair: &Pair| {
        let [peer, mut server] = [&pair.peer.sent, &pair.authenticator.sent]
            .map(|sent| sent.iter().map(|(_, packet)| packet.len()).collect::<Vec<_>>());
        server[2] = 0;
        [peer, server]
    };
    each(&MSCHAPV2, |setup, login| {
        let tries = || typing("typo", &["tpyo", "ytpo"]);
        let unknown = User { identity: "alicf@example.org", ..SOMEBODY };
        let [wrong, unknown] =
            [SOMEBODY, unknown].map(|user| pair(setup, login, user, 2).with_user(tries()).drive());
        assert_eq!(sizes(&wrong), sizes(&unknown), "{login:?}");
        assert_eq!(wrong.peer.failure(), unknown.peer.failure());
        assert_eq!(*unknown.authenticator.failure(), Failure::UnknownIdentity);
    });
}

#[test]
fn a_locked_account_is_refused_and_who_locked_it_is_told_why() {
    let restriction = Some(AccountError::Disabled);
    let locked = || Directory { restriction, ..Directory::default() };
    each(&MSCHAPV2, |setup, login| {
        let drive = |user| pair(setup, login, user, 3).with_directory(locked()).drive();
        let refused = drive(ALICE);
        for failure in [refused.peer.failure(), refused.authenticator.failure()] {
            assert_eq!(account_error(failure), AccountError::Disabled, "{login:?}");
        }
        // Who does not know the password learns nothing of the account, and is prompted as ever.
        let refused = drive(MALLORY);
        assert_eq!(*refused.peer.failure(), Failure::Declined);
        let shown = "wrong name or password (\"Authentication failed\")";
        assert_eq!(refused.peer.answers.shown, [shown]);
    });
    each(&GTC, |setup, login| {
        let refused = pair(setup, login, ALICE, 0).with_directory(locked()).drive();
        assert_eq!(*refused.authenticator.failure(), Failure::BadCredentials);
        assert!(matches!(refused.peer.failure(), Failure::Rejected { .. }));
    });
}

/// The server waits for somebody who has to find the token card, and sends its Request again; one
/// prompt is enough.
#[test]
fn a_token_may_take_a_minute() {
    each(&GTC, |setup, login| {
        let slow = answers::User { delay: answers::User::SLOW, ..Default::default() };
        let pair = pair(setup, login, SOMEBODY, 0).with_user(slow).drive();
        assert_succeeded(&pair, login);
        assert_eq!(pair.peer.asked, ["token"]);
        let sent = &pair.authenticator.sent;
        assert!(sent.windows(2).any(|two| two[0].1 == two[1].1), "nothing was sent again");
    });
}
