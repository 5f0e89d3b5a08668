//! What proves that nothing is lost, doubled or orphaned when `sliderule-ps` is killed, looked at from outside.
//!
//! | module | what it holds |
//! |---|---|
//! | `world` | one data directory, the servers that come and go on it, and its end |
//! | `server` | one server process, whose death is an outcome and no failure |
//! | `member` | a user's calls, each of which may die with the server |
//! | `processes` | every process of a node of this directory, found in `/proc` |
//! | `books` | what the database says: nodes, money, the ledger line by line |
//! | `settled` | the comparison of all of these, and the waiting until they agree |
//! | `stream` | a stream straight from a node, which no gateway's death can break |

pub(crate) mod books;
pub(crate) mod member;
pub(crate) mod processes;
pub(crate) mod server;
pub(crate) mod settled;
pub(crate) mod stream;
pub(crate) mod world;

/// Whether `sliderule-node` is there to be run; says so where it is not.
pub(crate) fn has_node() -> bool {
    if crate::ps::program().with_file_name("sliderule-node").exists() {
        return true;
    }
    let reason = "there is no sliderule-node beside sliderule-ps; run `cargo build -p sliderule-node` first";
    // Whoever built the node, as `cargo xtask test` does, wants it tested.
    let wanted = ["CI", "SLIDERULE_NODE"].into_iter().any(|name| std::env::var_os(name).is_some());
    assert!(!wanted, "{reason}");
    eprintln!("skipped: {reason}");
    false
}
