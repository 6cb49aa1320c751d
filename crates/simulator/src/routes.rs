//! Endpoints of the API: method, path and handler of each.
//!
//! Paths are matched by the matcher of axum's `Router`. The `Router` itself is not used: it calls
//! asynchronous handlers with requests that are not read yet. A request of the simulator is read in
//! full, passes faults and holds, and is then handled synchronously, also without a server.

use std::array;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::platform::Platform;
use super::reply::Answer;
use super::request::{Request, decoded};
use super::{
    auth, blocks, budgets, catalog, credits, deliveries, jobs, ogc, orders, outputs, processing, projects,
    webhooks, workflows,
};

/// Endpoints of the API. Those of the storage are in `storage.rs`.
pub(super) static API: LazyLock<Routes> = LazyLock::new(|| {
    let modules = [
        auth::routes(),
        credits::routes(),
        blocks::routes(),
        projects::routes(),
        workflows::routes(),
        jobs::routes(),
        outputs::routes(),
        catalog::routes(),
        catalog::stac::routes(),
        orders::routes(),
        orders::decisions::routes(),
        orders::classic::routes(),
        deliveries::routes(),
        deliveries::stac::routes(),
        deliveries::classic::routes(),
        processing::routes(),
        budgets::routes(),
        webhooks::routes(),
        ogc::routes(),
    ];
    Routes::new(modules.into_iter().flatten())
});

/// Handler with the decoded values of the path's parameters, in their order.
type Handler<const N: usize> = fn(&Platform, &Request, [&str; N]) -> Answer;

/// Handler of any number of parameters.
type AnyHandler = Box<dyn Fn(&Platform, &Request, &[String]) -> Answer + Send + Sync>;

/// Endpoint, with a path such as `/v2/orders/{id}`.
pub(super) struct Route {
    method: &'static str,
    path: String,
    handler: AnyHandler,
}

pub(super) fn get<const N: usize>(path: &str, handler: Handler<N>) -> Route {
    Route::new("GET", path, handler)
}

pub(super) fn post<const N: usize>(path: &str, handler: Handler<N>) -> Route {
    Route::new("POST", path, handler)
}

pub(super) fn put<const N: usize>(path: &str, handler: Handler<N>) -> Route {
    Route::new("PUT", path, handler)
}

pub(super) fn patch<const N: usize>(path: &str, handler: Handler<N>) -> Route {
    Route::new("PATCH", path, handler)
}

pub(super) fn delete<const N: usize>(path: &str, handler: Handler<N>) -> Route {
    Route::new("DELETE", path, handler)
}

impl Route {
    /// Creates an endpoint; panics unless the path has as many parameters as the handler.
    fn new<const N: usize>(method: &'static str, path: &str, handler: Handler<N>) -> Self {
        assert_eq!(path.matches('{').count(), N, "parameters of `{path}`");
        let handler: AnyHandler = Box::new(move |platform, request, values| {
            handler(platform, request, array::from_fn(|nth| values[nth].as_str()))
        });
        Self { method, path: path.to_owned(), handler }
    }

    /// Puts the path below another one.
    pub(super) fn below(mut self, path: &str) -> Self {
        self.path.insert_str(0, path);
        self
    }
}

/// Endpoints, by method and path.
pub(super) struct Routes(HashMap<&'static str, matchit::Router<AnyHandler>>);

impl Routes {
    /// Creates the table of the endpoints; panics if two of them have the same method and path.
    pub(super) fn new(endpoints: impl IntoIterator<Item = Route>) -> Self {
        let mut methods: HashMap<_, matchit::Router<AnyHandler>> = HashMap::new();
        for Route { method, path, handler } in endpoints {
            methods.entry(method).or_default().insert(path, handler).expect("each endpoint is there once");
        }
        Self(methods)
    }

    /// Handles a request as one of this method, if there is such an endpoint.
    pub(super) fn answer(&self, method: &str, platform: &Platform, request: &Request) -> Option<Answer> {
        let path = request.normalized_path();
        let found = self.0.get(method)?.at(&path).ok()?;
        let values: Vec<String> = found.params.iter().map(|(_, value)| decoded(value)).collect();
        Some((found.value)(platform, request, &values))
    }

    /// Returns whether there is an endpoint of any method with the path of a request.
    pub(super) fn has_path(&self, request: &Request) -> bool {
        let path = request.normalized_path();
        self.0.values().any(|paths| paths.at(&path).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::Simulator;

    fn send(simulator: &Simulator, method: &str, path: &str) -> (u16, Value) {
        let reply = simulator.0.platform.answer(&Request::test(method, path)).0;
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    #[test]
    fn a_path_of_another_method_is_405_and_an_unknown_path_404() {
        let simulator = Simulator::start().unwrap();
        let status = |method: &str, path: &str| send(&simulator, method, path).0;
        for path in ["/stac", "/stac/", "/stac/collections/phr", "/ogc/jobs", "/marketplace/blocks"] {
            assert_eq!((status("GET", path), status("PATCH", path)), (200, 405), "{path}");
        }
        for path in ["/stac/nothing", "/ogc/nothing", "/ogc/jobs/1/nothing"] {
            assert_eq!((status("GET", path), status("PATCH", path)), (404, 404), "{path}");
        }
    }

    #[test]
    fn parameters_are_decoded_after_the_path_is_divided() {
        let simulator = Simulator::start().unwrap();
        let (status, body) = send(&simulator, "GET", "/stac/collections/a%2Fb+c%20d/");
        assert_eq!(
            (status, body["title"].as_str()),
            (404, Some("Resource (Collection) not found with Id='a/b+c d'."))
        );
    }
}
