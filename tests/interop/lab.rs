//! A test bench of two hosts: network namespaces joined by a cable, and processes in them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The switch's address.
pub(crate) const SWITCH: &str = "02:00:00:00:00:01";
/// The phone's address.
pub(crate) const PHONE: &str = "02:00:00:00:00:02";

/// How long anything may take that is not a protocol time-out of its own.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which end of the cable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Host {
    /// The end with the port that is being protected, interface `sw0`.
    Switch,
    /// The end that wants in, interface `ph0`.
    Phone,
}

/// Two namespaces and a folder for files. All of it goes with the value.
pub(crate) struct Lab {
    name: String,
    folder: PathBuf,
}

impl Lab {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("eap-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        fs::create_dir_all(&folder).unwrap();
        let lab = Self { name, folder };
        let (switch, phone) = (lab.namespace(Host::Switch), lab.namespace(Host::Phone));
        ip(&["netns", "add", &switch]);
        ip(&["netns", "add", &phone]);
        #[rustfmt::skip]
        ip(&[
            "link", "add", "sw0", "address", SWITCH, "netns", &switch, "type", "veth",
            "peer", "name", "ph0", "address", PHONE, "netns", &phone,
        ]);
        ip(&["-n", &switch, "link", "set", "lo", "up"]);
        ip(&["-n", &switch, "link", "set", "sw0", "up"]);
        ip(&["-n", &phone, "link", "set", "ph0", "up"]);
        lab
    }

    fn namespace(&self, host: Host) -> String {
        match host {
            Host::Switch => format!("{}-s", self.name),
            Host::Phone => format!("{}-p", self.name),
        }
    }

    /// A path in the lab's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file into the lab's folder.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Pulls the cable out of the phone, or puts it back.
    pub(crate) fn plug(&self, plugged: bool) {
        let state = if plugged { "up" } else { "down" };
        ip(&["-n", &self.namespace(Host::Switch), "link", "set", "sw0", state]);
    }

    /// Starts a program on a host.
    pub(crate) fn start(&self, host: Host, program: &str, args: &[&str]) -> Process {
        let child = Command::new("ip")
            .args(["netns", "exec", &self.namespace(host), program])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        Process::new(program, child)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for host in [Host::Switch, Host::Phone] {
            let _ = Command::new("ip").args(["netns", "delete", &self.namespace(host)]).status();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A running program whose lines are read as they come. It is killed with the value.
pub(crate) struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    log: Arc<Log>,
    readers: Vec<JoinHandle<()>>,
    /// How many lines earlier expectations have used up.
    read: usize,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

impl Process {
    fn new(program: &str, mut child: Child) -> Self {
        let log = Arc::new(Log::default());
        let readers = vec![
            follow(child.stdout.take().unwrap(), Arc::clone(&log)),
            follow(child.stderr.take().unwrap(), Arc::clone(&log)),
        ];
        let name = Path::new(program).file_name().unwrap().to_str().unwrap().to_owned();
        Self { name, stdin: child.stdin.take(), child, log, readers, read: 0 }
    }

    /// Waits for a line with `text` behind those that earlier calls have found, and gives it.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> String {
        self.expect_within(text, PATIENCE)
    }

    #[track_caller]
    pub(crate) fn expect_within(&mut self, text: &str, patience: Duration) -> String {
        let until = Instant::now() + patience;
        let mut lines = self.log.lines.lock().unwrap();
        loop {
            let found = lines.iter().skip(self.read).position(|line| line.contains(text));
            if let Some(position) = found {
                self.read += position + 1;
                return lines[self.read - 1].clone();
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // A panic with the lock held would leave the log unreadable.
                let printed = lines.join("\n");
                drop(lines);
                panic!("{} did not print {text:?} after line {}:\n{printed}", self.name, self.read);
            }
            lines = self.log.more.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Leaves out the lines so far: later calls find others.
    pub(crate) fn skip(&mut self) {
        self.read = self.log.lines.lock().unwrap().len();
    }

    /// Waits as [`Self::expect`] does, and gives all lines from the first new one on.
    #[track_caller]
    pub(crate) fn lines_until(&mut self, text: &str) -> Vec<String> {
        let start = self.read;
        self.expect(text);
        self.lines()[start..self.read].to_vec()
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.lines.lock().unwrap().clone()
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        // The shell has `kill` built in; a small system may have no program of that name.
        let command = format!("kill -s {name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end, and for the last line.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.readers.drain(..).for_each(|reader| reader.join().unwrap());
                return status;
            }
            assert!(Instant::now() < until, "{} goes on:\n{}", self.name, self.lines().join("\n"));
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stream: impl Read + Send + 'static, log: Arc<Log>) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            log.lines.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            log.more.notify_all();
        }
    })
}

#[track_caller]
fn ip(args: &[&str]) {
    let output = Command::new("ip").args(args).output().expect("iproute2 is installed");
    assert!(output.status.success(), "ip {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
