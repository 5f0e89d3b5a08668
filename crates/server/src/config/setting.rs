//! What the value of one setting may be, and how it is read.
//!
//! A value is typed in the file and text elsewhere: `SLIDERULE_PS_DOMAIN=1234` is a domain, and not a number, because
//! the setting says so and not because of how the text looks.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use sliderule_api::organizations::Founders;
use sliderule_api::{MicroUsd, ReleaseVersion};

/// A value, as it was given.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// In the file.
    File(&'a toml::Value),
    /// In the environment, or behind a flag.
    Text(&'a str),
}

impl<'a> Given<'a> {
    /// The text of what is written as text everywhere.
    pub(super) fn text(self) -> Result<&'a str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::File(value) => value.as_str().ok_or_else(|| {
                format!("it must be text in quotation marks, and is a value of type {}", value.type_str())
            }),
        }
    }
}

/// What the value of a setting may be.
pub(super) trait Setting: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it, without the value, which may be a secret that was put in the wrong place.
    fn read(given: Given<'_>) -> Result<Self, String>;

    /// As it is written in the file; `None` where there is none.
    fn written(&self) -> Option<String>;
}

/// Whole numbers that are not negative.
macro_rules! whole_numbers {
    ($($kind:ty),+) => {
        $(impl Setting for $kind {
            fn read(given: Given<'_>) -> Result<Self, String> {
                let number = match given {
                    Given::File(value) => value.as_integer().and_then(|number| number.try_into().ok()),
                    Given::Text(text) => text.trim().parse().ok(),
                };
                number.ok_or_else(|| format!("it must be a whole number from 0 to {}", <$kind>::MAX))
            }

            fn written(&self) -> Option<String> {
                Some(self.to_string())
            }
        })+
    };
}

whole_numbers!(u8, u32, u64);

impl Setting for bool {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let found = match given {
            Given::File(value) => value.as_bool(),
            Given::Text(text) => text.trim().parse().ok(),
        };
        found.ok_or_else(|| "it must be true or false".to_owned())
    }

    fn written(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for String {
    fn read(given: Given<'_>) -> Result<Self, String> {
        given.text().map(str::to_owned)
    }

    fn written(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Setting for PathBuf {
    fn read(given: Given<'_>) -> Result<Self, String> {
        given.text().map(Self::from)
    }

    fn written(&self) -> Option<String> {
        (!self.as_os_str().is_empty()).then(|| quoted(&self.to_string_lossy()))
    }
}

impl Setting for SocketAddr {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let address = given.text()?.trim().parse();
        address.map_err(|_| "it must be an address with a port, such as 127.0.0.1:8080".to_owned())
    }

    fn written(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Setting for IpAddr {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let address = given.text()?.trim().parse();
        address.map_err(|_| "it must be an address without a port, such as 192.0.2.7".to_owned())
    }

    fn written(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Setting for ReleaseVersion {
    fn read(given: Given<'_>) -> Result<Self, String> {
        given.text()?.trim().parse().map_err(|_| "it must be a release such as v4.0.4".to_owned())
    }

    fn written(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Setting for Founders {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given.text()?.trim() {
            "staff" => Ok(Self::Staff),
            "anyone" => Ok(Self::Anyone),
            _ => Err("it must be staff or anyone".to_owned()),
        }
    }

    fn written(&self) -> Option<String> {
        Some(quoted(match self {
            Self::Staff => "staff",
            Self::Anyone => "anyone",
        }))
    }
}

/// Dollars, as text: a floating-point number is no money.
impl Setting for MicroUsd {
    fn read(given: Given<'_>) -> Result<Self, String> {
        Self::parse_dollars(given.text()?.trim())
    }

    fn written(&self) -> Option<String> {
        Some(quoted(self.to_string().trim_start_matches('$')))
    }
}

/// In text, what is between commas; or, where a value has a comma in it, a list as in the file.
impl<T: Setting> Setting for Vec<T> {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let list = |value: &toml::Value| match value.as_array() {
            Some(values) => values.iter().map(|value| T::read(Given::File(value))).collect(),
            None => Err("it must be a list in square brackets".to_owned()),
        };
        match given {
            Given::File(value) => list(value),
            Given::Text(text) if text.trim().is_empty() => Ok(Vec::new()),
            Given::Text(text) if text.trim().starts_with('[') => {
                let table = format!("list = {text}").parse::<toml::Table>();
                let value = table.ok().and_then(|mut table| table.remove("list"));
                list(&value.ok_or("it must be a list, with commas between its values or as in the file")?)
            }
            Given::Text(text) => text.split(',').map(|part| T::read(Given::Text(part.trim()))).collect(),
        }
    }

    fn written(&self) -> Option<String> {
        let values: Vec<_> = self.iter().filter_map(Setting::written).collect();
        Some(format!("[{}]", values.join(", ")))
    }
}

/// An empty text stands for none.
impl<T: Setting> Setting for Option<T> {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given {
            Given::Text("") => Ok(None),
            given => T::read(given).map(Some),
        }
    }

    fn written(&self) -> Option<String> {
        self.as_ref().and_then(Setting::written)
    }
}

/// In quotation marks, with the escapes that JSON and TOML share.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use sliderule_api::MicroUsd;

    use super::{Given, Setting};

    fn text<T: Setting>(text: &str) -> Result<T, String> {
        T::read(Given::Text(text))
    }

    fn file<T: Setting>(written: &str) -> Result<T, String> {
        let table: toml::Table = format!("x = {written}").parse().unwrap();
        T::read(Given::File(&table["x"]))
    }

    fn comes_back<T: Setting + Debug + PartialEq>(value: T) {
        assert_eq!(file::<T>(&value.written().unwrap()).unwrap(), value);
    }

    #[test]
    fn what_a_text_means_is_decided_by_the_setting_and_not_by_its_looks() {
        assert_eq!(text::<String>("1234").unwrap(), "1234");
        assert_eq!(text::<MicroUsd>("1.5").unwrap(), MicroUsd(1_500_000));
        assert_eq!(text::<u64>("1234").unwrap(), 1234);
        assert_eq!(text::<Option<String>>("").unwrap(), None);
        assert_eq!(text::<Vec<u8>>("50, 80,95").unwrap(), [50, 80, 95]);
        assert!(text::<Vec<u8>>("").unwrap().is_empty());
        assert_eq!(text::<Vec<String>>("[\"a, b\", 'c']").unwrap(), ["a, b", "c"]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        comes_back("a \"quoted\" word".to_owned());
        comes_back(true);
        comes_back(MicroUsd(226_000));
        comes_back(vec![MicroUsd(5_000_000), MicroUsd(1)]);
        comes_back(vec!["/bin/node".to_owned(), "--listen".to_owned()]);
        comes_back("[::1]:8080".parse::<std::net::SocketAddr>().unwrap());
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_being_repeated() {
        let refused = [
            file::<u8>("256").unwrap_err(),
            file::<u64>("-1").unwrap_err(),
            file::<u64>("\"hunter2\"").unwrap_err(),
            file::<String>("5").unwrap_err(),
            file::<MicroUsd>("1.5").unwrap_err(),
            file::<Vec<u8>>("5").unwrap_err(),
            text::<bool>("hunter2").unwrap_err(),
            text::<Vec<String>>("[hunter2").unwrap_err(),
            text::<std::net::IpAddr>("hunter2").unwrap_err(),
        ];
        assert!(refused.iter().all(|why| !why.contains("hunter2") && why.contains("must")), "{refused:?}");
    }
}
