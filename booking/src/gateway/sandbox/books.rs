//! `GET /v1/charges` of the sandbox: its books, a page at a time, in the order of their making.

use axum::Json;
use axum::extract::{Query, State};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::{Deserialize, Serialize};
use shared::money::{Currency, Money};
use shared::store::{Dependency, StoreError, within};
use uuid::Uuid;

use super::ledger::{Ledger, status, unexpected};
use super::service::{Refusal, Sandbox};
use super::{ChargeStatus, payment_of};
use crate::domain::payment::GatewayReference;
use crate::gateway::{BookedCharge, BookedStatus, BooksPage};

const PAGE: i64 = 200;

/// Which page is asked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
}

/// A page of the books.
#[derive(Serialize, Deserialize)]
pub(super) struct PageView {
    charges: Vec<EntryView>,
    next: Option<String>,
}

/// A charge in the books.
#[derive(Serialize, Deserialize)]
struct EntryView {
    key: String,
    reference: Uuid,
    status: ChargeStatus,
    amount: Money,
    captured_minor: i64,
    refunded_minor: i64,
    created_at: Timestamp,
}

/// Answers with a page.
pub(super) async fn list(
    State(sandbox): State<Sandbox>,
    Query(asked): Query<Asked>,
) -> Result<Json<PageView>, Refusal> {
    let after = match &asked.after {
        None => (asked.since, Uuid::nil()),
        Some(cursor) => read_cursor(cursor).ok_or(Refusal::BadCursor)?,
    };
    let charges = sandbox.ledger.page(after, asked.until).await?;
    let full = i64::try_from(charges.len()).is_ok_and(|count| count == PAGE);
    let next = charges.last().filter(|_| full).map(|last| format!("{}_{}", last.created_at, last.reference));
    Ok(Json(PageView { charges, next }))
}

fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (created_at, id) = text.split_once('_')?;
    Some((created_at.parse().ok()?, id.parse().ok()?))
}

impl Ledger {
    /// The charges made after this one and before `until`, oldest first.
    async fn page(&self, after: (Timestamp, Uuid), until: Timestamp) -> Result<Vec<EntryView>, StoreError> {
        let query = sqlx::query!(
            r#"SELECT id, idempotency_key, amount_minor, currency, status, captured_minor, refunded_minor,
                      created_at AS "created_at: jiff_sqlx::Timestamp"
               FROM sandbox_gateway.charges
               WHERE (created_at, id) > ($1, $2) AND created_at < $3
               ORDER BY created_at, id LIMIT $4"#,
            after.0.to_sqlx() as _,
            after.1,
            until.to_sqlx() as _,
            PAGE,
        );
        let rows = within(Dependency::Postgres, query.fetch_all(self.pool())).await?;
        rows.into_iter()
            .map(|row| {
                let currency: Currency =
                    row.currency.parse().map_err(|_| unexpected("currency", &row.currency))?;
                Ok(EntryView {
                    key: row.idempotency_key,
                    reference: row.id,
                    status: status(&row.status)?,
                    amount: Money::new(row.amount_minor, currency),
                    captured_minor: row.captured_minor,
                    refunded_minor: row.refunded_minor,
                    created_at: row.created_at.to_jiff(),
                })
            })
            .collect()
    }
}

impl From<PageView> for BooksPage {
    fn from(page: PageView) -> Self {
        Self { charges: page.charges.into_iter().map(Into::into).collect(), next: page.next }
    }
}

impl From<EntryView> for BookedCharge {
    fn from(entry: EntryView) -> Self {
        Self {
            payment: payment_of(&entry.key),
            reference: GatewayReference(entry.reference.to_string()),
            amount: entry.amount,
            captured_minor: entry.captured_minor,
            refunded_minor: entry.refunded_minor,
            status: match entry.status {
                ChargeStatus::Processing | ChargeStatus::ActionRequired => BookedStatus::Open,
                ChargeStatus::Authorised => BookedStatus::Authorised,
                ChargeStatus::Declined => BookedStatus::Declined,
                ChargeStatus::Captured | ChargeStatus::Refunded => BookedStatus::Captured,
                ChargeStatus::Voided => BookedStatus::Voided,
            },
            created_at: entry.created_at,
        }
    }
}
