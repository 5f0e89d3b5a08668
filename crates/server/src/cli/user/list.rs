//! `sliderule-ps user list`

use clap::Args;

use crate::Error;
use crate::cli::place::Place;
use crate::cli::say;
use crate::store::Person;

/// Users that are read at once.
const AT_ONCE: u32 = 1000;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    place: Place,
}

impl List {
    /// One line for each user, by name, with tabs between its parts.
    pub(super) async fn run(self) -> Result<(), Error> {
        self.place
            .open(async |db, _| {
                let mut after: Option<String> = None;
                loop {
                    let people = db.people(after.as_deref(), AT_ONCE).await?;
                    for person in &people {
                        say(&line(person));
                    }
                    let Some(last) = people.last() else { return Ok(()) };
                    after = Some(last.name.to_string());
                }
            })
            .await
    }
}

fn line(person: &Person) -> String {
    let marks = [
        (person.is_staff, "staff"),
        (person.disabled, "disabled"),
        (!person.has_password, "no password"),
        (person.github, "GitHub"),
    ];
    let marks: Vec<_> = marks.into_iter().filter_map(|(holds, mark)| holds.then_some(mark)).collect();
    format!("{}\t{}\t{}", person.name, person.email, marks.join(", ")).trim_end().to_owned()
}
