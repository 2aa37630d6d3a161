//! Refunds at Stripe. Its keys are forgotten after a day, and a refund may have to be asked for longer: what was given
//! back is looked for first, by our id on it.

use serde::Deserialize;
use shared::money::Money;

use super::StripeGateway;
use super::intent::{List, Metadata, to_stripe};
use crate::domain::ids::RefundId;
use crate::gateway::{Attempt, NoAnswer};

/// A refund, as far as it is read.
#[derive(Deserialize)]
struct Refund {
    status: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

impl Refund {
    /// Whether the money is back, or on its way.
    fn is_good(&self) -> bool {
        !matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

impl StripeGateway {
    pub(super) async fn give_back(
        &self,
        attempt: &Attempt,
        refund: RefundId,
        amount: Money,
    ) -> Result<bool, NoAnswer> {
        let Some(intent) = self.found(attempt).await? else { return Ok(false) };
        if let Some(known) = self.refund_of(&intent.id, refund).await? {
            return Ok(known.is_good());
        }
        let Some(minor) = to_stripe(amount) else { return Ok(false) };
        let form = [
            ("payment_intent", intent.id),
            ("amount", minor.to_string()),
            ("metadata[refund_id]", refund.to_string()),
            ("metadata[payment_id]", attempt.payment.to_string()),
        ];
        let made: Result<Refund, _> = self.api.post("v1/refunds", &format!("{refund}:refund"), &form).await?;
        Ok(made.is_ok_and(|made| made.is_good()))
    }

    pub(super) async fn was_given_back(&self, attempt: &Attempt, refund: RefundId) -> Result<bool, NoAnswer> {
        let Some(intent) = self.found(attempt).await? else { return Ok(false) };
        Ok(self.refund_of(&intent.id, refund).await?.is_some_and(|known| known.is_good()))
    }

    async fn refund_of(&self, intent: &str, refund: RefundId) -> Result<Option<Refund>, NoAnswer> {
        let query = [("payment_intent", intent.to_owned()), ("limit", "100".to_owned())];
        let list: Result<List<Refund>, _> = self.api.get("v1/refunds", &query).await?;
        let list = list.map_err(|refused| NoAnswer::new(format!("no list: {}", refused.kind)))?;
        let id = refund.to_string();
        Ok(list.data.into_iter().find(|known| known.metadata.refund.as_deref() == Some(&id)))
    }
}
