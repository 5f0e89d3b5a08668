//! What every endpoint shares.
//!
//! | module | what it holds |
//! |---|---|
//! | [`refusal`] | every answer that is not a success |
//! | `envelope` | which form a refusal has |
//! | [`fields`] | the fields of a request body, JSON or form |
//! | [`caller`] | whose token a request carries, and what they are to an organization |
//! | [`origin`] | where a request comes from |
//! | [`page`] | pages of lists |
//! | [`etag`] | the version of what is changed, and the one a change is for |
//! | [`page`] | pages of longer lists |
//! | [`proxies`] | for whom it is, where a trusted proxy brings it |
//! | [`throttling`] | who has to try again later |
//! | [`path`], [`query`] | the segments of a path, and what follows it |
//! | [`request_id`] | the id under which an answer is found in the log |
//! | [`seen`] | what a request turned out to be about |
//! | [`idempotency`] | the key of what costs money |
//! | [`layers`] | what wraps the whole API: CORS, security headers, limits |

pub mod caller;
mod envelope;
pub mod etag;
pub mod fields;
pub mod idempotency;
pub mod layers;
pub mod origin;
pub mod page;
pub mod path;
pub mod proxies;
pub mod query;
pub mod refusal;
pub mod request_id;
pub mod seen;
pub mod throttling;

pub use caller::{Account, Caller, Member};
pub use fields::Fields;
pub use origin::Origin;
pub use page::Paging;
pub use path::Segments;
pub use query::Query;
pub use refusal::Refusal;
pub use seen::{Route, Seen};
pub use throttling::{PasswordAttempt, Throttles};
