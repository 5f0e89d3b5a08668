//! What an operator may set: one documented struct, read from a TOML file, from the environment and from flags.
//!
//! Flags go before the environment, the environment before the file, the file before the defaults. Every setting has a
//! default that works on one machine, so that an empty file is a good file. What is no setting is refused.
//!
//! | module | what it holds |
//! |---|---|
//! | [`section`] | how a struct of settings is declared, and what follows from the declaration |
//! | `setting` | what one value may be |
//! | `layers` | file, environment and flags, one on top of the other |
//! | [`secret`] | secrets among the settings |
//! | [`table`] | all settings as a table, for `docs/OPERATIONS.md` |
//! | `github`, `health`, `http`, `log`, `metrics`, `new_organization`, `prices`, `sign_up`, `throttle`, `time_to_live`, `tls`, `tokens`, `warnings` | the
//! sections |
//!
//! A new section is a struct in a file of its own and one line in [`Config`]; `docs/OPERATIONS.md` is held to it.

mod github;
mod health;
mod http;
mod layers;
mod log;
mod metrics;
mod new_organization;
mod prices;
pub mod secret;
pub mod section;
mod setting;
mod sign_up;
pub mod table;
mod throttle;
mod time_to_live;
mod tls;
mod tokens;
mod warnings;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::Terms;

use crate::Error;
use section::{Described, Section, settings};

pub use github::{GitHubApplication, GitHubSettings};
pub use health::HealthSettings;
pub use http::{HttpSettings, ProxyHeader};
pub use log::{Log, LogFormat};
pub use metrics::MetricsSettings;
pub use new_organization::{LARGEST_CLUSTER, NewOrganization};
pub use prices::Prices;
pub use secret::Secret;
pub use sign_up::SignUp;
pub use throttle::ThrottleSettings;
pub use time_to_live::TimeToLive;
pub use tls::Tls;
pub use tokens::TokenLifetimes;
pub use warnings::Warnings;

/// The variable that names the configuration's file.
pub const FILE_VARIABLE: &str = "SLIDERULE_PS_CONFIG";

/// The variable that names the data directory.
pub const DATA_VARIABLE: &str = "SLIDERULE_PS_DATA";

settings! {
    /// The configuration of `sliderule-ps serve`.
    pub struct Config {
        /// Where the public listener listens; port 0 takes a free one.
        #[variable = "SLIDERULE_PS_LISTEN"]
        #[flag = "listen"]
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        /// The domain: the provisioning system is `ps.<domain>`, a cluster `<organization>.<domain>`. Any other host
        /// name reaches everything below one origin.
        #[variable = "SLIDERULE_PS_DOMAIN"]
        #[flag = "domain"]
        domain: String = "localhost".to_owned(),
        /// Where runners and nodes reach the system, and where `/metrics` is. Loopback; port 0 keeps the port of the
        /// last start where that is free.
        #[variable = "SLIDERULE_PS_INTERNAL_LISTEN"]
        #[flag = "internal-listen"]
        internal_listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        /// What `org_ip_adr` answers, where `listen` names no particular address.
        #[variable = "SLIDERULE_PS_PUBLIC_IP"]
        public_ip: Option<IpAddr> = None,
        /// Seconds that a lease lets a node run.
        #[variable = "SLIDERULE_PS_LEASE_SECONDS"]
        lease_seconds: u64 = Terms::LOCAL.lease.as_secs(),
        /// Seconds that stopping a node may take.
        #[variable = "SLIDERULE_PS_TAIL_SECONDS"]
        tail_seconds: u64 = Terms::LOCAL.tail.as_secs(),
        /// Seconds that a node may take from launch to its first registration; at most a lease, which covers the boot.
        #[variable = "SLIDERULE_PS_BOOT_SECONDS"]
        boot_seconds: u64 = Terms::LOCAL.boot.as_secs(),
        /// The program to run as a node in place of `sliderule-node`, with its arguments and the placeholders of the
        /// local engine. It must register with `{orchestrator}/discovery/register`.
        #[variable = "SLIDERULE_PS_NODE_COMMAND"]
        node_command: Option<Vec<String>> = None,
        /// The folder from which the web page is served in place of the one built in.
        #[variable = "SLIDERULE_PS_WWW"]
        #[flag = "www"]
        www: Option<PathBuf> = None,

        #[section]
        /// Certificate and key of the public listener; without them it speaks plain HTTP.
        tls: Option<Tls>,
        #[section]
        /// How long a capacity request may live.
        time_to_live: TimeToLive,
        #[section]
        /// List prices.
        prices: Prices,
        #[section]
        /// When owners are warned that money runs short.
        warnings: Warnings,
        #[section]
        /// How long tokens live.
        tokens: TokenLifetimes,
        #[section]
        /// Connections, and the proxies that stand in front.
        http: HttpSettings,
        #[section]
        /// How much may be tried from one address.
        throttle: ThrottleSettings,
        #[section]
        /// GitHub, with which people may sign in.
        github: GitHubSettings,
        #[section]
        /// What people may do by themselves.
        sign_up: SignUp,
        #[section]
        /// What an organization gets that somebody founds over the API.
        new_organization: NewOrganization,
        #[section]
        /// The log.
        log: Log,
        #[section]
        /// `/metrics`.
        metrics: MetricsSettings,
        #[section]
        /// `/healthz`.
        health: HealthSettings,
    }
}

/// Every setting there is, with its default.
#[must_use]
pub fn known() -> Vec<Described> {
    let mut known = Vec::new();
    Config::default().describe("", &mut known);
    known
}

impl Config {
    /// What the file, if one is named, and the environment say.
    ///
    /// # Errors
    /// The file cannot be read or is not TOML; it or the environment holds something that is not a setting.
    pub fn read(file: Option<&Path>) -> Result<Self, Error> {
        Self::read_with_flags(file, &[])
    }

