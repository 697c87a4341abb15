//! MS-CHAP-V2 inside the tunnel (RFC 5281 §11.2.4): other tries, and passwords that have expired.

use std::sync::Arc;

use eap_rs::{
    AccountError, AccountRefusal, AuthenticatorConfig, Failure, InnerMethod, MethodType, PeerConfig,
};
use eap_tests::answers::{self, Directory};
use eap_tests::pair::Pair;

use super::User;
use crate::{ANONYMOUS, PASSWORD, Setup, VERSIONS, assert_same};

/// By itself, and as an EAP method.
const METHODS: [InnerMethod; 2] = [InnerMethod::MsChapV2, InnerMethod::Eap(MethodType::MSCHAPV2)];

/// A login of somebody who types what the peer is not configured with.
fn pair(setup: &Setup, user: User, retries: u8) -> Pair {
    let tls = Arc::new(setup.peer().build().unwrap());
    let ttls = user.builder(setup, tls).build().unwrap();
    let peer = PeerConfig::builder().identity(ANONYMOUS).ttls(ttls).require_keys();
    let server = Arc::new(setup.server().build().unwrap());
    let server = match user.inner {
        InnerMethod::Eap(method) => {
            let inside = AuthenticatorConfig::builder().method(method).password_retries(retries);
            let ttls = eap_rs::ttls::TtlsServerConfig::builder(server);
            ttls.eap(inside.build().unwrap()).build().unwrap()
        }
        _ => setup.ttls_server(server, user.inner),
    };
    let server = AuthenticatorConfig::builder().ttls(server).password_retries(retries);
    Pair::new(1, &peer, &server).at_unix_time(setup.unix_time)
}

fn typing(first: &'static str, retries: &[&'static str]) -> answers::User {
    answers::User { password: first, retries: retries.to_vec(), ..Default::default() }
}

fn each(test: impl Fn(&Setup, InnerMethod)) {
    for version in VERSIONS {
        for inner in METHODS {
            test(&Setup::new(version), inner);
        }
    }
}

fn assert_succeeded(pair: &Pair, inner: InnerMethod) {
    let [peer, server] = [pair.peer.result(), pair.authenticator.result()];
    let [peer, server] = [peer.as_ref().unwrap(), server.as_ref().unwrap()];
    assert_same(peer, server, MethodType::TTLS, inner);
}

fn account_error(failure: &Failure) -> AccountError {
    let Failure::Account(AccountRefusal { error, .. }) = failure else { panic!("{failure:?}") };
    *error
}

#[test]
fn after_a_typo_there_is_one_prompt_for_each_try() {
    each(|setup, inner| {
        let nobody = User { password: None, ..User::new(inner) };
        for typos in 0..=3_usize {
            let tries = ["typo", "tpyo", "ytpo"];
            let (first, rest) = if typos == 0 {
                (PASSWORD, vec![])
            } else {
                let mut rest = tries[1..typos].to_vec();
                rest.push(PASSWORD);
                (tries[0], rest)
            };
            let pair = pair(setup, nobody, 3).with_user(typing(first, &rest)).drive();
            assert_succeeded(&pair, inner);
            assert_eq!(pair.peer.asks("password"), typos + 1, "{inner}");
            let shown = "wrong name or password (\"Authentication failed\")".to_owned();
            assert_eq!(pair.peer.answers.shown, vec![shown; typos]);
            assert_eq!(pair.authenticator.asks("credential"), typos + 1);
        }
    });
}

#[test]
fn when_the_tries_are_used_up_the_login_has_failed() {
    each(|setup, inner| {
        let nobody = User { password: None, ..User::new(inner) };
        for retries in 0..=2 {
            let user = typing("typo", &["tpyo", "ytpo", "optyo"]);
            let pair = pair(setup, nobody, retries).with_user(user).drive();
            assert_eq!(pair.peer.asks("password"), usize::from(retries) + 1);
            assert_eq!(account_error(pair.peer.failure()), AccountError::WrongPassword);
            assert_eq!(*pair.authenticator.failure(), Failure::BadCredentials);
        }
    });
}

