//! Errors told to people instead of programs, in their language.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, RETRY_AFTER, VARY};

use super::{Catalogue, Language, LanguageLink, Reader, Words, page, wants_html};
use crate::problem::Problem;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(|_| ""));

/// A layer: answers problems as pages to browsers, in the reader's language, with the same status and `Retry-After`.
/// Programs, and everybody at the API's own paths, get the document.
pub async fn errors_as_pages(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    let read = |request: &Request| Reader::of(request.uri(), request.headers()).language(&[]);
    let for_people = wants_html(request.headers()).then(|| read(&request));
    let safe = request.method().is_safe();
    let request_id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let mut response = next.run(request).await;
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| is_problem).cloned() else {
        return response;
    };
    let Some(language) = for_people else {
        response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
        return response;
    };
    let mut answer = page(problem.status(), &ErrorPage::new(&problem, language, safe, request_id));
    if let Some(wait) = response.headers().get(RETRY_AFTER) {
        answer.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    answer.headers_mut().append(VARY, HeaderValue::from_static("accept, accept-language, cookie"));
    answer.extensions_mut().insert(problem);
    answer
}

/// An error told to a person.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    say: &'static Words,
    languages: Vec<LanguageLink>,
    status: u16,
    code: &'static str,
    detail: Option<String>,
    retry_after_s: Option<u64>,
    safe: bool,
    request_id: Option<String>,
}

impl ErrorPage {
    fn new(problem: &Problem, language: Language, safe: bool, request_id: Option<String>) -> Self {
        let document = problem.document();
        let status = problem.code().status;
        let is_for_reader = language == Language::English || says_more(status);
        Self {
            say: CATALOGUE.of(language),
            // The page is told of one request, which another address would not repeat.
            languages: Vec::new(),
            status,
            code: problem.code().code,
            detail: document["detail"].as_str().filter(|_| is_for_reader).map(str::to_owned),
            retry_after_s: document["retry_after_s"].as_u64(),
            safe,
            request_id,
        }
    }

    /// The message that names the kind of error; the advice has the same name and `-advice`.
    fn message(&self) -> &'static str {
        match self.status {
            400 | 413 | 415 | 422 => "error-input",
            401 | 403 => "error-forbidden",
            404 => "error-missing",
            405 => "error-method",
            409 => "error-conflict",
            410 => "error-gone",
            429 => "error-limited",
            503 => "error-away",
            _ => "error-fault",
        }
    }

    fn heading(&self) -> String {
        self.say.text(self.message())
    }

    fn advice(&self) -> String {
        self.say.text(&format!("{}-advice", self.message()))
    }

    fn wait(&self) -> Option<String> {
        self.retry_after_s.map(|seconds| self.say.count("error-wait", &[("seconds", seconds)]))
    }
}

/// Whether the details of a problem, which are in English, say what nobody finds out without them.
fn says_more(status: u16) -> bool {
    matches!(status, 400 | 409 | 410 | 413 | 415 | 422)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware;
    use axum::routing::get;
    use http::Request;
    use http::header::{ACCEPT, ACCEPT_LANGUAGE};
    use tower::ServiceExt as _;

    use super::*;
    use crate::problem::codes;

    const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

    async fn ask(
        path: &str,
        accept: &'static str,
        code: &'static crate::problem::Code,
    ) -> (Response, String) {
        ask_in(Language::English, path, accept, code).await
    }

    async fn ask_in(
        language: Language,
        path: &str,
        accept: &'static str,
        code: &'static crate::problem::Code,
    ) -> (Response, String) {
        let answer = move || async move { Problem::from(code).detail("<b>no</b>").with("retry_after_s", 3) };
        let routes = Router::new().fallback(get(answer)).layer(middleware::from_fn(errors_as_pages));
        let request = Request::get(path)
            .header(ACCEPT, accept)
            .header(ACCEPT_LANGUAGE, language.tag())
            .body(Body::empty())
            .unwrap();
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(parts, Body::empty()), String::from_utf8(text.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_common_error_is_told_to_a_browser_as_a_page() {
        for code in codes::ALL {
            let (response, text) = ask("/q/one", BROWSER, code).await;
            assert_eq!(response.status().as_u16(), code.status);
            assert!(text.contains("<h1>") && text.contains("&#60;b&#62;no"), "{text}");
            assert!(response.extensions().get::<Problem>().is_some(), "the log needs the code");
        }
    }

    #[tokio::test]
    async fn every_common_error_is_told_in_the_readers_language() {
        for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
            for code in codes::ALL {
                let (response, text) = ask_in(language, "/q/one", BROWSER, code).await;
                let frame = format!("<html lang=\"{}\" dir=\"{}\">", language.tag(), language.direction());
                assert!(text.contains(&frame), "{text}");
                assert!(
                    text.contains(&CATALOGUE.of(language).count("error-wait", &[("seconds", 3)])),
                    "{text}"
                );
                for message in ["error-again", "error-start", "skip"] {
                    let english = format!(">{}<", CATALOGUE.of(Language::English).text(message));
                    assert!(!text.contains(&english), "{language:?}: {message}");
                }
                let vary = response.headers()[VARY].to_str().unwrap();
                assert!(vary.contains("accept-language"), "{vary}");
                assert!(!text.contains("error-"), "a message is missing: {text}");
            }
        }
    }

    #[tokio::test]
    async fn a_program_gets_the_problem_document() {
        for (path, accept) in [("/q/one", "*/*"), ("/q/one", "application/json"), ("/v1/drops/one", BROWSER)]
        {
            let (response, text) = ask(path, accept, &codes::NOT_FOUND).await;
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert!(text.contains("not_found"));
        }
    }
}
