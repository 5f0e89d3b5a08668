//! Who somebody is, and how they prove it.
//!
//! | module | what it holds |
//! |---|---|
//! | `passwords` | hashing and checking passwords |
//! | `hash_pool` | the threads for that, never more at once than the machine can take |
//! | [`choice`] | which passwords may be chosen |
//! | `signing_key` | the keys that sign tokens |
//! | [`key_schedule`] | when a key is made, signs, verifies and goes |
//! | `keyring` | the keys of this moment, and the tokens that were verified with them |
//! | `tokens` | issuing and verifying tokens |
//! | `lineage` | the names of tokens that follow from other tokens |
//! | [`rotation`] | what is answered to a refresh token |
//! | `node_key` | the key that the nodes' secrets follow from, kept in the data directory |
//! | `github` | signing in with GitHub |
//!
//! Always holds: passwords, tokens and keys are in no log, no error and no debug output.

pub mod choice;
pub mod key_schedule;
pub mod rotation;

mod github;
mod hash_pool;
mod keyring;
mod lineage;
mod node_key;
mod passwords;
mod signing_key;
mod tokens;

pub use github::{BegunFlow, Flows, GitHub, GitHubAccount, GitHubError, Purpose};
pub use keyring::TimedKey;
pub use lineage::{Lineage, Names};
pub use node_key::node_secrets;
pub use passwords::{Hasher, PasswordHash, Precedence, TooBusy};
pub use signing_key::SigningKey;
pub use tokens::{Bearer, TokenMint, TokenProblem};
