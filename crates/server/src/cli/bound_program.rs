//! `sliderule-ps bound-program`: the step in which a process that a runner started becomes the node's program.

use std::ffi::OsString;

use clap::Args;
use sliderule_engines::runner::bound;

use crate::Error;

#[derive(Debug, Args)]
pub(super) struct BoundProgram {
    /// Process id of the runner.
    runner: i32,
    /// The program.
    program: OsString,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl BoundProgram {
    /// Returns only if the program cannot be started.
    pub(super) fn run(self) -> Result<(), Error> {
        let why = bound::exec(self.runner, &self.program, &self.arguments);
        Err(Error::io("start the node program")(why))
    }
}
