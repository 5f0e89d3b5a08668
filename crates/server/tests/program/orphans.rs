//! Orphans of six kinds, injected while no server runs and while one does: all are found within two scans, and no node
//! is touched that is wanted.
//!
//! 1. a node of acme that nobody recorded; 2. a node of an organization that does not exist; 3. a node whose record says
//!    that it is gone; 4. a node whose runner was killed, and of which something lives on; 5. a node whose folder says
//!    nothing; 6. a record of a node of which nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sliderule_control::reconciler::PERIOD;
use sliderule_control::{Store, Writer};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::time::Moment;

use crate::proof::has_node;
use crate::proof::member::Member;
use crate::proof::processes::{self, Alive};
use crate::proof::settled::settled;
use crate::proof::stream;
use crate::proof::world::{Times, World};

/// What ending a process, once it is found, may take.
const SLACK: Duration = Duration::from_secs(2);

/// A process that looks after nothing and ends only by a signal.
fn sleeper(input: File) -> Child {
    Command::new("sleep").arg("600").stdin(Stdio::from(input)).process_group(0).spawn().unwrap()
}

/// Takes a lock file as a runner or a program has it.
fn locked(path: &Path) -> File {
    let file = File::create(path).unwrap();
    file.lock().unwrap();
    file
}

/// A node that no server started: its folder with that in its `spec.json`, a runner and a program.
struct Forged {
    name: &'static str,
    runner: Child,
    program: Child,
}

impl Forged {
    fn new(world: &World, name: &'static str, spec: &str) -> Self {
        let folder = world.data().join("nodes").join(name);
        // As the engine does: whoever lists it finds it either held or not at all.
        let draft = world.data().join("nodes").join(format!(".draft of {name}"));
        fs::create_dir_all(&draft).unwrap();
        fs::write(draft.join("spec.json"), spec).unwrap();
        let (runner, program) = (locked(&draft.join("runner.lock")), locked(&draft.join("node.lock")));
        fs::rename(&draft, &folder).unwrap();
        let (runner, program) = (sleeper(runner), sleeper(program));
        fs::write(folder.join("runner.pid"), runner.id().to_string()).unwrap();
        let running = json!({ "address": "http://127.0.0.1:1", "group": program.id() });
        fs::write(folder.join("node.json"), running.to_string()).unwrap();
        Self { name, runner, program }
    }
}

impl Drop for Forged {
    fn drop(&mut self) {
        for child in [&mut self.runner, &mut self.program] {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }
}

fn spec_of(organization: &str) -> String {
    let spec = json!({
        "organization": organization, "version": "v4.0.4", "command": ["sleep", "600"],
        "tail_ms": 1000, "boot_ms": 1000,
    });
    spec.to_string()
}

/// A node program that leaves something behind when it is killed alone.
fn with_a_companion() -> String {
    let node = crate::ps::program().with_file_name("sliderule-node");
    let command = [
        "sh",
        "-c",
        // A shell gives what it starts in the background no standard input unless it is told to.
        "exec 3<&0; sleep 600 <&3 3<&- & exec 3<&-; exec \"$0\" \"$@\"",
        node.to_str().unwrap(),
        "--listen",
        "{address}",
        "--announce",
        "{version}",
        "--organization",
        "{organization}",
        "--orchestrator",
        "{orchestrator}",
    ];
    format!("node_command = {}\n", json!(command))
}

fn signal(ids: impl IntoIterator<Item = i32>) {
    for id in ids {
        kill_process(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
    }
}

/// Marks a node gone behind everybody's back.
async fn forget(world: &World, node: &str) {
    let db = world.database().await;
    let mut decide =
        |_: &_| vec![Change::Gone { node: node.parse().unwrap(), at: Moment(0), failed_boot: false }];
    let changed = db.change(Writer::Operator, &["acme".parse().unwrap()], &mut decide).await.unwrap();
    changed.into_iter().for_each(|changed| changed.outcome.unwrap());
    db.close().await;
}

async fn found_while(serving: bool) {
    if !has_node() {
        return;
    }
    let mut world = World::with(Times::USUAL, &with_a_companion());
    world.start().await;
    let ada = Member::sign_in(&world, "ada").await.unwrap();
    ada.order("five", 5, 3600).await.yes().unwrap();
    let nodes: Vec<String> = settled(&mut world, &ada).await.unwrap().nodes().into_iter().collect();
    let [adopted, illegible, forgotten, bereft, vanished] = nodes.as_slice() else { panic!("{nodes:?}") };
    let before = processes::of(world.data());
    assert_eq!(before[bereft].program.len(), 2, "the program and what it leaves behind");
    let address = stream::address(&world, adopted).unwrap();
    let stream = stream::Stream::begin(&world, adopted, &address).await.unwrap();
    // Wanted, and its folder does not say whose it is: whoever has a record of it keeps it.
    fs::write(world.folder_of(illegible).join("spec.json"), "{").unwrap();

    if !serving {
        world.kill();
    }
    let forged = [
        Forged::new(&world, "forged-unrecorded", &spec_of("acme")),
        Forged::new(&world, "forged-of-nobody", &spec_of("nowhere")),
        Forged::new(&world, "forged-illegible", "no JSON"),
    ];
    forget(&world, forgotten).await;
    signal(before[bereft].runner.iter().copied());
    signal(before[vanished].all());
    if !serving {
        fs::remove_dir_all(world.folder_of(vanished)).unwrap();
        world.start().await;
    }
    let injected = Instant::now();

    let orphans: BTreeSet<&str> =
        forged.iter().map(|forged| forged.name).chain([forgotten.as_str()]).collect();
    all_found(&world, &orphans, &before, bereft, injected).await;
    let ada = Member::sign_in(&world, "ada").await.unwrap();
    let after = settled(&mut world, &ada).await.unwrap().nodes();
    assert!(injected.elapsed() < 2 * PERIOD + 2 * SLACK, "replaced only after {:?}", injected.elapsed());
    let kept: BTreeSet<&String> = after.iter().filter(|node| nodes.contains(node)).collect();
    assert_eq!(kept, BTreeSet::from([adopted, illegible]), "what was adopted is kept, and nothing else");
    let alive = processes::of(world.data());
    for node in [adopted, illegible] {
        assert_eq!(alive[node], before[node], "the processes of an adopted node are the same");
    }
    assert!(stream.finish().await.expect("an adopted node's stream is unharmed") > 100);

    ada.destroy().await.yes().unwrap();
    settled(&mut world, &ada).await.unwrap();
    world.stop().await;
    assert!(processes::of(world.data()).is_empty());
}

/// Waits until nothing lives of the orphans, nor of what a killed runner left; at most two scans.
async fn all_found(
    world: &World,
    orphans: &BTreeSet<&str>,
    before: &BTreeMap<String, Alive>,
    bereft: &str,
    injected: Instant,
) {
    loop {
        let alive = processes::of(world.data());
        let left: Vec<&String> = alive.keys().filter(|node| orphans.contains(node.as_str())).collect();
        let remains = alive
            .get(bereft)
            .is_some_and(|alive| alive.all().any(|id| before[bereft].all().any(|was| was == id)));
        if left.is_empty() && !remains {
            return;
        }
        assert!(injected.elapsed() < 2 * PERIOD + SLACK, "after two scans there is {left:?}, {remains}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn orphans_injected_while_no_server_runs_are_found_by_the_next_one() {
    found_while(false).await;
}

#[tokio::test]
async fn orphans_injected_while_the_server_runs_are_found_within_two_scans() {
    found_while(true).await;
}
