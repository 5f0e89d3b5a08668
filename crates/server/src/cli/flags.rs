//! The flags of `serve` that set what the file and the environment can set too. They are made from the same
//! declaration, so that they cannot say anything else.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::config;

/// What stood behind flags, by their names.
#[derive(Debug)]
pub(super) struct Flags(Vec<(&'static str, String)>);

impl Flags {
    /// By the names of the flags, without dashes.
    pub(super) fn given(&self) -> &[(&'static str, String)] {
        &self.0
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = config::known().into_iter().filter_map(|setting| setting.flag);
        let given = flags.filter_map(|flag| Some((flag, matches.get_one::<String>(flag)?.clone())));
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        config::known().into_iter().fold(command, |command, setting| match setting.flag {
            Some(flag) => {
                let help = match setting.value {
                    Some(value) => format!("{} [default: {value}]", setting.meaning),
                    None => setting.meaning,
                };
                command.arg(Arg::new(flag).long(flag).value_name("VALUE").help(help))
            }
            None => command,
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
