//! Pages that explain the interface: the reference made from the OpenAPI document, and one page an error code.

use std::fmt::Write as _;

use axum::response::Html;
use serde_json::Value;

use crate::problem::Code;

/// Text made safe to stand in HTML, also inside an attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Text with `code` in backticks, as HTML.
fn prose(text: &str) -> String {
    let spans = text.split('`').enumerate();
    spans
        .map(|(n, span)| if n % 2 == 1 { format!("<code>{}</code>", escape(span)) } else { escape(span) })
        .collect()
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/assets/shared/reference.css\"></head><body><main>{body}</main></body></html>",
        title = escape(title),
    ))
}

/// The page of an error code.
pub(super) fn code_page(code: &Code) -> Html<String> {
    let body = format!(
        "<h1>{}</h1><p>{}</p><dl><dt>Code</dt><dd><code>{}</code></dd><dt>HTTP status</dt><dd>{}</dd></dl>\
         <p><a href=\"/problems\">All codes</a> · <a href=\"/docs\">The reference</a></p>",
        escape(code.title),
        prose(code.help),
        escape(code.code),
        code.status,
    );
    page(code.title, &body)
}

/// The list of all error codes.
pub(super) fn codes_page(codes: &[&Code]) -> Html<String> {
    let mut rows = String::new();
    for code in codes {
        let name = escape(code.code);
        let _ = write!(
            rows,
            "<tr><td><a href=\"/problems/{name}\"><code>{name}</code></a></td><td>{}</td><td>{}</td></tr>",
            code.status,
            escape(code.title)
        );
    }
    page(
        "Error codes",
        &format!(
            "<h1>Error codes</h1><table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>{rows}</tbody></table>"
        ),
    )
}

/// A readable reference made from an OpenAPI 3.1 document: every operation with its parameters, body and answers.
pub fn reference_page(document: &Value) -> Html<String> {
    let title = document["info"]["title"].as_str().unwrap_or("API");
    let description = document["info"]["description"].as_str().unwrap_or_default();
    let mut body = format!(
        "<h1>{}</h1><p>{}</p><p><a href=\"/openapi.json\">OpenAPI document</a> · <a href=\"/problems\">Error codes</a></p>",
        escape(title),
        prose(description),
    );
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            operation_section(&mut body, path, method, operation);
        }
    }
    body.push_str("<h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let text = serde_json::to_string_pretty(schema).unwrap_or_default();
        let _ = write!(
            body,
            "<h3 id=\"schema-{0}\">{0}</h3><pre tabindex=\"0\">{1}</pre>",
            escape(name),
            escape(&text)
        );
    }
    page(title, &body)
}

fn operation_section(body: &mut String, path: &str, method: &str, operation: &Value) {
    let summary = operation["summary"].as_str().unwrap_or_default();
    let description = operation["description"].as_str().unwrap_or_default();
    let _ = write!(
        body,
        "<section><h2><span class=\"method\">{}</span> <code>{}</code></h2><p>{}</p>",
        method.to_uppercase(),
        escape(path),
        prose(summary),
    );
    if !description.is_empty() {
        let _ = write!(body, "<p>{}</p>", prose(description));
    }
    parameters(body, &operation["parameters"]);
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        for (kind, media) in content {
            let _ =
                write!(body, "<p>Takes <code>{}</code>: {}</p>", escape(kind), schema_link(&media["schema"]));
        }
    }
    responses(body, &operation["responses"]);
    body.push_str("</section>");
}

fn parameters(body: &mut String, parameters: &Value) {
    let Some(parameters) = parameters.as_array().filter(|list| !list.is_empty()) else { return };
    body.push_str("<table><thead><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr></thead><tbody>");
    for parameter in parameters {
        let text = |name: &str| prose(parameter[name].as_str().unwrap_or_default());
        let _ = write!(
            body,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            text("name"),
            text("in"),
            text("description")
        );
    }
    body.push_str("</tbody></table>");
}

fn responses(body: &mut String, responses: &Value) {
    body.push_str("<table><thead><tr><th>Status</th><th>Meaning</th><th>Body</th></tr></thead><tbody>");
    for (status, response) in responses.as_object().into_iter().flatten() {
        let content = response["content"].as_object().and_then(|content| content.values().next());
        let schema = content.map(|media| schema_link(&media["schema"])).unwrap_or_default();
        let meaning = prose(response["description"].as_str().unwrap_or_default());
        let _ = write!(body, "<tr><td>{}</td><td>{meaning}</td><td>{schema}</td></tr>", escape(status));
    }
    body.push_str("</tbody></table>");
}

fn schema_link(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    if schema["items"].is_object() {
        return format!("list of {}", schema_link(&schema["items"]));
    }
    escape(schema["type"].as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_explained_can_be_markup() {
        assert_eq!(prose("`a<b>` & \"c\""), "<code>a&lt;b&gt;</code> &amp; &quot;c&quot;");
    }
}
