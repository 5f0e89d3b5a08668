//! When the server calls itself healthy.

use super::section::settings;

settings! {
    /// `/healthz`.
    #[derive(Copy)]
    pub struct HealthSettings {
        /// Mebibytes that must be free where the data directory is.
        #[variable = "SLIDERULE_PS_HEALTH_MIN_FREE_MIB"]
        min_free_mib: u64 = 64,
    }
}

impl HealthSettings {
    fn sensible(&self) -> Result<(), String> {
        Ok(())
    }
}
