//! The endpoints, one per file. [`crate::router`] says at which path each is.

pub mod alter_request;
pub mod blacklist;
pub mod costs;
pub mod deploy;
pub mod desired_nodes;
pub mod desired_nodes_ttl;
pub mod destroy;
pub mod estimate;
pub mod github_token;
pub mod membership_status;
pub mod notices;
pub mod org_ip_adr;
pub mod org_num_nodes;
pub mod password_token;
pub mod ping;
pub mod place_request;
pub mod refresh;
pub mod refresh_token;
pub mod release_own;
pub mod release_request;
pub mod release_requests;
pub mod sign_in;
pub mod spend;
pub mod status;
