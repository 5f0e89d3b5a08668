//! The HTTP API under load from a second process: status, refresh and capacity, in a house of ten organizations and in
//! one of ten thousand, and beside sign-ins with passwords.
//!
//! In both houses [`MEASURED`] organizations have twenty members each, who order nodes. Status is asked and tokens are
//! refreshed for every organization there is; after the orders, status also for those whose clusters run for twenty
//! members. The server is the program itself, and so is all that it does besides: it boots the nodes, renews their
//! leases and looks at every cluster that changes.
//!
//! | file | what it holds |
//! |---|---|
//! | `plan` | what the second process is told, and answers |
//! | `generator` | the second process |
//! | `connection` | HTTP/1.1 by hand |
//! | `processor` | what a process used of the machine |
//! | `people` | the organizations, their members, and everybody's tokens |

mod connection;
pub(crate) mod generator;
mod people;
mod plan;
mod processor;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::report::{Goal, Report};
use crate::server::Program;
use people::People;
use plan::{Caller, Load, Outcome, Plan};

/// Organizations whose members order nodes.
const MEASURED: usize = 10;

/// Connections that ask at once.
const CONNECTIONS: usize = 64;

const WARM: Duration = Duration::from_millis(1500);
const COUNTED: Duration = Duration::from_secs(5);

/// Sign-ins that go on beside the rest.
const SIGN_INS: usize = 4;

/// Everything comes from one address here.
const UNTHROTTLED: &str = "[throttle]
password_burst = 1000000
passwords_per_second = 1000000
token_burst = 1000000
tokens_per_second = 1000000
";

/// What others say of theirs on two cores, for the table's reader: calls of JupyterHub's API, spawns of its servers, and
/// sign-ins of the stack that the original of this system runs on, each a second.
const LITERATURE: [(&str, &str, f64); 3] = [
    ("jupyterhub_api_per_s", "literature: calls of JupyterHub's API on such a machine", 476.0),
    ("jupyterhub_spawns_per_s", "literature: spawns of JupyterHub on such a machine", 43.0),
    ("original_sign_ins_per_s", "literature: sign-ins of the original's stack on such a machine", 6.5),
];

/// What is measured: its load, what the figures are called, and how many a second there shall be.
const LOADS: [(Load, [&str; 2], f64); 3] = [
    (Load::Status, ["status_per_s", "status_p99_ms"], 20_000.0),
    (Load::Refresh, ["refresh_per_s", "refresh_p99_ms"], 3_000.0),
    (Load::Capacity, ["capacity_per_s", "capacity_p99_ms"], 3_000.0),
];

/// The same at ten thousand organizations.
const AT_MANY: [[&str; 2]; 3] = [
    ["status_per_s_at_10000_orgs", "status_p99_ms_at_10000_orgs"],
    ["refresh_per_s_at_10000_orgs", "refresh_p99_ms_at_10000_orgs"],
    ["capacity_per_s_at_10000_orgs", "capacity_p99_ms_at_10000_orgs"],
];

/// The same with sign-ins beside it.
const BESIDE: [[&str; 2]; 3] = [
    ["status_per_s_beside_sign_ins", "status_p99_ms_beside_sign_ins"],
    ["refresh_per_s_beside_sign_ins", "refresh_p99_ms_beside_sign_ins"],
    ["capacity_per_s_beside_sign_ins", "capacity_p99_ms_beside_sign_ins"],
];

pub(crate) async fn measure(report: &mut Report) {
    let mut few = Api::start(MEASURED).await;
    let at_few = few.measure_all(report, LOADS.map(|load| load.1), "10 organizations", true).await;
    few.measure_running(report).await;
    few.measure_beside_sign_ins(report).await;
    let few_mb = few.stop();

    let mut many = Api::start(10_000).await;
    let at_many = many.measure_all(report, AT_MANY, "10,000 organizations", false).await;
    let many_mb = many.stop();

    let slower = at_few.iter().zip(&at_many).map(|(few, many)| few / many).fold(0.0, f64::max);
    let what = "how many times slower the slowest of them is at 10,000 organizations";
    report.figure("slowdown_at_10000_orgs", what, "x", slower, Some(Goal::Below(1.5)));
    report.figure("rss_mb_at_10_orgs", "most memory the server had, sign-ins included", "MB", few_mb, None);
    let what = "most memory the server had at 10,000 organizations";
    report.figure("rss_mb", what, "MB", many_mb, Some(Goal::Below(200.0)));
    for (name, what, value) in LITERATURE {
        report.figure(name, what, "/s", value, None);
    }
}

/// A server in a house, and everybody who asks it.
struct Api {
    server: Program,
    people: People,
}

impl Api {
    async fn start(organizations: usize) -> Self {
        let mut people = People::settle(organizations, MEASURED).await;
        let server = Program::serve(people.folder(), UNTHROTTLED);
        people.sign_in(&server.url).await;
        Self { server, people }
    }

