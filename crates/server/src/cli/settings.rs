//! `sliderule-ps settings`

use super::say;
use crate::config::table;

/// Prints everything that can be set, as the table in `docs/OPERATIONS.md`.
pub(super) fn run() {
    say(table::markdown().trim_end());
}
