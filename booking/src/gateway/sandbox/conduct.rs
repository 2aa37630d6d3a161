//! How a call to the sandbox is answered: as the handler says, unless something goes wrong with it.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use super::faults::Fault;
use super::service::{Refusal, Sandbox};

/// What a handler has done: the charge, what happened to it, and the card that it was done with.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) charge: String,
    pub(super) kind: &'static str,
    pub(super) token: String,
}

/// Answers a call, or fails to. What a token says goes wrong only where something was done, so that asking again helps.
pub(super) async fn misbehave(State(sandbox): State<Sandbox>, mut request: Request, next: Next) -> Response {
    let mut mishaps = sandbox.dice.roll();
    if mishaps.has(Fault::Down) {
        return Refusal::Down.into_response();
    }
    request.extensions_mut().insert(mishaps.clone());
    let response = next.run(request).await;
    if let Some(done) = response.extensions().get::<Done>() {
        mishaps.add(Fault::of_token(&done.token));
        sandbox.notices.tell(done, &mishaps).await;
    }
    if let Some(delay) = mishaps.delay() {
        tokio::time::sleep(delay).await;
    }
    if mishaps.has(Fault::LostAnswer) {
        return broken_off();
    }
    if mishaps.has(Fault::ErrorAfterCharge) && response.status().is_success() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    response
}

/// An answer whose connection breaks off after the headers.
fn broken_off() -> Response {
    let broken =
        futures::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("the answer is lost")) });
    Response::new(Body::from_stream(broken))
}
