//! The bank of a buyer, where the gateway plays it: asks whether it is them who pays, and the payment goes on by itself.
//! With a real gateway a real bank asks, in that gateway's script. What the question is about travels in the form alone:
//! the client secret stands in no address.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use shared::http::PathOf;
use shared::pages::{FormOf, page};
use shared::problem::{Problem, codes};

use super::paid::PaymentProblem;
use super::{PayForm, checkout, over_if_ended, own, pay_with, shown, to_basket};
use crate::app::AppState;
use crate::domain::ids::ReservationId;
use crate::domain::reservation::Reservation;
use crate::gateway::Heard;
use crate::http::caller::Caller;
use crate::http::pages::view::BasketView;

/// What stands between the token to go on with and the rest of a client secret.
const SECRET: &str = "_secret_";

/// The bank's question.
#[derive(Template)]
#[template(path = "bank.html")]
pub(super) struct BankPage {
    pub(super) basket: BasketView,
    /// What goes on when the buyer approves.
    pub(super) form: PayForm,
    pub(super) client_secret: String,
    /// The bank could not be reached with the answer.
    pub(super) is_away: bool,
    pub(super) now: Timestamp,
}

/// The buyer's answer, with what goes on after it.
#[derive(Deserialize)]
pub(in super::super) struct BankForm {
    client_secret: String,
    approve: bool,
    attempt: String,
    name: String,
    email: String,
}

impl BankForm {
    /// The payment with what the bank has been asked about in place of a card.
    fn continued(self) -> PayForm {
        let token = self.client_secret.split_once(SECRET).map_or("", |(token, _)| token);
        let payment_token = token.to_owned();
        PayForm { attempt: self.attempt, name: self.name, email: self.email, payment_token }
    }
}

/// Asks the buyer.
pub(super) async fn ask(
    app: &AppState,
    reservation: &Reservation,
    form: PayForm,
    client_secret: String,
    is_away: bool,
) -> Result<Response, Problem> {
    let (basket, now) = (shown(app, reservation).await?, app.clock.now());
    let status = if is_away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::PAYMENT_REQUIRED };
    Ok(page(status, &BankPage { basket, form, client_secret, is_away, now }))
}

pub(in super::super) async fn answer(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
    FormOf(said): FormOf<BankForm>,
) -> Result<Response, Problem> {
    let reservation = own(&app, &caller, id).await?;
    let not_found = || Problem::from(&codes::NOT_FOUND);
    let bank = app.gateways.current().bank().ok_or_else(not_found)?;
    let (client_secret, approves) = (said.client_secret.clone(), said.approve);
    let heard = bank.hear(&client_secret, approves).await;
    let form = said.continued();
    match heard {
        Ok(Heard::Noted) if approves => pay_with(&app, caller, &reservation, form).await,
        Ok(Heard::Noted) => refused(&app, &reservation, form).await,
        // The basket's page says what became of it.
        Ok(Heard::TooLate) => Ok(to_basket(id).into_response()),
        Ok(Heard::Unknown) => Err(not_found()),
        Err(no_answer) => {
            tracing::debug!(error = %no_answer, "the bank did not hear a buyer's answer");
            ask(&app, &reservation, form.again(), client_secret, true).await
        }
    }
}

/// The buyer told the bank that it is not them: another card is asked for while there is time.
async fn refused(app: &AppState, reservation: &Reservation, form: PayForm) -> Result<Response, Problem> {
    if let Some(over) = over_if_ended(app, reservation).await? {
        return Ok(over);
    }
    let (form, problem) = (form.with_another_card(), Some(PaymentProblem::NotApproved));
    checkout(app, reservation, StatusCode::PAYMENT_REQUIRED, form, problem).await
}

#[cfg(test)]
mod tests {
    use super::super::tests::form;
    use super::*;
    use crate::http::pages::view::samples;

    fn sample(is_away: bool) -> String {
        let client_secret = "ch_7_secret_2".to_owned();
        let (basket, now) = (samples::basket(), samples::now());
        let html = BankPage { basket, form: form(), client_secret, is_away, now }.render().unwrap();
        samples::check(&html);
        html
    }

    #[test]
    fn the_question_says_what_it_is_about_and_that_it_is_a_test() {
        let html = sample(false);
        for text in ["25.00 EUR", "A1, A2", "This is a test", "name=\"approve\" value=\"true\"", "21:10:00"] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert!(html.contains("name=\"approve\" value=\"false\"") && !html.contains("role=\"alert\" id"));
        assert!(sample(true).contains("could not be reached"));
    }

    #[test]
    fn the_secret_stands_in_no_address_and_the_card_in_no_field() {
        let html = sample(false);
        assert_eq!(html.matches("ch_7_secret_2").count(), 1, "{html}");
        assert!(html.contains("type=\"hidden\" name=\"client_secret\" value=\"ch_7_secret_2\""), "{html}");
        assert!(!html.contains("tok_slow"), "{html}");
    }

    #[test]
    fn who_approves_goes_on_with_what_the_bank_asked_about() {
        let said = |client_secret: &str| BankForm {
            client_secret: client_secret.to_owned(),
            approve: true,
            attempt: "k-2".to_owned(),
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
        };
        let form = said("ch_7_secret_2").continued();
        assert_eq!((form.payment_token.as_str(), form.attempt.as_str()), ("ch_7", "k-2"));
        assert_eq!(said("nonsense").continued().payment_token, "");
    }
}
