//! How a struct of settings is declared, and what follows from the declaration.
//!
//! One declaration makes the struct, its defaults, the reading of every key from file, environment and flags, and the
//! table in `docs/OPERATIONS.md`; so a setting cannot be had in one of them and be forgotten in another.

use super::setting::Given;

/// A struct of settings, some of which may be sections of their own.
pub(super) trait Section {
    /// Adds what there is to set, with its value here, below `prefix`.
    fn describe(&self, prefix: &str, into: &mut Vec<Described>);

    /// Sets the setting at `path`, which is relative to this section.
    ///
    /// # Errors
    /// There is none, or it cannot be that.
    fn set(&mut self, path: &str, given: Given<'_>) -> Result<(), String>;

    /// Checks what no type can, here and in the sections below.
    ///
    /// # Errors
    /// Two settings contradict each other, or one makes no sense.
    fn check(&self) -> Result<(), String>;
}

/// A section that may be left out as a whole.
impl<S: Section + Default> Section for Option<S> {
    fn describe(&self, prefix: &str, into: &mut Vec<Described>) {
        match self {
            Some(section) => section.describe(prefix, into),
            None => S::default().describe(prefix, into),
        }
    }

    fn set(&mut self, path: &str, given: Given<'_>) -> Result<(), String> {
        self.get_or_insert_default().set(path, given)
    }

    fn check(&self) -> Result<(), String> {
        self.as_ref().map_or(Ok(()), Section::check)
    }
}

/// One setting, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its key in the file: `tokens.access_seconds`.
    pub key: String,
    /// Its variable in the environment.
    pub variable: &'static str,
    /// Its flag of `serve`, without the dashes, if it has one.
    pub flag: Option<&'static str>,
    /// What it means.
    pub meaning: String,
    /// Its value as it would be written in the file; `None` where there is none.
    pub value: Option<String>,
}

/// The path of a key below a prefix.
pub(super) fn below(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// Declares a struct of settings: first the settings, each with documentation, variable, perhaps a flag, type and
/// default; then the sections below it. What no type can check goes into a method `sensible(&self)` beside it.
///
/// ```ignore
/// settings! {
///     /// What it is about.
///     pub struct Throttle {
///         /// What it means.
///         #[variable = "SLIDERULE_PS_THROTTLE_PER_MINUTE"]
///         per_minute: u32 = 10,
///     }
/// }
/// ```
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($derive:ident),+)])?
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                #[variable = $variable:literal]
                $(#[flag = $flag:literal])?
                $field:ident: $kind:ty = $default:expr,
            )*
            $(
                #[section]
                $(#[doc = $section_doc:literal])+
                $section:ident: $part:ty,
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        $(#[derive($($derive),+)])?
        pub struct $name {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nVariable `", $variable, "`", $(", flag `--", $flag, "`",)? ".")]
                pub $field: $kind,
            )*
            $(
                $(#[doc = $section_doc])+
                pub $section: $part,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $($field: $default,)*
                    $($section: Default::default(),)*
                }
            }
        }

        impl $crate::config::section::Section for $name {
            fn describe(&self, prefix: &str, into: &mut Vec<$crate::config::section::Described>) {
                use $crate::config::section::{Described, below};
                $(into.push(Described {
                    key: below(prefix, stringify!($field)),
                    variable: $variable,
                    flag: None$(.or(Some($flag)))?,
                    meaning: concat!($($doc),+).trim().to_owned(),
                    value: $crate::config::setting::Setting::written(&self.$field),
                });)*
                $($crate::config::section::Section::describe(
                    &self.$section,
                    &below(prefix, stringify!($section)),
                    into,
                );)*
            }

            fn set(&mut self, path: &str, given: $crate::config::setting::Given<'_>) -> Result<(), String> {
                match path.split_once('.') {
                    $(None if path == stringify!($field) => {
                        self.$field = $crate::config::setting::Setting::read(given)?;
                        Ok(())
                    })*
                    $(Some((stringify!($section), rest)) => {
                        $crate::config::section::Section::set(&mut self.$section, rest, given)
                    })*
                    _ => Err(format!("there is no setting `{path}`")),
                }
            }

            fn check(&self) -> Result<(), String> {
                $($crate::config::section::Section::check(&self.$section)?;)*
                self.sensible()
            }
        }
    };
}
pub(super) use settings;
