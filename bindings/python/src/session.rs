//! Conversations: the verbs of the core. TLS takes milliseconds, so the interpreter is released
//! while packets and answers are processed.

use std::sync::{Arc, Mutex, PoisonError};

use eap_rs::{AaaRequestId, AnswerKind, Output, QueryId, Signal};
use pyo3::prelude::*;

use crate::config::{AuthenticatorConfig, PeerConfig};
use crate::frozen::frozen;
use crate::random::OsRng;
use crate::text::Bytes;
use crate::{aaa, answer, error, output, time};

frozen! {
    /// What became of a packet.
    Received {
        /// `accepted`, `duplicate` or `discarded`.
        kind: String,
        /// Why it was discarded.
        reason: Option<String> = None,
    }
}

impl From<eap_rs::Received> for Received {
    fn from(received: eap_rs::Received) -> Self {
        let (kind, reason) = match received {
            eap_rs::Received::Accepted => ("accepted", None),
            eap_rs::Received::Duplicate => ("duplicate", None),
            eap_rs::Received::Discarded(reason) => ("discarded", Some(reason.to_string())),
        };
        Self { kind: kind.into(), reason }
    }
}

/// The words for signals that both roles take.
fn signal(py: Python<'_>, name: &str) -> PyResult<Signal> {
    const SIGNALS: [(&str, Signal); 5] = [
        ("restart", Signal::Restart),
        ("alt-accept", Signal::AltAccept),
        ("alt-reject", Signal::AltReject),
        ("port-up", Signal::PortUp),
        ("port-down", Signal::PortDown),
    ];
    SIGNALS.iter().find(|(word, _)| *word == name).map(|(_, signal)| *signal).ok_or_else(|| {
        let words = SIGNALS.map(|(word, _)| word).join(", ");
        error::setting(py, "signal", format!("signal: {name:?} given, accepted: {words}"))
    })
}

/// What the open question wants, so that Python need not say what kind of answer it gives.
#[derive(Default)]
struct OpenQuestion(Option<(u64, AnswerKind)>);

impl OpenQuestion {
    fn follow(&mut self, output: &Output) {
        match output {
            Output::Ask(id, query) => self.0 = Some((id.get(), query.wants())),
            Output::Withdrawn(_) | Output::Finished(_) => self.0 = None,
            _ => {}
        }
    }

    fn read(&self, py: Python<'_>, id: u64, value: &Bound<'_, PyAny>) -> PyResult<eap_rs::Answer> {
        match self.0 {
            Some((open, wants)) if open == id => answer::answer(value, wants),
            _ => Err(error::answer(py, eap_rs::AnswerError::Stale)),
        }
    }
}

/// A session of one thread at a time, which the interpreter sees to: nobody ever waits for the lock.
struct Owned<T>(Mutex<T>);

impl<T> Owned<T> {
    fn new(session: T) -> Self {
        Self(Mutex::new(session))
    }

    fn get(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Defines a session class with the verbs that every role has.
macro_rules! session {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[pyclass(module = "eap_rs")]
        pub(crate) struct $name {
            core: Owned<eap_rs::$name>,
            question: OpenQuestion,
        }

        #[pymethods]
        impl $name {
            $($own)*

            /// Feeds one EAP packet from the lower layer.
            #[pyo3(signature = (packet, now = None))]
            fn handle_packet(
                &mut self,
                py: Python<'_>,
                packet: Bytes<'_>,
                now: Option<f64>,
            ) -> PyResult<Received> {
                let now = time::instant(py, now)?;
                let packet = &*packet;
                Ok(py.detach(|| self.core.get().handle_packet(packet, now)).into())
            }

            /// Answers the open question; `None` declines it. An answer that comes later than
            /// `answer_timeout` is none: `StaleQueryError`.
            #[pyo3(signature = (id, answer, now = None))]
            fn handle_answer(
                &mut self,
                py: Python<'_>,
                id: u64,
                answer: &Bound<'_, PyAny>,
                now: Option<f64>,
            ) -> PyResult<()> {
                let now = time::instant(py, now)?;
                let answer = self.question.read(py, id, answer)?;
                py.detach(|| {
                    let core = self.core.get();
                    core.handle_timeout(now);
                    core.handle_answer(QueryId::new(id), answer, now)
                })
                .map_err(|problem| error::answer(py, problem))
            }

            /// Takes an indication from the lower layer.
            #[pyo3(signature = (signal, now = None))]
            fn handle_signal(
                &mut self,
                py: Python<'_>,
                signal: &str,
                now: Option<f64>,
            ) -> PyResult<()> {
                let now = time::instant(py, now)?;
                self.core.get().handle_signal(self::signal(py, signal)?, now);
                Ok(())
            }

            /// Tells the time. Early and late calls are harmless.
            #[pyo3(signature = (now = None))]
            fn handle_timeout(&mut self, py: Python<'_>, now: Option<f64>) -> PyResult<()> {
                self.core.get().handle_timeout(time::instant(py, now)?);
                Ok(())
            }

            /// Says what the calendar reads: seconds since 1970. It is that of `time.time()` if
            /// this is not called.
            #[pyo3(signature = (unix_seconds, now = None))]
            fn set_unix_time(
                &mut self,
                py: Python<'_>,
                unix_seconds: u64,
                now: Option<f64>,
            ) -> PyResult<()> {
                self.core.get().set_unix_time(unix_seconds, time::instant(py, now)?);
                Ok(())
            }

            /// The next thing to do, or `None` when there is nothing left.
            fn poll_output(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
                while let Some(output) = self.core.get().poll_output() {
                    self.question.follow(&output);
                    if let Some(object) = output::output(py, output)? {
                        return Ok(Some(object));
                    }
                }
                Ok(None)
            }

            /// When `handle_timeout` wants to be called, in seconds of `time.monotonic()`.
            fn poll_timeout(&mut self) -> Option<f64> {
                self.core.get().poll_timeout().map(time::seconds)
            }

            fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
                slf
            }

            fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
                self.poll_output(py)
            }

            fn __repr__(&self) -> &'static str {
                concat!("<eap_rs.", stringify!($name), ">")
            }
        }
    };
}

