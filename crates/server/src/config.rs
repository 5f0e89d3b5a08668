//! What an operator may set: one struct, read from a TOML file, with the flags of `serve` on top.
//!
//! Every field has a default that works on one machine, so that an empty file is a good file. A key
//! that is not known here is refused, since a misspelt limit must not silently be no limit.

mod github;
mod http;
mod new_organization;
mod sign_up;
mod throttle;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use sliderule_api::MicroUsd;
use sliderule_provisioning::account::{self, Warning};
use sliderule_provisioning::step::Policy;
use sliderule_provisioning::time::Terms;

use crate::Error;
use crate::auth::key_schedule::KeyTerms;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

pub use github::{GitHubApplication, GitHubSettings};
pub use http::{HttpSettings, ProxyHeader};
pub use new_organization::{LARGEST_CLUSTER, NewOrganization};
pub use sign_up::SignUp;
pub use throttle::ThrottleSettings;

/// The configuration of `sliderule-ps serve`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the public listener listens; port 0 takes a free one. Flag `--listen`.
    pub listen: SocketAddr,
    /// The domain: the provisioning system is `ps.<domain>`, a cluster `<organization>.<domain>`. Any other
    /// host name reaches everything below one origin. Flag `--domain`.
    pub domain: String,
    /// Certificate and key of the public listener; without them it speaks plain HTTP, which is for
    /// loopback and for a proxy in front. Flags `--tls-cert` and `--tls-key`.
    pub tls: Option<Tls>,
    /// Where runners and nodes reach the system. Loopback; port 0 keeps the port of the last start where
    /// that is free.
    pub internal_listen: SocketAddr,
    /// What `org_ip_adr` answers, where `listen` names no particular address.
    pub public_ip: Option<IpAddr>,
    /// How long a capacity request may live.
    pub time_to_live: TimeToLive,
    /// How long a lease lets a node run, in seconds.
    pub lease_seconds: u64,
    /// How long stopping a node may take, in seconds.
    pub tail_seconds: u64,
    /// How long a node may take from launch to its first registration, in seconds; at most a lease, which covers
    /// the boot.
    pub boot_seconds: u64,
    /// The program to run as a node in place of `sliderule-node`, with its arguments and the
    /// placeholders of the local engine.
    pub node_command: Option<Vec<String>>,
    /// List prices.
    pub prices: Prices,
    /// When owners are warned that money runs short.
    pub warnings: Warnings,
    /// How long tokens live.
    pub tokens: TokenLifetimes,
    /// Connections, and the proxies that stand in front.
    pub http: HttpSettings,
    /// How much may be tried from one address.
    pub throttle: ThrottleSettings,
    /// GitHub, with which people may sign in.
    pub github: GitHubSettings,
    /// What people may do by themselves.
    pub sign_up: SignUp,
    /// What an organization gets that somebody founds over the API.
    pub new_organization: NewOrganization,
    /// Serves the web page from this folder in place of the one built in. Flag `--www`.
    pub www: Option<PathBuf>,
}

/// Certificate and key, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate, with what leads to its root.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Limits of the time to live of a capacity request, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeToLive {
    /// At least.
    pub min_minutes: u64,
    /// At most.
    pub max_minutes: u64,
}

/// List prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// One node for an hour, in dollars as text (`"0.226"`). Organizations keep the price at which they were
    /// added.
    #[serde(deserialize_with = "dollars")]
    pub node_hour: MicroUsd,
    /// What a running cluster costs for an hour besides its nodes, in dollars as text (`"0.153"`); likewise.
    #[serde(deserialize_with = "dollars")]
    pub fixed_hour: MicroUsd,
}

/// When owners are warned that money runs short, once each until there is new credit. That nothing is left is always
/// told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Warnings {
    /// So many percent of all credit are spent.
    pub percent: Vec<u8>,
    /// The balance is below so many dollars, as text (`"2.50"`).
    #[serde(deserialize_with = "list_of_dollars")]
    pub dollars: Vec<MicroUsd>,
    /// At its present size the cluster can run for fewer minutes than that.
    pub minutes: Vec<u32>,
}

