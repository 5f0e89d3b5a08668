//! The program `sliderule-ps`: the provisioning system of private SlideRule clusters.

use std::process::ExitCode;

use clap::Parser;
use sliderule_server::cli::CommandLine;

#[tokio::main]
async fn main() -> ExitCode {
    match CommandLine::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "an error of the command line is for whoever typed it, not for a log"
)]
fn complain(error: &sliderule_server::Error) {
    eprintln!("sliderule-ps: {error}");
}
