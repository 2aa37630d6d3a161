//! A browser's admission is renewed on its way: near its end, while the request is worked on, server to server.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::header::{AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use shared::admission::{Admission, cookie_name};
use shared::ids::DropSlug;

use crate::app::AppState;
use crate::store::waitroom::{FreshAdmission, renew};

/// Admissions that end within this time are renewed.
const NEAR: SignedDuration = SignedDuration::from_secs(120);
/// More admissions than this are not looked at.
const MAX_COOKIES: usize = 16;

/// Renews the admissions in a request's cookies that are near their end, and sets the new cookies on the answer. Where
/// waitroom refuses or cannot be reached, the old ones go on to their end.
pub async fn renew_admissions(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let ending = ending_admissions(&app, request.headers()).await;
    if ending.is_empty() {
        return next.run(request).await;
    }
    let renewals =
        futures::future::join_all(
            ending.iter().map(|(token, admission)| {
                let app = &app;
                async move {
                    renew(app, &admission.drop, token).await.map(|fresh| (admission.drop.clone(), fresh))
                }
            }),
        );
    let (mut response, renewed) = tokio::join!(next.run(request), renewals);
    for (drop, fresh) in renewed.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, admission_cookie(&app, &drop, &fresh));
    }
    response
}

async fn ending_admissions(app: &AppState, headers: &HeaderMap) -> Vec<(String, Admission)> {
    if headers.contains_key(AUTHORIZATION) {
        return Vec::new();
    }
    let jar = CookieJar::from_headers(headers);
    let cookies = jar.iter().filter(|cookie| cookie.name().starts_with("admission_")).take(MAX_COOKIES);
    let now = app.clock.now();
    let mut ending = Vec::new();
    for cookie in cookies {
        match app.verifier.verify(cookie.value()).await {
            Ok(admission) if admission.expires_at.duration_since(now) < NEAR => {
                ending.push((cookie.value().to_owned(), admission));
            }
            _ => {}
        }
    }
    ending
}

/// The cookie that carries an admission: for this shop alone, out of scripts' reach, no longer than it is valid.
pub fn admission_cookie(app: &AppState, drop: &DropSlug, fresh: &FreshAdmission) -> HeaderValue {
    let secure = if app.public_url.starts_with("https://") { "; Secure" } else { "" };
    let (name, token, max_age_s) = (cookie_name(drop), &fresh.admission_token, fresh.expires_in);
    let cookie = format!("{name}={token}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).expect("a verified token, a slug and attributes are visible ASCII")
}