/// How long tokens, sessions and keys live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenLifetimes {
    /// Seconds that an access token lives.
    pub access_seconds: u64,
    /// Seconds that a refresh token lives.
    pub refresh_seconds: u64,
    /// Days after which a session ends, however often it is refreshed; at most 30.
    pub session_days: u64,
    /// Days that a key signs before another one follows it.
    pub key_days: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            domain: "localhost".to_owned(),
            tls: None,
            internal_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_ip: None,
            time_to_live: TimeToLive::default(),
            lease_seconds: Terms::LOCAL.lease.as_secs(),
            tail_seconds: Terms::LOCAL.tail.as_secs(),
            boot_seconds: Terms::LOCAL.boot.as_secs(),
            node_command: None,
            prices: Prices::default(),
            warnings: Warnings::default(),
            tokens: TokenLifetimes::default(),
            http: HttpSettings::default(),
            throttle: ThrottleSettings::default(),
            github: GitHubSettings::default(),
            sign_up: SignUp::default(),
            new_organization: NewOrganization::default(),
            www: None,
        }
    }
}

impl Default for TimeToLive {
    fn default() -> Self {
        Self { min_minutes: 15, max_minutes: 720 }
    }
}

impl Default for Prices {
    fn default() -> Self {
        let account::Prices { node_hour, fixed_hour } = account::Prices::LIST;
        Self { node_hour, fixed_hour }
    }
}

impl From<Prices> for account::Prices {
    fn from(Prices { node_hour, fixed_hour }: Prices) -> Self {
        Self { node_hour, fixed_hour }
    }
}

impl Default for Warnings {
    fn default() -> Self {
        let mut usual = Self { percent: Vec::new(), dollars: Vec::new(), minutes: Vec::new() };
        for warning in Policy::usual(Terms::LOCAL).warnings {
            match warning {
                Warning::Percent(percent) => usual.percent.push(percent),
                Warning::Dollars(micros) => usual.dollars.push(MicroUsd(micros)),
                Warning::Minutes(minutes) => usual.minutes.push(minutes),
                Warning::OutOfFunds => {}
            }
        }
        usual
    }
}

impl Warnings {
    fn all(&self) -> Vec<Warning> {
        let percent = self.percent.iter().map(|&percent| Warning::Percent(percent));
        let dollars = self.dollars.iter().map(|dollars| Warning::Dollars(dollars.0));
        let minutes = self.minutes.iter().map(|&minutes| Warning::Minutes(minutes));
        percent.chain(dollars).chain(minutes).chain([Warning::OutOfFunds]).collect()
    }
}

impl Default for TokenLifetimes {
    fn default() -> Self {
        Self { access_seconds: 3600, refresh_seconds: 24 * 3600, session_days: 30, key_days: 30 }
    }
}

impl TokenLifetimes {
    /// When a session ends that begins then, in seconds since 1970.
    #[must_use]
    pub fn session_end(&self, now_seconds: u64) -> u64 {
        now_seconds.saturating_add(self.session_days.saturating_mul(DAY))
    }

    /// How long keys serve.
    #[must_use]
    pub fn key_terms(&self) -> KeyTerms {
        KeyTerms { signs_for: self.key_days.saturating_mul(DAY), tokens_live: self.refresh_seconds }
    }
}

