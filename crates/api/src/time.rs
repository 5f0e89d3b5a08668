//! Instants on the wire.

use serde::{Deserialize, Serialize};

/// An instant as RFC 3339 text in UTC, such as `2026-11-24T09:30:00Z`.
///
/// Opaque here on purpose: the servers make it with their clock library, JavaScript reads it with
/// `new Date(…)`, and the WebAssembly file in between carries no calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcTime(pub String);
