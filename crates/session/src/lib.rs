//! The client's mind: credentials, token lifetime, scaling, the version rule, retries.
