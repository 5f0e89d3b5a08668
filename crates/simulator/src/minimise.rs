//! Makes a failing seed smaller: fewer days, and no kind of trouble that it does not need.

use crate::kinds::Kind;
use crate::simulation::{Outcome, Plan, simulate};

/// The smallest plan found that still fails, and how it fails.
#[must_use]
pub fn minimise(plan: &Plan, outcome: Outcome) -> (Plan, Outcome) {
    let (mut plan, mut outcome) = (plan.clone(), outcome);
    shorten(&mut plan, &outcome);
    for kind in Kind::all() {
        let without =
            Plan { kinds: plan.kinds.iter().copied().filter(|kept| *kept != kind).collect(), ..plan.clone() };
        if without.kinds.len() == plan.kinds.len() {
            continue;
        }
        let found = simulate(&without);
        if found.violation.is_some() {
            (plan, outcome) = (without, found);
            shorten(&mut plan, &outcome);
        }
    }
    // Shortened days may have moved it.
    let last = simulate(&plan);
    if last.violation.is_some() { (plan, last) } else { (plan, outcome) }
}

/// A seed does not need the days after it failed, unless it failed in coming to rest.
fn shorten(plan: &mut Plan, outcome: &Outcome) {
    let Some(violation) = &outcome.violation else { return };
    let days = u32::try_from(violation.at / 86_400_000).unwrap_or(plan.days) + 1;
    let shorter = Plan { days: days.min(plan.days), ..plan.clone() };
    if shorter.days < plan.days && simulate(&shorter).violation.is_some() {
        *plan = shorter;
    }
}

/// The command that replays a plan.
#[must_use]
pub fn command(plan: &Plan) -> String {
    let mut command =
        format!("cargo xtask simulate --first-seed {} --seeds 1 --days {}", plan.seed, plan.days);
    let missing: Vec<&str> =
        Kind::all().iter().filter(|kind| !plan.kinds.contains(kind)).map(|kind| kind.name()).collect();
    if !missing.is_empty() {
        command.push_str(&format!(" --without {}", missing.join(",")));
    }
    if let Some(plant) = plan.plant {
        command.push_str(&format!(" --plant {}", plant.name()));
    }
    command
}