    /// The same, with what stood behind flags of those names on top.
    ///
    /// # Errors
    /// As of [`read`](Self::read), or a flag holds something that is no such setting.
    pub fn read_with_flags(file: Option<&Path>, flags: &[(&str, String)]) -> Result<Self, Error> {
        let mut config = Self::default();
        if let Some(path) = file {
            layers::file(&mut config, path)?;
        }
        layers::environment(&mut config, std::env::vars_os())?;
        layers::flags(&mut config, flags)?;
        Ok(config)
    }

    /// Checks what no type can.
    ///
    /// # Errors
    /// Two settings contradict each other, or one makes no sense.
    pub fn check(self) -> Result<Self, Error> {
        Section::check(&self)
            .map_err(|why| Error::Input(format!("the configuration cannot be used: {why}")))?;
        let domain = self.domain.trim_end_matches('.').to_ascii_lowercase();
        Ok(Self { domain, ..self })
    }

    /// What is wrong with the settings that are in no section.
    fn sensible(&self) -> Result<(), String> {
        let label = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let refuse = |why: &str| Err(why.to_owned());
        if !self.domain.trim_end_matches('.').split('.').all(label) {
            return refuse("`domain` must be a domain name such as example.org, without scheme and port");
        }
        if !self.internal_listen.ip().is_loopback() {
            return refuse("`internal_listen` must be a loopback address: it serves this machine only");
        }
        if self.lease_seconds == 0 || self.tail_seconds == 0 || self.boot_seconds == 0 {
            return refuse("`lease_seconds`, `tail_seconds` and `boot_seconds` must be greater than 0");
        }
        if self.boot_seconds > self.lease_seconds {
            return refuse(
                "`boot_seconds` must be at most `lease_seconds`: a node's first lease covers its boot",
            );
        }
        if self.node_command.as_ref().is_some_and(Vec::is_empty) {
            return refuse("`node_command` must name a program");
        }
        Ok(())
    }

    /// What the engine's nodes are promised.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            lease: Duration::from_secs(self.lease_seconds),
            tail: Duration::from_secs(self.tail_seconds),
            boot: Duration::from_secs(self.boot_seconds),
        }
    }

    /// What decisions depend on, over an engine's terms.
    #[must_use]
    pub fn policy(&self, terms: Terms) -> Policy {
        Policy { terms, warnings: self.warnings.all() }
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::MicroUsd;
    use sliderule_provisioning::step::Policy;
    use sliderule_provisioning::time::Terms;

    use super::{Config, known, layers};

    fn read(text: &str) -> Config {
        let mut config = Config::default();
        layers::of_text(&mut config, text).unwrap();
        config
    }

    #[test]
    fn an_empty_file_is_a_good_file() {
        let config = read("");
        assert_eq!(config.clone().check().unwrap(), Config::default());
        assert_eq!((config.time_to_live.min_minutes, config.time_to_live.max_minutes), (15, 720));
    }

    #[test]
    fn what_is_set_is_set_and_the_rest_stays() {
        let config = read(
            "domain = \"Example.org.\"\nlease_seconds = 10\nboot_seconds = 5\n[prices]\nnode_hour = \"1.5\"\n[time_to_live]\nmax_minutes = 60",
        );
        let config = config.check().unwrap();
        assert_eq!(config.domain, "example.org");
        assert_eq!(config.prices.node_hour, MicroUsd(1_500_000));
        assert_eq!(config.prices.fixed_hour, MicroUsd(153_000));
        assert_eq!((config.time_to_live.min_minutes, config.time_to_live.max_minutes), (15, 60));
    }

    #[test]
    fn warnings_are_the_usual_ones_unless_they_are_set() {
        let usual = Config::default().policy(Terms::LOCAL);
        assert_eq!(usual, Policy::usual(Terms::LOCAL));
        let set = read("[warnings]\npercent = [90]\ndollars = [\"2.50\"]\nminutes = []");
        let told = format!("{:?}", set.check().unwrap().policy(Terms::LOCAL).warnings);
        assert_eq!(told, "[Percent(90), Dollars(2500000), OutOfFunds]");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_name() {
        for (text, named) in [
            ("domain = \"http://x\"", "domain"),
            ("internal_listen = \"0.0.0.0:0\"", "internal_listen"),
            ("[time_to_live]\nmin_minutes = 900", "time_to_live"),
            ("lease_seconds = 0", "lease_seconds"),
            ("lease_seconds = 10\nboot_seconds = 30", "boot_seconds"),
            ("[warnings]\npercent = [101]", "warnings"),
            ("[warnings]\ndollars = [\"0\"]", "warnings"),
            ("[http]\nmax_connections = 0", "http"),
            ("[throttle]\ntoken_burst = 0", "throttle"),
            ("node_command = []", "node_command"),
            ("[log]\nlevel = \"sqlx=loud\"", "log.level"),
            ("[tokens]\naccess_seconds = 0", "tokens"),
            ("[tokens]\nsession_days = 31", "session_days"),
            ("[tokens]\nkey_days = 0", "key_days"),
            ("[tls]\nkey = \"key.pem\"", "tls.cert"),
        ] {
            let refused = read(text).check().unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }

    #[test]
    fn a_variable_is_named_after_its_key_and_a_flag_too() {
        for setting in known() {
            let name = setting.key.replace('.', "_");
            assert_eq!(setting.variable, format!("SLIDERULE_PS_{}", name.to_ascii_uppercase()));
            if let Some(flag) = setting.flag {
                assert_eq!(flag, name.replace('_', "-"));
            }
        }
    }
}
