//! The router and the document, as one thing: a path is given once, to both.

use axum::Router;
use axum::routing::MethodRouter;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Paths;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::Shared;

/// The routes, and what is said about them.
pub(crate) struct Table {
    routes: OpenApiRouter<Shared>,
    undocumented: Vec<String>,
}

impl Table {
    /// No routes.
    pub(crate) fn new() -> Self {
        Self { routes: OpenApiRouter::default(), undocumented: Vec::new() }
    }

    /// Has a path answered by handlers, whose annotations know no path.
    pub(crate) fn at(mut self, path: &str, (schemas, paths, methods): UtoipaMethodRouter<Shared>) -> Self {
        let mut there = Paths::new();
        for item in paths.paths.into_values() {
            match there.paths.get_mut(path) {
                Some(known) => known.merge_operations(item),
                None => drop(there.paths.insert(path.to_owned(), item)),
            }
        }
        self.routes = self.routes.routes((schemas, there, methods));
        self
    }

    /// Has a path answered by handlers of which the document says nothing, which a test refuses.
    #[allow(dead_code, reason = "for routes that are merged before they are described")]
    pub(crate) fn route(mut self, path: &str, methods: MethodRouter<Shared>) -> Self {
        self.undocumented.push(path.to_owned());
        self.routes = self.routes.route(path, methods);
        self
    }

    /// The paths of which the document says nothing.
    pub(crate) fn undocumented(self) -> Vec<String> {
        self.undocumented
    }

    /// The router, and the document without what all operations have in common.
    pub(crate) fn into_parts(self) -> (Router<Shared>, OpenApi) {
        self.routes.split_for_parts()
    }
}
