//! Who may read the numbers, and how fine they are.

use std::path::PathBuf;

use super::Secret;
use super::section::settings;

settings! {
    /// `/metrics`. On the internal listener it needs no token.
    pub struct MetricsSettings {
        /// The token for `/metrics` on the public listener; without one it is not there. From the environment only.
        #[variable = "SLIDERULE_PS_METRICS_TOKEN"]
        token: Option<Secret> = None,
        /// The file that holds this token.
        #[variable = "SLIDERULE_PS_METRICS_TOKEN_FILE"]
        token_file: Option<PathBuf> = None,
        /// Whether nodes and money are counted for every organization by name, too. With many organizations that is
        /// many series.
        #[variable = "SLIDERULE_PS_METRICS_ORGANIZATIONS"]
        organizations: bool = false,
    }
}

impl MetricsSettings {
    fn sensible(&self) -> Result<(), String> {
        match self.token.is_some() && self.token_file.is_some() {
            true => Err("`metrics.token` and `metrics.token_file` are both set; choose one".to_owned()),
            false => Ok(()),
        }
    }
}