impl Config {
    /// Reads a file; without one, the defaults.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or holds something that is not a setting.
    pub fn read(file: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = file else { return Ok(Self::default()) };
        let wrong = |why: String| Error::Input(format!("the configuration {}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        toml::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// Checks what no type can.
    ///
    /// # Errors
    /// Two settings contradict each other, or one makes no sense.
    pub fn check(self) -> Result<Self, Error> {
        let domain = self.domain.trim_end_matches('.').to_ascii_lowercase();
        let label = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let refuse = |why: &str| Err(Error::Input(format!("the configuration cannot be used: {why}")));
        if !domain.split('.').all(label) {
            return refuse("`domain` must be a domain name such as example.org, without scheme and port");
        }
        if !self.internal_listen.ip().is_loopback() {
            return refuse("`internal_listen` must be a loopback address: it serves runners and nodes only");
        }
        let TimeToLive { min_minutes, max_minutes } = self.time_to_live;
        if min_minutes == 0 || min_minutes > max_minutes {
            return refuse("`time_to_live` needs 0 < min_minutes <= max_minutes");
        }
        if self.lease_seconds == 0 || self.tail_seconds == 0 || self.boot_seconds == 0 {
            return refuse("`lease_seconds`, `tail_seconds` and `boot_seconds` must be greater than 0");
        }
        if self.boot_seconds > self.lease_seconds {
            return refuse(
                "`boot_seconds` must be at most `lease_seconds`: a node's first lease covers its boot",
            );
        }
        let Warnings { percent, dollars, minutes } = &self.warnings;
        let percent = percent.iter().all(|percent| (1..=100).contains(percent));
        if !percent || dollars.contains(&MicroUsd::ZERO) || minutes.contains(&0) {
            return refuse("`warnings` needs percent from 1 to 100, and dollars and minutes greater than 0");
        }
        if self.tokens.access_seconds == 0 || self.tokens.refresh_seconds < self.tokens.access_seconds {
            return refuse("`tokens` needs 0 < access_seconds <= refresh_seconds");
        }
        if let Err(why) = self.sign_up.sensible().and_then(|()| self.new_organization.sensible()) {
            return refuse(&why);
        }
        if !(1..=30).contains(&self.tokens.session_days) || self.tokens.key_days == 0 {
            return refuse("`tokens` needs session_days from 1 to 30, and key_days greater than 0");
        }
        if let Err(why) = self.http.sensible().and(self.throttle.sensible()).and(self.github.sensible()) {
            return refuse(why);
        }
        if self.node_command.as_ref().is_some_and(Vec::is_empty) {
            return refuse("`node_command` must name a program");
        }
        Ok(Self { domain, ..self })
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

fn list_of_dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MicroUsd>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let amounts = texts.iter().map(|text| MicroUsd::parse_dollars(text));
    amounts.collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MicroUsd, D::Error> {
    MicroUsd::parse_dollars(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use sliderule_provisioning::step::Policy;
    use sliderule_provisioning::time::Terms;

    use super::{Config, MicroUsd};

    #[test]
    fn an_empty_file_is_a_good_file() {
        let config: Config = toml::from_str("").unwrap();
        assert_eq!(config.clone().check().unwrap(), Config::default());
        assert_eq!((config.time_to_live.min_minutes, config.time_to_live.max_minutes), (15, 720));
    }

    #[test]
    fn what_is_set_is_set_and_the_rest_stays() {
        let config: Config = toml::from_str(
            "domain = \"Example.org.\"\nlease_seconds = 10\nboot_seconds = 5\n[prices]\nnode_hour = \"1.5\"\n[time_to_live]\nmax_minutes = 60",
        )
        .unwrap();
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
        let text = "[warnings]\npercent = [90]\ndollars = [\"2.50\"]\nminutes = []";
        let set: Config = toml::from_str(text).unwrap();
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
            ("[tokens]\nsession_days = 31", "session_days"),
            ("[tokens]\nkey_days = 0", "key_days"),
            ("node_command = []", "node_command"),
            ("[sign_up]\ncontact = \"javascript:alert(1)\"", "sign_up.contact"),
            ("[sign_up]\ncontact = \"https://a b\"", "sign_up.contact"),
            ("[new_organization]\nmax_nodes = 1001", "new_organization.max_nodes"),
            ("[http]\nmax_connections = 0", "http"),
            ("[throttle]\ntoken_burst = 0", "throttle"),
        ] {
            let refused = toml::from_str::<Config>(text).unwrap().check().unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
        assert!(toml::from_str::<Config>("lease_second = 5").is_err(), "a misspelt key is no key");
        assert!(toml::from_str::<Config>("[sign_up]\norganizations = \"all\"").is_err());
    }
}
