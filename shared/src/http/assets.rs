//! Files embedded into the binary: stylesheets, modules, pictures.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use rust_embed::RustEmbed;

use crate::digest::hex;
use crate::problem::{Problem, codes};

/// The files that both services' pages use.
#[derive(RustEmbed)]
#[folder = "assets"]
pub struct Asset;

/// An embedded file, revalidated by its digest; 404 where there is none.
pub fn asset_response<E: RustEmbed>(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = E::get(path) else { return Problem::from(&codes::NOT_FOUND).into_response() };
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..8]));
    let known = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.contains(&etag));
    let caching =
        [(ETAG, etag), (CACHE_CONTROL, "public, max-age=60, stale-while-revalidate=600".to_owned())];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = content_type(path);
    let Some(written) = str::from_utf8(&file.data).ok().filter(|_| kind.starts_with("text/")) else {
        return (caching, [(CONTENT_TYPE, kind)], file.data).into_response();
    };
    (caching, [(CONTENT_TYPE, kind)], without_comments(written, kind.starts_with("text/javascript")))
        .into_response()
}

/// A script or a stylesheet without the comments that stand on lines of their own: they are for readers of the source.
/// The lines stay, empty, so that a browser's messages name the right ones; so does what begins with `/*!`, a licence.
fn without_comments(text: &str, is_script: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_comment = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let begins = trimmed.starts_with("/*") && !trimmed.starts_with("/*!");
        let is_whole = trimmed.find("*/").is_none_or(|end| end + 2 == trimmed.len());
        if is_comment || (begins && is_whole) {
            is_comment = !trimmed.ends_with("*/");
        } else if !(is_script && trimmed.starts_with("//")) {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    kept
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_on_lines_of_their_own_are_left_out_and_licences_stay() {
        let script = "// who\nlet url = \"https://x\"; // kept\n  /** one */\nrun();\n/* two\n   lines */\nend(); /* kept */\n/*! licence\n * of it */\n";
        let sent =
            "\nlet url = \"https://x\"; // kept\n\nrun();\n\n\nend(); /* kept */\n/*! licence\n * of it */\n";
        assert_eq!(without_comments(script, true), sent);
        assert_eq!(without_comments("//x{}\n/* a */ b {}\n", false), "//x{}\n/* a */ b {}\n");
    }
}
