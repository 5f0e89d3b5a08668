//! `sliderule-ps` killed with SIGKILL, with real nodes: after every commit and every effect of a cluster's life, at
//! random instants under load, and never to come back.
//!
//! | module | what it holds |
//! |---|---|
//! | `life` | creating, growing, shrinking, extending, crediting, destroying; killed after each commit and effect |
//! | `load` | what users do all the time, and what they know of it when the server dies |
//! | `random` | killed at random instants under that load |
//! | `left_alone` | killed and not restarted: every node ends with its lease and tail |

mod left_alone;
mod life;
mod load;
mod random;
