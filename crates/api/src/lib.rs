//! The JSON wire types of the provisioning system and of a cluster's services.
//!
//! Client and servers share these types, so that neither can drift from the other. There is no I/O
//! here, and no clock: an instant travels as RFC 3339 text ([`UtcTime`]) and is made and read by
//! whoever owns a clock.
//!
//! | module | what it holds |
//! |---|---|
//! | [`error`] | the error codes of the whole product, and the body of every refusal |
//! | [`names`] | organization, user and node names |
//! | [`money`] | integer micro-dollars |
//! | [`bearer`] | reading a bearer token from the headers of a request |
//! | [`tokens`] | requests for tokens, the token answer, the claims inside a token |
//! | [`capacity`] | node counts and capacity requests of the organization-token API (`/api/…`) |
//! | [`status`] | cluster status and capacity requests of our own API (`/api/v1/…`) |
//! | [`configuration`] | what an owner configures (`/api/v1/…`) |
//! | [`costs`] | what a cluster cost (`/api/v1/…`) |
//! | [`notices`] | what people are told (`/api/v1/…`) |
//! | [`events`] | what happens to a cluster, as it happens (`/api/v1/…`) |
//! | [`people`], [`email`] | people and their accounts (`/api/v1/…`) |
//! | [`members`], [`organizations`] | who belongs to which organization (`/api/v1/…`) |
//! | [`audit`] | who did what, from where (`/api/v1/…`) |
//! | [`page`] | one page of a longer list (`/api/v1/…`) |
//! | [`sessions`] | what a sign-in began (`/api/v1/…`) |
//! | [`keys`] | the public halves of the keys that sign tokens |
//! | [`github`] | signing in with GitHub in a browser (`/api/v1/…`) |
//! | [`discovery`] | what nodes and the gateway say to each other |
//! | [`lease`] | what a node's runner and the provisioning system say to each other |
//! | [`text`] | looking for one text in another, and reading numbers |
//! | [`version`] | release numbers such as `v4.20.0` |
//!
//! The organization-token formats follow `shared/reference/provisioning-api.md`, section 1; those of
//! the cluster follow `shared/reference/cluster-protocol.md`, section 2.

pub mod audit;
pub mod bearer;
pub mod capacity;
pub mod configuration;
pub mod costs;
pub mod discovery;
pub mod email;
pub mod error;
pub mod events;
pub mod github;
pub mod keys;
pub mod lease;
pub mod members;
pub mod money;
pub mod names;
pub mod notices;
pub mod organizations;
pub mod page;
pub mod people;
#[cfg(feature = "openapi")]
mod schema;
pub mod sessions;
pub mod status;
pub mod text;
pub mod time;
pub mod tokens;
pub mod version;

pub use email::EmailAddress;
pub use error::{ErrorCode, Problem};
pub use money::MicroUsd;
pub use names::{NodeId, OrganizationName, RequestId, UserName};
pub use page::Page;
pub use time::UtcTime;
pub use version::ReleaseVersion;

/// The path of our own API on the provisioning origin; also the sixth key of the token answer.
pub const API_PATH: &str = "/api/v1/";
