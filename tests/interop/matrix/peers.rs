//! The programs that log in.

use super::certificates::{CLIENT_NAME, Flaw, SERVER_NAME};
use super::counterparts::{How, Login, Peer, Refusal, Setup, hostap_heard};
use super::pacs::Provisioning;
use crate::certificates::Certificate;
use crate::radius::{SECRET, eapol_test, radius_peer};

pub(crate) const RADIUS_PEER: Peer = Peer {
    name: "radius_peer",
    log_in: |setup, method, Certificate { certificate, key, .. }, version, resumptions| {
        let Setup { lab, family, pki, fragment_size, pacs, password } = *setup;
        let fragment_size = fragment_size.to_string();
        let pac_file = pacs.file(lab);
        let mut args = Vec::new();
        if pacs.taken != Provisioning::Anonymous {
            args.extend(["--ca", &pki.ca, "--crl", &pki.crl, "--server-name", SERVER_NAME]);
            args.extend(["--fragment-size", &fragment_size]);
        }
        args.extend(["--tls-min", version, "--tls-max", version]);
        args.extend(family.radius_peer.iter().map(|argument| match *argument {
            "PASSWORD" => password,
            "CERTIFICATE" => certificate,
            "KEY" => key,
            "PACS" => &pac_file,
            "PROVISIONING" => pacs.taken.name(),
            other => other,
        }));
        let resumptions = resumptions.to_string();
        if resumptions != "0" {
            args.extend(["--resume", &resumptions]);
        }
        let lines = radius_peer(lab, method.flag, CLIENT_NAME, &args);
        let prefix = format!("{CLIENT_NAME} logged in by {}", method.name);
        let how = lines.iter().filter_map(|line| {
            let with_keys = line.contains(", keys: equal on both ends");
            match line.strip_prefix(&prefix)?.split_once(": ")?.0 {
                "" if with_keys => Some(How::Full),
                ", resumed" if with_keys => Some(How::Resumed),
                _ => None,
            }
        });
        let failure =
            lines.iter().filter(|line| line.starts_with("FAILURE: ")).map(|_| How::Failed);
        Login {
            how: how.chain(failure).collect(),
            round_trips: lines.iter().filter_map(|line| round_trips(line)).sum(),
            lines,
        }
    },
    wrong_password: Some("wrong name or password"),
    refusal: Refusal::ours,
    heard: |method, lines| {
        let [line] = lines else { panic!("{lines:?}") };
        let why = line.strip_prefix("FAILURE: ").unwrap();
        let alert = why.strip_prefix("refused by the other side: ");
        if alert.is_none() {
            let reason = "the network refused the login: certificate not accepted, or not allowed";
            assert_eq!(why, format!("{reason} ({})", method.name));
        }
        alert.map(str::to_owned)
    },
    remark: "",
};

pub(crate) const EAPOL_TEST: Peer = Peer {
    name: "eapol_test",
    log_in: |setup, method, Certificate { certificate, key, .. }, version, resumptions| {
        let Setup { lab, family, pki, fragment_size, pacs, password } = *setup;
        let ca = &pki.ca;
        // By a certificate it opens a tunnel only for a PAC; the server may have none for it.
        let provisioning = match pacs.taken {
            Provisioning::Off => Provisioning::Authenticated,
            taken => taken,
        };
        let phase1 = family.phase1.replace("PROVISIONING", provisioning.number());
        let credentials = format!("{}{}", method.eapol_test, family.eapol_test)
            .replace("\"CA\"", &format!("\"{ca}\""))
            .replace("PASSWORD", password)
            .replace("CERTIFICATE", certificate)
            .replace("KEY", key)
            .replace("PACS", &pacs.file(lab));
        let trust = match pacs.taken {
            Provisioning::Anonymous => String::new(),
            _ => format!("ca_cert=\"{ca}\"\ndomain_match=\"{SERVER_NAME}\"\n"),
        };
        // OpenSSL takes the lowest versions without a gap between them.
        let (no_1_2, no_1_3) = (u8::from(version != "1.2"), u8::from(version != "1.3"));
        let network = format!(
            "{trust}fragment_size={fragment_size}\n\
             phase1=\"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 \
             tls_disable_tlsv1_2={no_1_2} tls_disable_tlsv1_3={no_1_3} \
             tls_disable_session_ticket=0{phase1}\"\n{credentials}"
        );
        let times = resumptions.to_string();
        let mut eapol_test = eapol_test(lab, &network, SECRET, &["-r", &times]);
        eapol_test.wait();
        let lines = eapol_test.lines();
        // Without -n the verdict is about the keys, too.
        let success = lines.last().is_some_and(|it| it == "SUCCESS");
        let mut logins: Vec<_> =
            lines.split(|it| it.starts_with("CTRL-EVENT-EAP-SUCCESS")).collect();
        logins.pop();
        let how = logins.iter().map(|login| {
            let resumed = login.iter().any(|it| it == "OpenSSL: Handshake finished - resumed=1");
            if resumed { How::Resumed } else { How::Full }
        });
        // A login that fails counts as one whose keys do not match.
        let mismatches = if success { 0 } else { logins.len().abs_diff(resumptions + 1) };
        let all_keys = format!("MPPE keys OK: {}  mismatch: {mismatches}", logins.len());
        let how = how.filter(|_| lines.contains(&all_keys));
        let failure = (!success).then_some(How::Failed);
        Login {
            how: how.chain(failure).collect(),
            round_trips: lines.iter().filter(|it| it.starts_with("decapsulated EAP")).count(),
            lines,
        }
    },
    wrong_password: None,
    refusal: |flaw| match flaw {
        Flaw::Expired => {
            Refusal::with_alert("verification failed, error 10 (certificate has expired) …", 45)
        }
        Flaw::ForeignCa => Refusal::with_alert(
            "verification failed, error 20 (unable to get local issuer certificate) …",
            48,
        ),
        Flaw::WrongUsage => Refusal::with_alert(
            "verification failed, error 26 (unsuitable certificate purpose) …",
            43,
        ),
        Flaw::WrongName => {
            Refusal::with_alert("TLS: Domain match 'radius.example.org' not found", 80)
        }
        Flaw::Revoked => None,
    },
    heard: hostap_heard,
    remark: "eapol_test has no setting for revocation lists: it learns that a server is revoked by \
             OCSP only.",
};

/// In the report of `radius_peer`.
fn round_trips(line: &str) -> Option<usize> {
    let (before, _) = line.split_once(" round trips, ")?;
    before.rsplit(' ').next()?.parse().ok()
}
