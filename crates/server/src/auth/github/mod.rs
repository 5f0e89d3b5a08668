//! Signing in with GitHub.
//!
//! | module | what it holds |
//! |---|---|
//! | `client` | what GitHub is asked, and what it may answer |
//! | `token` | what a GitHub token looks like, and how it is to be checked |
//! | `flows` | browsers that are on their way to GitHub and back |
//!
//! Always holds: an account is its number, since a login can be given up and taken by somebody else; a token that was
//! issued to another application is refused, since that application could sign in with it as its user; no token of
//! GitHub's is kept.

mod client;
mod flows;
mod token;

pub use client::{GitHub, GitHubAccount, GitHubError};
pub use flows::{BegunFlow, Flows, Purpose};
