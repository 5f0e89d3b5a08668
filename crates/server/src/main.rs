//! The program `sliderule-ps`: the provisioning system of private SlideRule clusters.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use sliderule_server::cli::CommandLine;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match command_line.run().await {
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
