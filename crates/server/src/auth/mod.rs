//! Who somebody is, and how they prove it.
//!
//! | module | what it holds |
//! |---|---|
//! | `passwords` | hashing and checking passwords, never more at once than the machine can take |
//! | [`choice`] | which passwords may be chosen |
//! | `keys` | the key that signs tokens, kept in the data directory |
//! | `node_key` | the key that the nodes' secrets follow from, likewise |
//! | `tokens` | issuing and verifying tokens |
//! | `github` | asking GitHub whose token it is |
//!
//! Always holds: passwords, tokens and keys are in no log, no error and no debug output.

pub mod choice;
mod github;
mod keys;
mod node_key;
mod passwords;
mod tokens;

pub use github::{GitHub, GitHubError};
pub use keys::SigningKey;
pub use node_key::node_secrets;
pub use passwords::{Hasher, PasswordHash, TooBusy};
pub use tokens::{Issued, TokenMint, TokenProblem};