/// What the peer is configured with was wrong: it is not tried again, somebody has to type.
#[test]
fn who_does_not_try_again_has_failed() {
    each(|setup, inner| {
        let wrong = User { password: Some("wonderlanD"), ..User::new(inner) };
        let pair = pair(setup, wrong, 3).with_user(typing("", &[])).drive();
        assert_eq!((pair.peer.asks("password"), pair.authenticator.asks("credential")), (1, 1));
        assert_eq!(*pair.peer.failure(), Failure::Declined);
        // A peer that is given up falls silent.
        assert_eq!(*pair.authenticator.failure(), Failure::NoResponse);
    });
}

#[test]
fn an_expired_password_is_changed() {
    each(|setup, inner| {
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, ..Directory::default() };
        let pair = pair(setup, User::new(inner), 0).with_directory(directory).drive();
        assert_succeeded(&pair, inner);
        assert_eq!(pair.peer.asked, ["new password"]);
        assert_eq!(pair.authenticator.asked, ["credential", "change password"]);
        let new = answers::User::default().new_password.as_bytes().to_vec();
        assert_eq!(pair.authenticator.answers.changed, Some(new));
        assert_eq!(pair.peer.answers.shown, ["the password has expired (\"Expired\")"]);
    });
}

#[test]
fn a_new_password_that_is_not_stored_is_refused() {
    each(|setup, inner| {
        // Whoever it is that has just logged in, the directory does not know them any more.
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, stores: false, ..Directory::default() };
        let pair = pair(setup, User::new(inner), 0).with_directory(directory).drive();
        assert_eq!(account_error(pair.peer.failure()), AccountError::ChangingPassword);
        assert_eq!(account_error(pair.authenticator.failure()), AccountError::ChangingPassword);
    });
}

#[test]
fn who_does_not_choose_a_new_password_is_not_let_in() {
    each(|setup, inner| {
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, ..Directory::default() };
        let user = answers::User { new_password: "", ..Default::default() };
        let pair = pair(setup, User::new(inner), 0).with_directory(directory).with_user(user);
        let pair = pair.drive();
        assert_eq!(*pair.peer.failure(), Failure::Declined);
        assert_eq!(*pair.authenticator.failure(), Failure::NoResponse);
        assert_eq!(pair.authenticator.answers.changed, None);
    });
}

/// The wrong password of an account whose password has expired does not change it.
#[test]
fn a_wrong_password_does_not_learn_that_it_has_expired() {
    each(|setup, inner| {
        let restriction = Some(AccountError::PasswordExpired);
        let directory = Directory { restriction, ..Directory::default() };
        let wrong = User { password: Some("wonderlanD"), ..User::new(inner) };
        let pair = pair(setup, wrong, 0).with_directory(directory).drive();
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
    each(|setup, inner| {
        let tries = || typing("typo", &["tpyo", "ytpo"]);
        let nobody = User { password: None, ..User::new(inner) };
        let unknown = User { identity: Some("alicf@example.org"), ..nobody };
        let [wrong, unknown] =
            [nobody, unknown].map(|user| pair(setup, user, 2).with_user(tries()).drive());
        assert_eq!(sizes(&wrong), sizes(&unknown), "{inner}");
        assert_eq!(wrong.peer.failure(), unknown.peer.failure());
        assert_eq!(*unknown.authenticator.failure(), Failure::UnknownIdentity);
    });
}

/// The server waits for somebody who has to find the token card, and sends its Request again; one
/// prompt is enough.
#[test]
fn a_token_may_take_a_minute() {
    for version in VERSIONS {
        let setup = Setup::new(version);
        let gtc = User { password: None, ..User::new(InnerMethod::Eap(MethodType::GTC)) };
        let slow = answers::User { delay: answers::User::SLOW, ..Default::default() };
        let pair = pair(&setup, gtc, 0).with_user(slow).drive();
        assert_succeeded(&pair, InnerMethod::Eap(MethodType::GTC));
        assert_eq!(pair.peer.asked, ["token"]);
        let sent = &pair.authenticator.sent;
        assert!(sent.windows(2).any(|two| two[0].1 == two[1].1), "nothing was sent again");
    }
}
