//! Seeds over the model store: nothing is ever wrong, what is planted is found, and a seed is the same every time.
#![allow(clippy::unwrap_used, clippy::panic)]

use sliderule_simulator::crew;
use sliderule_simulator::kinds::Kind;
use sliderule_simulator::minimise::{command, minimise};
use sliderule_simulator::plant::Plant;
use sliderule_simulator::report::Report;
use sliderule_simulator::simulation::{Plan, simulate};

fn plan(seed: u64, days: u32) -> Plan {
    Plan { seed, days, kinds: Kind::all(), plant: None, with_journal: false }
}

#[test]
fn in_fifty_seeds_nothing_is_wrong_whatever_fails() {
    let plans: Vec<Plan> = (0..50).map(|seed| plan(seed, 2)).collect();
    let (mut report, mut wrong) = (Report::default(), Vec::new());
    crew::run(&plans, |plan, outcome| {
        report.add(plan, &outcome);
        wrong.extend(outcome.violation.map(|violation| (command(plan), violation.what)));
    });
    assert_eq!(wrong, []);
    assert_eq!((report.seeds, report.max_over_bound), (50, 0));
    assert!(report.crashes > 50, "{report}");
    assert!(report.awake() >= 0.2, "clusters slept too much: {report}");
}

#[test]
fn the_same_seed_tells_the_same_story_byte_for_byte() {
    let plan = Plan { with_journal: true, ..plan(5, 2) };
    let (once, again) = (simulate(&plan), simulate(&plan));
    assert!(once.journal.len() > 10_000);
    assert!(once == again);
    let another = simulate(&Plan { seed: 6, ..plan });
    assert!(once.journal != another.journal);
}

#[test]
fn each_planted_bug_is_found_and_shown_small() {
    for plant in Plant::ALL {
        let plan = Plan { plant: Some(plant), ..plan(1, 3) };
        let outcome = simulate(&plan);
        assert!(outcome.violation.is_some(), "{} was not found", plant.name());
        let (smaller, outcome) = minimise(&plan, outcome);
        assert!(outcome.violation.is_some_and(|violation| !violation.trace.is_empty()));
        assert!(smaller.days <= plan.days && smaller.kinds.len() < plan.kinds.len(), "{}", command(&smaller));
        assert!(command(&smaller).contains(plant.name()));
    }
}
