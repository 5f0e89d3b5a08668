//! File, environment and flags, one on top of the other.
//!
//! Always holds: what is not a setting is refused wherever it stands, since a misspelt limit must not silently be no
//! limit; a refusal names the place and never the value.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::section::{Described, Section};
use super::setting::Given;
use super::{Config, known};
use crate::Error;

/// Every variable of ours begins like this.
const PREFIX: &str = "SLIDERULE_PS_";

/// Variables that are arguments of the command line and no settings.
const OF_THE_COMMAND_LINE: [&str; 2] = [super::FILE_VARIABLE, super::DATA_VARIABLE];

/// Sets what the file says.
pub(super) fn file(config: &mut Config, path: &Path) -> Result<(), Error> {
    let wrong = |why: String| Error::Input(format!("the configuration {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    of_text(config, &text).map_err(wrong)
}

/// Sets what the text of a file says.
pub(super) fn of_text(config: &mut Config, text: &str) -> Result<(), String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let known = known();
    let mut found = Vec::new();
    flatten("", &table, &known, &mut found);
    for (key, value) in found {
        if !known.iter().any(|setting| setting.key == key) {
            return Err(unknown(&key, &known));
        }
        config.set(&key, Given::File(value)).map_err(|why| format!("`{key}`: {why}"))?;
    }
    Ok(())
}

/// What to say of a key that is none.
fn unknown(key: &str, known: &[Described]) -> String {
    if is_section(key, known) {
        return format!("`{key}` is a section; write [{key}] and its settings below");
    }
    let keys = known.iter().map(|setting| setting.key.as_str());
    format!("there is no setting `{key}`; the nearest is `{}`", nearest(key, keys))
}

/// Sets what the variables say; those of others are left alone.
pub(super) fn environment(
    config: &mut Config,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), Error> {
    let known = known();
    for (name, value) in variables {
        let Some(name) = ours(&name) else { continue };
        let wrong = |why: String| Error::Input(format!("the environment's {name}: {why}"));
        let Some(setting) = known.iter().find(|setting| setting.variable == name) else {
            let variables = known.iter().map(|setting| setting.variable);
            return Err(wrong(format!(
                "there is no such setting; the nearest is {}",
                nearest(&name, variables)
            )));
        };
        let text = value.to_str().ok_or_else(|| wrong("it is not UTF-8".to_owned()))?;
        config.set(&setting.key, Given::Text(text)).map_err(wrong)?;
    }
    Ok(())
}

/// Sets what stood behind flags.
pub(super) fn flags(config: &mut Config, flags: &[(&str, String)]) -> Result<(), Error> {
    let known = known();
    for (flag, text) in flags {
        for setting in known.iter().filter(|setting| setting.flag == Some(flag)) {
            let set = config.set(&setting.key, Given::Text(text));
            set.map_err(|why| Error::Input(format!("--{flag}: {why}")))?;
        }
    }
    Ok(())
}

/// The name of a variable that is meant for us.
fn ours(name: &OsStr) -> Option<String> {
    let name = name.to_string_lossy();
    let is_ours = name.starts_with(PREFIX) && !OF_THE_COMMAND_LINE.contains(&&*name);
    is_ours.then(|| name.into_owned())
}

/// Whether there are settings below that key.
fn is_section(key: &str, known: &[Described]) -> bool {
    known.iter().any(|setting| setting.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// Every value of a table with its whole key. An empty table counts as a value where it is no section of ours, so that
/// it is refused like every other.
fn flatten<'a>(
    prefix: &str,
    table: &'a toml::Table,
    known: &[Described],
    into: &mut Vec<(String, &'a toml::Value)>,
) {
    for (name, value) in table {
        let key = super::section::below(prefix, name);
        match value {
            toml::Value::Table(inner) if is_section(&key, known) || !inner.is_empty() => {
                flatten(&key, inner, known, into);
            }
            value => into.push((key, value)),
        }
    }
}

/// What was meant, most likely.
fn nearest<'a>(wrong: &str, right: impl Iterator<Item = &'a str>) -> &'a str {
    right.min_by_key(|right| strsim::damerau_levenshtein(wrong, right)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Config, environment, flags, of_text};

    fn in_file(text: &str) -> Result<Config, String> {
        let mut config = Config::default();
        of_text(&mut config, text).map(|()| config)
    }

    fn in_environment(variables: &[(&str, &str)]) -> Result<Config, String> {
        let mut config = Config::default();
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        environment(&mut config, variables).map(|()| config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_flag_goes_before_a_variable_and_a_variable_before_the_file() {
        let mut config = in_file("domain = \"file\"\nlease_seconds = 7\ntail_seconds = 7").unwrap();
        let variables = [("SLIDERULE_PS_DOMAIN", "variable"), ("SLIDERULE_PS_LEASE_SECONDS", "8")];
        environment(&mut config, variables.map(|(name, value)| (name.into(), value.into()))).unwrap();
        flags(&mut config, &[("domain", "flag".to_owned())]).unwrap();
        assert_eq!((config.domain.as_str(), config.lease_seconds, config.tail_seconds), ("flag", 8, 7));
        assert_eq!(config.boot_seconds, Config::default().boot_seconds);
    }

    #[test]
    fn what_is_no_setting_is_refused_with_the_nearest_one() {
        for (text, told) in [
            ("lease_second = 5", "there is no setting `lease_second`; the nearest is `lease_seconds`"),
            ("[token]\naccess_seconds = 5", "the nearest is `tokens.access_seconds`"),
            ("[tokens]\nacces_seconds = 5", "the nearest is `tokens.access_seconds`"),
            ("[domain]\nname = 5", "there is no setting `domain.name`; the nearest is `domain`"),
            ("[lug]", "there is no setting `lug`; the nearest is `"),
            ("tokens = 5", "`tokens` is a section; write [tokens] and its settings below"),
        ] {
            let refused = in_file(text).unwrap_err();
            assert!(refused.contains(told), "{refused}");
        }
        let refused = in_environment(&[("SLIDERULE_PS_TOKEN_ACCESS_SECONDS", "5")]).unwrap_err();
        let right = "the nearest is SLIDERULE_PS_TOKENS_ACCESS_SECONDS";
        assert!(
            refused.contains("SLIDERULE_PS_TOKEN_ACCESS_SECONDS") && refused.ends_with(right),
            "{refused}"
        );
    }

    #[test]
    fn variables_of_others_and_of_the_command_line_are_left_alone() {
        let others = [("SLIDERULE_PS", "x"), ("PATH", "/bin"), ("SLIDERULE_PS_DATA", "/data")];
        assert_eq!(in_environment(&others).unwrap(), Config::default());
    }

    #[test]
    fn a_refusal_names_the_place_and_not_the_value() {
        let refused = in_file("[tokens]\naccess_seconds = \"hunter2\"").unwrap_err();
        assert!(refused.contains("`tokens.access_seconds`") && !refused.contains("hunter2"), "{refused}");
        let refused = in_environment(&[("SLIDERULE_PS_LEASE_SECONDS", "hunter2")]).unwrap_err();
        assert!(refused.contains("SLIDERULE_PS_LEASE_SECONDS") && !refused.contains("hunter2"), "{refused}");
        let refused =
            flags(&mut Config::default(), &[("listen", "hunter2".to_owned())]).unwrap_err().to_string();
        assert!(refused.contains("--listen") && !refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn a_section_that_may_be_absent_is_there_once_one_of_its_settings_is() {
        assert_eq!(in_file("[tls]").unwrap().tls, None);
        let config = in_environment(&[("SLIDERULE_PS_TLS_CERT", "cert.pem")]).unwrap();
        assert_eq!(config.clone().tls.unwrap().cert.to_str(), Some("cert.pem"));
        assert!(config.check().unwrap_err().to_string().contains("--tls-key"));
    }
}
