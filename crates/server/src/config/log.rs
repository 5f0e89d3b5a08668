//! What is logged, and how it looks.

use tracing_subscriber::EnvFilter;

use super::section::settings;
use super::setting::{Given, Setting};

settings! {
    /// The log, on standard error.
    pub struct Log {
        /// How the log looks: `text`, or `json` for one object a line.
        #[variable = "SLIDERULE_PS_LOG_FORMAT"]
        #[flag = "log-format"]
        format: LogFormat = LogFormat::Text,
        /// What is logged: `error`, `warn`, `info`, `debug`, or directives such as `info,sqlx=warn`; one line for each
        /// request is at `info`. `RUST_LOG` goes before it.
        #[variable = "SLIDERULE_PS_LOG_LEVEL"]
        #[flag = "log-level"]
        level: String = "info".to_owned(),
    }
}

impl Log {
    fn sensible(&self) -> Result<(), String> {
        let filter = EnvFilter::try_new(&self.level);
        filter.map(drop).map_err(|error| format!("`log.level` cannot be understood: {error}"))
    }
}

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Setting for LogFormat {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given.text()? {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("it must be text or json".to_owned()),
        }
    }

    fn written(&self) -> Option<String> {
        let name = match self {
            Self::Text => "text",
            Self::Json => "json",
        };
        name.to_owned().written()
    }
}