    /// Each load in turn; the answer is how many there were a second.
    async fn measure_all(
        &mut self,
        report: &mut Report,
        names: [[&'static str; 2]; 3],
        house: &str,
        shares: bool,
    ) -> Vec<f64> {
        let mut all = Vec::new();
        for ((load, _, goal), names) in LOADS.into_iter().zip(names) {
            let measured = self.measure_one(load);
            let what = format!("{load:?}, {CONNECTIONS} connections, {house}");
            measured.add(report, names, &what, Some(Goal::AtLeast(goal)));
            if shares {
                measured.add_shares(report, load);
            }
            all.push(measured.per_second());
        }
        all
    }

    /// The status of the clusters that run by now.
    async fn measure_running(&mut self, report: &mut Report) {
        let names = ["status_running_per_s", "status_running_p99_ms"];
        let what = "Status of clusters that run for 20 members";
        self.run(Load::Status, self.people.members.clone()).add(report, names, what, None);
    }

    /// Each load again, beside sign-ins with passwords.
    async fn measure_beside_sign_ins(&mut self, report: &mut Report) {
        let whole = (WARM + COUNTED) * 4;
        let caller = vec![self.people.careful()];
        let plan = self.plan(Load::SignIn, SIGN_INS, caller, whole);
        let sign_ins = Generator::start(&plan);
        for ((load, ..), names) in LOADS.into_iter().zip(BESIDE) {
            let what = format!(
                "{load:?} beside {SIGN_INS} connections that sign in with passwords, which is in the server's time"
            );
            self.measure_one(load).add(report, names, &what, None);
        }
        let outcome = sign_ins.finish(self.server.id()).outcome;
        let what = "sign-ins with passwords beside all that";
        report.figure("sign_ins_per_s", what, "/s", outcome.answers as f64 / outcome.seconds, None);
    }

    fn measure_one(&mut self, load: Load) -> Measured {
        match load {
            Load::Capacity => self.run(load, self.people.members.clone()),
            _ => {
                let measured = self.run(load, self.people.everybody.clone());
                self.people.everybody.clone_from(&measured.outcome.callers);
                measured
            }
        }
    }

    fn run(&self, load: Load, callers: Vec<Caller>) -> Measured {
        Generator::start(&self.plan(load, CONNECTIONS, callers, COUNTED)).finish(self.server.id())
    }

    fn plan(&self, load: Load, connections: usize, callers: Vec<Caller>, counted: Duration) -> Plan {
        Plan {
            address: self.server.url.trim_start_matches("http://").to_owned(),
            load,
            connections,
            warm_ms: WARM.as_millis() as u64,
            counted_ms: counted.as_millis() as u64,
            callers,
        }
    }

    /// Ends it; the answer is the most memory the server had.
    fn stop(self) -> f64 {
        let peak = processor::peak_mb_of(self.server.id());
        self.server.stop();
        peak
    }
}

/// The second process.
struct Generator {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Generator {
    fn start(plan: &Plan) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(generator::ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut told = child.stdin.take().unwrap();
        told.write_all(serde_json::to_string(plan).unwrap().as_bytes()).unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    /// Waits until it is done, and looks what the server used in the time that counted.
    fn finish(mut self, server: u32) -> Measured {
        assert_eq!(self.line(), "warm");
        let before = processor::seconds_of(server);
        assert_eq!(self.line(), "done");
        let server_seconds = processor::seconds_of(server) - before;
        let outcome = serde_json::from_str(&self.line()).unwrap();
        assert!(self.child.wait().unwrap().success());
        Measured { outcome, server_seconds }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the generator failed; what it says stands above");
        line.trim_end().to_owned()
    }
}

/// One load, and what it cost.
struct Measured {
    outcome: Outcome,
    server_seconds: f64,
}

impl Measured {
    fn per_second(&self) -> f64 {
        self.outcome.answers as f64 / self.outcome.seconds
    }

    fn add(&self, report: &mut Report, [rate, p99]: [&'static str; 2], what: &str, goal: Option<Goal>) {
        let cost = |seconds: f64| seconds * 1e6 / self.outcome.answers as f64;
        let (server, generator) = (cost(self.server_seconds), cost(self.outcome.cpu_seconds));
        let what_rate =
            format!("{what}; processor time for each: server {server:.0} us, generator {generator:.0} us");
        report.figure(rate, what_rate, "/s", self.per_second(), goal);
        let what_p99 = format!("the same, 99th percentile; median {:.2} ms", self.outcome.median_ms);
        report.figure(p99, what_p99, "ms", self.outcome.p99_ms, None);
    }

    /// Whose the processor's time was.
    fn add_shares(&self, report: &mut Report, load: Load) {
        let [server, generator] = match load {
            Load::Status => ["status_server_cpu", "status_generator_cpu"],
            Load::Refresh => ["refresh_server_cpu", "refresh_generator_cpu"],
            Load::Capacity | Load::SignIn => ["capacity_server_cpu", "capacity_generator_cpu"],
        };
        let share = |seconds: f64| seconds * 100.0 / self.outcome.seconds;
        report.figure(
            server,
            "the server's share of a processor meanwhile",
            "%",
            share(self.server_seconds),
            None,
        );
        let what = "the generator's";
        report.figure(generator, what, "%", share(self.outcome.cpu_seconds), None);
    }
}
