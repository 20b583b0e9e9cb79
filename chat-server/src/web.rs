//! The web app and the panel element, served from the binary.
//!
//! ```text
//! web/dist ─build.rs─▶ asset::ASSETS ─router─▶ negotiate (encoding, 304) ─▶ response
//! ```
//!
//! Every file has a route of its own, so an unknown `/assets/…` is a real 404. The pages are one
//! document; which page it shows is decided in the browser. `fallback` answers everything that no
//! router knows.

mod asset;
mod fallback;
mod negotiate;
mod policy;

use std::future::ready;

use axum::{
    Router,
    http::{HeaderMap, Method, Uri},
    routing::get,
};

use self::{negotiate::respond, policy::Policy};
use crate::config::ChatUi;

pub use self::fallback::method_not_allowed;

/// The paths that the web app draws itself.
const PAGES: [&str; 7] =
    ["/", "/login", "/signup", "/dashboard", "/tasks", "/tasks/{id}", "/settings"];

/// The pages, the scripts and sheets they load, `/chatkit.js`, and the answer to unknown paths.
///
/// It sets the fallback, so it is merged into a router that has none.
pub fn router<S: Clone + Send + Sync + 'static>(ui: ChatUi) -> Router<S> {
    let policy = Policy::new(ui);
    let index = asset::find("/index.html").expect("build.rs always writes an index.html");
    let mut router = Router::new();
    for page in PAGES {
        let policy = policy.clone();
        let answer = move |headers: HeaderMap| ready(policy.apply(respond(index, &headers)));
        router = router.route(page, get(answer));
    }
    for asset in asset::ASSETS.iter().filter(|asset| asset.path != index.path) {
        let answer = move |headers: HeaderMap| ready(respond(asset, &headers));
        router = router.route(asset.path, get(answer));
    }
    router.fallback(move |method: Method, uri: Uri, headers: HeaderMap| {
        let page = policy.apply(respond(index, &headers));
        ready(fallback::not_found(&method, uri.path(), &headers, page))
    })
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, header},
        response::Response,
    };
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(method: &str, path: &str, accept: &str) -> Response {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accept)
            .body(Body::empty())
            .unwrap();
        router(ChatUi::Builtin)
            .route("/api/tasks", get(|| async {}))
            .method_not_allowed_fallback(method_not_allowed)
            .oneshot(request)
            .await
            .unwrap()
    }

    async fn body(response: Response) -> String {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn mime(response: &Response) -> &str {
        response.headers()[header::CONTENT_TYPE].to_str().unwrap()
    }

    #[tokio::test]
    async fn every_page_is_the_app_under_a_policy_that_allows_nothing_inline() {
        for path in ["/", "/login", "/signup", "/dashboard", "/tasks", "/tasks/tsk_1", "/settings"]
        {
            let response = ask("GET", path, "text/html").await;
            assert_eq!(
                (response.status().as_u16(), mime(&response)),
                (200, "text/html; charset=utf-8"),
                "{path}"
            );
            let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            for part in [
                "default-src 'none'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
                "trusted-types 'none'",
            ] {
                assert!(policy.contains(part), "{policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
        }
    }

    #[tokio::test]
    async fn head_is_get_without_a_body() {
        let (get, head) = (ask("GET", "/", "").await, ask("HEAD", "/", "").await);
        assert_eq!(get.headers(), head.headers());
        assert_eq!(body(head).await, "");
        assert_ne!(body(get).await, "");
    }

    #[tokio::test]
    async fn a_browser_on_an_unknown_page_gets_the_app_with_404() {
        let response = ask("GET", "/nowhere", "text/html,*/*").await;
        assert_eq!(
            (response.status().as_u16(), mime(&response)),
            (404, "text/html; charset=utf-8")
        );
        assert!(response.headers().get(header::ETAG).is_none());
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }

    #[tokio::test]
    async fn what_is_no_page_is_a_json_404_for_everyone() {
        for (method, path, accept) in [
            ("GET", "/nowhere", "application/json"),
            ("POST", "/nowhere", "text/html"),
            ("GET", "/api", "text/html"),
            ("GET", "/api/nothing", "text/html"),
            ("GET", "/assets/app-00000000.js", "text/html"),
            ("GET", "/metrics", "text/html"),
            ("GET", "/livez", "text/html"),
            ("GET", "/readyz", "text/html"),
            ("GET", "/MANIFEST", "*/*"),
        ] {
            let response = ask(method, path, accept).await;
            assert_eq!(
                (response.status().as_u16(), mime(&response)),
                (404, "application/json"),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn a_wrong_method_is_a_json_405_that_names_the_right_ones() {
        for path in ["/login", "/api/tasks", "/chatkit.js"] {
            let response = ask("DELETE", path, "text/html").await;
            assert_eq!(
                (response.status().as_u16(), mime(&response)),
                (405, "application/json"),
                "{path}"
            );
            assert_eq!(response.headers()[header::ALLOW], "GET,HEAD", "{path}");
        }
    }

    #[tokio::test]
    async fn other_peoples_pages_may_load_the_element() {
        let response = ask("GET", "/chatkit.js", "*/*").await;
        let headers = response.headers();
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=300");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(mime(&response), "text/javascript; charset=utf-8");
    }

    #[tokio::test]
    async fn hashed_files_are_kept_for_good() {
        let script = asset::ASSETS.iter().find(|asset| asset.immutable).expect("web/dist is built");
        let response = ask("GET", script.path, "*/*").await;
        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
    }
}
