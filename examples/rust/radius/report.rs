//! What `radius_peer` prints: lines or JSON objects on standard output, and a progress bar on
//! standard error.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::login::Report;
use crate::names::Named;
use crate::peer_command::Settings;

const BAR_WIDTH: u32 = 30;

/// How often the bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);

/// The method, with what is inside its tunnel.
fn describe(method: Named) -> String {
    match method.inner {
        Some(inner) => format!("{} with {inner}", method.facts.method),
        None => method.facts.method.to_string(),
    }
}

/// Counts logins and prints them.
pub(crate) struct Tally<'a> {
    settings: &'a Settings,
    started: Instant,
    drawn: Option<Instant>,
    bar: bool,
    done: u32,
    failed: u32,
    resumed: u32,
    /// Why the first one failed.
    reason: Option<String>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            started: Instant::now(),
            drawn: None,
            bar: settings.count > 1 && io::stderr().is_terminal(),
            done: 0,
            failed: 0,
            resumed: 0,
            reason: None,
        }
    }

    /// A login has ended.
    pub(crate) fn add(&mut self, report: Report, out: &mut impl Write) -> io::Result<()> {
        self.done += 1;
        self.resumed += u32::from(report.resumed);
        if self.settings.json {
            writeln!(out, "{}", self.json(&report))?;
        } else if self.settings.count == 1 && report.result.is_ok() {
            writeln!(
                out,
                "{} logged in by {}{}: {} round trips, {} ms, keys: {}{}{}",
                self.settings.identity,
                describe(self.settings.method),
                if report.resumed { ", resumed" } else { "" },
                report.round_trips,
                report.millis,
                if report.keys { "equal on both ends" } else { "none" },
                report.vlan.as_ref().map_or(String::new(), |vlan| format!(", VLAN {vlan}")),
                if report.pac_stored { ", a new PAC is stored" } else { "" },
            )?;
        }
        if let Err(reason) = report.result {
            self.failed += 1;
            self.reason.get_or_insert(reason);
        }
        self.draw();
        Ok(())
    }

    fn json(&self, report: &Report) -> serde_json::Value {
        serde_json::json!({
            "result": if report.result.is_ok() { "success" } else { "failure" },
            "method": self.settings.method.name,
            "identity": self.settings.identity,
            "reason": report.result.as_ref().err(),
            "keys": report.keys,
            "resumed": report.resumed,
            "pac_stored": report.pac_stored,
            "vlan": report.vlan.as_ref().map(ToString::to_string),
            "ms": report.millis,
            "round_trips": report.round_trips,
        })
    }

    /// Prints the last lines, and says whether every login has succeeded.
    pub(crate) fn finish(self, out: &mut impl Write) -> io::Result<bool> {
        if self.bar {
            let _ = io::stderr().write_all(b"\n");
        }
        if !self.settings.json {
            let done = self.done;
            if self.settings.count > 1 {
                let resumed = match self.settings.resumptions() {
                    0 => String::new(),
                    _ => format!(", {} resumed", self.resumed),
                };
                let (succeeded, rate) = (done - self.failed, self.rate());
                writeln!(out, "{succeeded} of {done} logins{resumed}, {rate:.1} per second")?;
            }
            match (&self.reason, done) {
                (None, _) => writeln!(out, "SUCCESS")?,
                (Some(reason), 1) => writeln!(out, "FAILURE: {reason}")?,
                (Some(reason), _) => {
                    writeln!(out, "FAILURE: {} of {done} logins: {reason}", self.failed)?;
                }
            }
        }
        Ok(self.failed == 0)
    }

    fn rate(&self) -> f64 {
        f64::from(self.done) / self.started.elapsed().as_secs_f64().max(0.001)
    }

    fn draw(&mut self) {
        let due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW);
        let count = self.settings.logins();
        if !self.bar || !(due || u64::from(self.done) == count) {
            return;
        }
        self.drawn = Some(Instant::now());
        let filled = u64::from(self.done) * u64::from(BAR_WIDTH) / count;
        let bar: String =
            (0..u64::from(BAR_WIDTH)).map(|place| if place < filled { '#' } else { '.' }).collect();
        let line = format!(
            "\r[{bar}] {}/{count}  {:.1} per second  {} failed ",
            self.done,
            self.rate(),
            self.failed
        );
        // Where standard error is closed, there is nobody to look at it.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}
