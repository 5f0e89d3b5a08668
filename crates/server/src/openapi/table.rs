//! The router and the document, as one thing: a path is given once, to both.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Paths;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::Shared;

/// The routes, and what is said about them. There is no way in but with both.
pub(crate) struct Table(OpenApiRouter<Shared>);

impl Table {
    /// No routes.
    pub(crate) fn new() -> Self {
        Self(OpenApiRouter::default())
    }

    /// Has a path answered by handlers, whose annotations know no path.
    pub(crate) fn at(self, path: &str, (schemas, paths, methods): UtoipaMethodRouter<Shared>) -> Self {
        let mut there = Paths::new();
        for item in paths.paths.into_values() {
            match there.paths.get_mut(path) {
                Some(known) => known.merge_operations(item),
                None => drop(there.paths.insert(path.to_owned(), item)),
            }
        }
        Self(self.0.routes((schemas, there, methods)))
    }

    /// The router, and the document without what all operations have in common.
    pub(crate) fn into_parts(self) -> (Router<Shared>, OpenApi) {
        self.0.split_for_parts()
    }
}