session! {
    /// One conversation of the side that asks for access. Iterating over it drains its outputs.
    ///
    /// config: may be shared with others.
    ///
    /// `now`, wherever it is, is in seconds of `time.monotonic()`, and that if it is not given.
    Peer {
        #[new]
        fn new(py: Python<'_>, config: PyRef<'_, PeerConfig>) -> PyResult<Self> {
            let mut core = eap_rs::Peer::new(Arc::clone(&config.0), OsRng::new()?);
            core.set_unix_time(time::unix_time(), time::instant(py, None)?);
            Ok(Self { core: Owned::new(core), question: OpenQuestion::default() })
        }
    }
}

session! {
    /// One conversation of the side that grants access. Iterating over it drains its outputs.
    ///
    /// config: may be shared with others.
    ///
    /// `now`, wherever it is, is in seconds of `time.monotonic()`, and that if it is not given.
    Authenticator {
        #[new]
        fn new(py: Python<'_>, config: PyRef<'_, AuthenticatorConfig>) -> PyResult<Self> {
            let mut core = eap_rs::Authenticator::new(Arc::clone(&config.core), OsRng::new()?);
            core.set_unix_time(time::unix_time(), time::instant(py, None)?);
            Ok(Self { core: Owned::new(core), question: OpenQuestion::default() })
        }

        /// Begins the conversation, or begins it again.
        #[pyo3(signature = (now = None))]
        fn start(&mut self, py: Python<'_>, now: Option<f64>) -> PyResult<()> {
            self.core.get().start(time::instant(py, now)?);
            Ok(())
        }

        /// Begins the conversation with a Response to a Request that a NAS has sent (RFC 4137
        /// §6.2).
        #[pyo3(signature = (response, now = None))]
        fn pick_up(
            &mut self,
            py: Python<'_>,
            response: Bytes<'_>,
            now: Option<f64>,
        ) -> PyResult<Received> {
            let now = time::instant(py, now)?;
            let response = &*response;
            Ok(py.detach(|| self.core.get().pick_up(response, now)).into())
        }

        /// Says how long an EAP packet may be on the way to the peer, in octets.
        fn set_mtu(&mut self, octets: usize) {
            self.core.get().set_mtu(octets);
        }
    }
}

session! {
    /// One conversation of an access point or switch that has methods of its own, and an AAA server
    /// for the peers that it does not know (RFC 4137 §7). Iterating over it drains its outputs.
    ///
    /// config: may be shared with others.
    ///
    /// `now`, wherever it is, is in seconds of `time.monotonic()`, and that if it is not given.
    FullAuthenticator {
        #[new]
        fn new(py: Python<'_>, config: PyRef<'_, AuthenticatorConfig>) -> PyResult<Self> {
            let mut core = eap_rs::FullAuthenticator::new(Arc::clone(&config.core), OsRng::new()?);
            core.set_unix_time(time::unix_time(), time::instant(py, None)?);
            Ok(Self { core: Owned::new(core), question: OpenQuestion::default() })
        }

        /// Begins the conversation, or begins it again.
        #[pyo3(signature = (now = None))]
        fn start(&mut self, py: Python<'_>, now: Option<f64>) -> PyResult<()> {
            self.core.get().start(time::instant(py, now)?);
            Ok(())
        }

        /// Takes the AAA server's answer to a request. An answer to any other than the one that is
        /// open is discarded, and so is a Request that is none: then the request stays open.
        #[pyo3(signature = (id, answer, now = None))]
        fn handle_aaa(
            &mut self,
            py: Python<'_>,
            id: u64,
            answer: &Bound<'_, PyAny>,
            now: Option<f64>,
        ) -> PyResult<Received> {
            let now = time::instant(py, now)?;
            let answer = aaa::answer(answer)?;
            Ok(self.core.get().handle_aaa(AaaRequestId::new(id), answer, now).into())
        }

        /// Says how long an EAP packet of our own may be on the way to the peer, in octets. The AAA
        /// server is told by Framed-MTU (RFC 3579 §2.4).
        fn set_mtu(&mut self, octets: usize) {
            self.core.get().set_mtu(octets);
        }
    }
}
