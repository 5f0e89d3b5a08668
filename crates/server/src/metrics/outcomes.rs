//! Which requests are sign-ins, refreshes and orders of nodes: counted by how they ended, whatever handler took them.

use http::Method;

/// What a request was, if its outcome is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Somebody wanted to sign in, in this way.
    SignIn(&'static str),
    /// Somebody wanted to go on without signing in.
    Refresh,
    /// Somebody wanted nodes, or gave them back.
    Order,
}

/// What a request to that route is.
pub(super) fn of(method: &Method, route: &str) -> Option<Event> {
    let (is_posted, changes) = (method == Method::POST, method != Method::GET && method != Method::OPTIONS);
    match route {
        "/api/org_token" | "/api/v1/session" if is_posted => Some(Event::SignIn("password")),
        "/api/org_token_github" if is_posted => Some(Event::SignIn("github_token")),
        "/api/v1/github/session" if is_posted => Some(Event::SignIn("github")),
        "/api/org_token/refresh" if is_posted => Some(Event::Refresh),
        "/api/desired_org_num_nodes_ttl/{organization}/{nodes}/{minutes}"
        | "/api/desired_org_num_nodes/{organization}/{nodes}"
        | "/api/remove_user_org_num_nodes_reqs/{organization}"
        | "/api/v1/organizations/{organization}/requests"
        | "/api/v1/organizations/{organization}/requests/{id}"
            if changes =>
        {
            Some(Event::Order)
        }
        _ => None,
    }
}
