//! List prices.

use sliderule_api::MicroUsd;
use sliderule_provisioning::account;

use super::section::settings;

settings! {
    /// List prices.
    #[derive(Copy)]
    pub struct Prices {
        /// What one node costs for an hour, in dollars as text. Organizations keep the price at which they were added.
        #[variable = "SLIDERULE_PS_PRICES_NODE_HOUR"]
        node_hour: MicroUsd = account::Prices::LIST.node_hour,
        /// What a running cluster costs for an hour besides its nodes, in dollars as text; likewise.
        #[variable = "SLIDERULE_PS_PRICES_FIXED_HOUR"]
        fixed_hour: MicroUsd = account::Prices::LIST.fixed_hour,
    }
}

impl Prices {
    fn sensible(&self) -> Result<(), String> {
        Ok(())
    }
}

impl From<Prices> for account::Prices {
    fn from(Prices { node_hour, fixed_hour }: Prices) -> Self {
        Self { node_hour, fixed_hour }
    }
}
