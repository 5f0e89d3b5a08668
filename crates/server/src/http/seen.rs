//! What a request turned out to be about, for the log and the metrics.
//!
//! Always holds: a route is one of a fixed list, never a path as somebody sent it; an organization is a name that one can
//! have. So neither fills a log with what a stranger likes, or a metric with series.

use std::hash::{Hash, Hasher};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use sliderule_api::OrganizationName;

/// What a request turned out to be about; travels with its answer.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which route answered.
    pub route: Route,
    /// Which organization the path names, if any.
    pub organization: Option<OrganizationName>,
}

/// The template of a route.
#[derive(Clone, Debug)]
pub enum Route {
    /// One of the API's.
    Api(MatchedPath),
    /// One that is decided on before the API is asked.
    Fixed(&'static str),
}

impl Route {
    /// The template, such as `/api/org_num_nodes/{organization}`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Api(matched) => matched.as_str(),
            Self::Fixed(template) => template,
        }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// Notes on the answer of the API which route it came from.
pub(super) async fn note(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let organization = matched.as_ref().and_then(|route| organization(route.as_str(), request.uri().path()));
    let route = matched.map_or(Route::Fixed("/api/{unknown}"), Route::Api);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(Seen { route, organization });
    response
}

/// The organization that a path names where its template says so.
fn organization(template: &str, path: &str) -> Option<OrganizationName> {
    let place = template.split('/').position(|segment| segment == "{organization}")?;
    path.split('/').nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::organization;

    #[test]
    fn an_organization_is_named_where_the_template_says_so_and_can_be_one() {
        let template = "/api/desired_org_num_nodes/{organization}/{nodes}";
        assert_eq!(organization(template, "/api/desired_org_num_nodes/acme/3").unwrap().as_str(), "acme");
        for path in ["/api/desired_org_num_nodes/%0a/3", "/api", "/api/desired_org_num_nodes/A%20b/3"] {
            assert_eq!(organization(template, path), None, "{path}");
        }
        assert_eq!(organization("/api/org_token", "/api/org_token"), None);
    }
}
