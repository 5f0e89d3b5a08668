//! Running other programs: each is a line on the terminal with its duration, its output goes to a log, and
//! it is ended when these commands are asked to end.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::closing_lines;
use crate::descendants;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::tree::Tree;

/// How often a waiting command looks whether its program ended or somebody pressed Ctrl-C.
const GLANCE: Duration = Duration::from_millis(100);
/// How often a long step says that it is still at it.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// No step takes this long unless it hangs.
const LIMIT: Duration = Duration::from_secs(30 * 60);
/// How long a program may take to end once it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of a failed program's output is shown.
const SHOWN_LINES: usize = 120;

/// What every command works with.
pub(crate) struct Shell {
    pub(crate) tree: Tree,
    pub(crate) interrupt: Interrupt,
    /// Variables that every program gets.
    environment: RefCell<Vec<(OsString, OsString)>>,
    /// Children that somebody waits for; other processes that become ours are only reaped.
    children: RefCell<Vec<u32>>,
    /// Where temporary folders of these commands go.
    temporary: RefCell<PathBuf>,
}

impl Shell {
    pub(crate) fn open() -> Result<Self> {
        let tree = Tree::find();
        let interrupt = Interrupt::listen()?;
        descendants::adopt();
        let logs = tree.logs();
        fs::create_dir_all(&logs).map_err(Failure::file("make the folder", &logs))?;
        let cargo_target = ("CARGO_TARGET_DIR".into(), tree.cargo_target.clone().into_os_string());
        Ok(Self {
            tree,
            interrupt,
            environment: RefCell::new(vec![cargo_target]),
            children: RefCell::default(),
            temporary: RefCell::new(std::env::temp_dir()),
        })
    }

    /// Gives a variable to every program from now on.
    pub(crate) fn set(&self, name: &str, value: impl AsRef<OsStr>) {
        self.environment.borrow_mut().push((name.into(), value.as_ref().into()));
    }

    /// Makes `folder` the place for temporary files, of these commands and of every program.
    pub(crate) fn set_temporary(&self, folder: PathBuf) {
        self.set("TMPDIR", &folder);
        self.temporary.replace(folder);
    }

    /// A temporary folder, removed with everything in it when dropped.
    pub(crate) fn temporary_folder(&self, prefix: &str) -> Result<tempfile::TempDir> {
        let parent = self.temporary.borrow().clone();
        tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(&parent)
            .map_err(Failure::file("make a temporary folder in", &parent))
    }

    /// A program to run in the repository's root.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.tree.root)
            .stdin(Stdio::null())
            .envs(self.environment.borrow().iter().cloned());
        command
    }

    /// The first line that a program prints when asked for its version, or `None` if it cannot be run.
    pub(crate) fn version(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
    }

    /// Does `work`, and says so: the title at once, the duration when it is done.
    pub(crate) fn timed<T>(&self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        print!("{title} … ");
        flush();
        let began = Instant::now();
        let result = work();
        let seconds = began.elapsed().as_secs_f64();
        match &result {
            Ok(_) => println!("{seconds:.1} s"),
            Err(Failure::Interrupted) => println!("interrupted"),
            Err(_) => println!("failed after {seconds:.1} s"),
        }
        result
    }

    /// Runs a program to its end as one step; its output goes to the log `name` and is returned. If it fails,
    /// the end of its output is shown.
    pub(crate) fn step(&self, title: &str, name: &str, command: &mut Command) -> Result<String> {
        let log = self.tree.logs().join(format!("{name}.log"));
        let outcome = self.timed(title, || {
            let status = self.logged(command, &log)?;
            if status.success() {
                return Ok(());
            }
            let program = command.get_program().to_string_lossy().into_owned();
            let place = log.display();
            Err(Failure::said(format!("{title}: {program} ended with {status}; all it said is in {place}")))
        });
        let output = read_lossy(&log).unwrap_or_default();
        if let Err(Failure::Said(_)) = outcome {
            println!("{}", closing_lines::last(&output, SHOWN_LINES));
        }
        outcome.map(|()| output)
    }

    /// Runs a program to its end with its output in the file `log`, saying now and then where it is.
    fn logged(&self, command: &mut Command, log: &PathBuf) -> Result<ExitStatus> {
        let file = File::create(log).map_err(Failure::file("write", log))?;
        let copy = file.try_clone().map_err(Failure::file("write", log))?;
        let mut child = self.spawn(command.stdout(file).stderr(copy))?;
        let mut beats = 1;
        self.wait(&mut child, |elapsed| {
            if elapsed >= HEARTBEAT * beats {
                beats += 1;
                let line = read_lossy(log).unwrap_or_default();
                let line: String = closing_lines::last(&line, 1).trim().chars().take(90).collect();
                print!("\n    {} s: {line} … ", elapsed.as_secs());
                flush();
            }
        })
    }

    /// Runs a program to its end on the terminal these commands run on.
    pub(crate) fn attached(&self, command: &mut Command) -> Result<ExitStatus> {
        let mut child = self.spawn(command.stdin(Stdio::inherit()))?;
        self.wait(&mut child, |_| {})
    }

    /// Starts a program; it must be waited for with [`Self::wait`] or [`Self::end`].
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        self.interrupt.check()?;
        let child = command.spawn().map_err(|error| {
            Failure::said(format!("cannot start {}: {error}", command.get_program().to_string_lossy()))
        })?;
        self.children.borrow_mut().push(child.id());
        Ok(child)
    }

    /// Waits for a program; ends it when asked to end or when it takes too long. `meanwhile` is called now and then.
    pub(crate) fn wait(&self, child: &mut Child, mut meanwhile: impl FnMut(Duration)) -> Result<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended(child)? {
                return Ok(status);
            }
            if self.interrupt.raised() {
                self.end(child, PATIENCE)?;
                return Err(Failure::Interrupted);
            }
            if began.elapsed() > LIMIT {
                self.end(child, PATIENCE)?;
                return Err(Failure::said(format!("it took longer than {} minutes", LIMIT.as_secs() / 60)));
            }
            meanwhile(began.elapsed());
            self.pause();
        }
    }

    /// How a program ended, if it did.
    pub(crate) fn ended(&self, child: &mut Child) -> Result<Option<ExitStatus>> {
        let status = child
            .try_wait()
            .map_err(|error| Failure::said(format!("cannot wait for process {}: {error}", child.id())))?;
        if status.is_some() {
            self.children.borrow_mut().retain(|id| *id != child.id());
        }
        Ok(status)
    }

    /// Asks a program to end and waits; kills it when `patience` ends. Returns how it ended.
    pub(crate) fn end(&self, child: &mut Child, patience: Duration) -> Result<ExitStatus> {
        // Gone already is as good; the wait below sees it.
        let _ = kill_process(Pid::from_child(child), Signal::TERM);
        let deadline = Instant::now() + patience;
        let mut killed = false;
        loop {
            if let Some(status) = self.ended(child)? {
                return Ok(status);
            }
            if Instant::now() >= deadline && !killed {
                let _ = child.kill();
                killed = true;
            }
            self.pause();
        }
    }

    /// A moment of waiting, in which orphans are collected.
    pub(crate) fn pause(&self) {
        descendants::reap(&self.children.borrow());
        std::thread::sleep(GLANCE);
    }
}

/// A file as text, whatever bytes a program wrote.
pub(crate) fn read_lossy(path: &PathBuf) -> Result<String> {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(Failure::file("read", path))
}

fn flush() {
    // A terminal that went away is no reason to stop working.
    let _ = std::io::stdout().flush();
}
