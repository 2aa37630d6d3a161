//! What an operator gives back: a part of a payment, or all that is left of it and the booking with it.

use jiff::Timestamp;
use shared::money::Money;
use shared::store::constraint;
use sqlx::PgConnection;

use super::cancel::{Ending, end, lock_booking, lock_tickets};
use super::{Paid, Promised, Refunds, Terms, lock_payment, refund_status, write};
use crate::domain::booking::BookingStatus;
use crate::domain::ids::{BookingId, RefundId, ReservationId};
use crate::domain::refund::{RefundError, RefundRequest, RefundStatus, Refunded, lease_end};
use crate::store::error::REFUNDS_EXCEED_CAPTURE;
use crate::store::postgres;

impl From<sqlx::Error> for RefundError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Refunds {
    /// Promises what an operator gives back. All that is left ends the booking too, unless a ticket has been used.
    pub async fn promise(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<(Refunded, Promised), RefundError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let booking = request.booking;
            let reservation = reservation_of(&mut tx, booking).await?.ok_or(RefundError::NotFound)?;
            let booked = lock_booking(&mut tx, booking, reservation).await?.ok_or(RefundError::NotFound)?;
            let nothing = RefundError::NotSoMuch { left: Money::new(0, booked.total.currency) };
            let paid = lock_payment(&mut tx, reservation).await?.ok_or(nothing)?;
            if let Some(known) = known(&mut tx, &paid, request, booked.status).await? {
                return Ok((known, Promised::default()));
            }
            let amount = request.amount.unwrap_or(paid.left);
            if amount.currency != paid.left.currency
                || !(1..=paid.left.amount_minor).contains(&amount.amount_minor)
            {
                return Err(RefundError::NotSoMuch { left: paid.left });
            }
            let mut promised = Promised::default();
            let terms = terms(request, now);
            let due = match write(&mut tx, paid.attempt, amount, &terms, now).await {
                Err(error) if constraint(&error) == Some(REFUNDS_EXCEED_CAPTURE) => {
                    return Err(RefundError::NotSoMuch { left: paid.left });
                }
                written => written?,
            };
            let id = due.id;
            promised.refund = Some(due);
            let mut status = booked.status;
            if request.amount.is_none()
                && status == BookingStatus::Confirmed
                && !lock_tickets(&mut tx, booking).await?
            {
                let refund = Some(id);
                let ending = Ending { booking, reservation, percent: 100, refund, by: &request.operator };
                promised.messages.push(end(&mut tx, &ending, now).await?);
                status = BookingStatus::Cancelled;
            }
            tx.commit().await?;
            Ok((Refunded { id, booking, status, amount, refund: RefundStatus::Pending }, promised))
        })
        .await
    }
}

fn terms(request: &RefundRequest, now: Timestamp) -> Terms<'_> {
    Terms {
        cause: "operator",
        percent: 100,
        reason: &request.reason,
        by: &request.operator,
        key: request.key.as_ref(),
        due_at: lease_end(now),
    }
}

async fn reservation_of(
    tx: &mut PgConnection,
    booking: BookingId,
) -> Result<Option<ReservationId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT reservation_id AS "id: ReservationId" FROM booking.bookings
           WHERE id = $1 AND confirmed_at IS NOT NULL"#,
        booking.0,
    )
    .fetch_optional(tx)
    .await
}

/// The refund that was made under the request's key before, as it stands now.
async fn known(
    tx: &mut PgConnection,
    paid: &Paid,
    request: &RefundRequest,
    status: BookingStatus,
) -> Result<Option<Refunded>, RefundError> {
    let Some((key, digest)) = &request.key else { return Ok(None) };
    let row = sqlx::query!(
        r#"SELECT id AS "id: RefundId", amount_minor, state, request_digest FROM booking.refunds
           WHERE payment_id = $1 AND request_key = $2"#,
        paid.attempt.payment.0,
        key.as_str(),
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.request_digest.as_deref() != Some(digest.0.as_slice()) {
        return Err(RefundError::KeyReused);
    }
    let amount = Money::new(row.amount_minor, paid.left.currency);
    let refund = refund_status(&row.state)?;
    Ok(Some(Refunded { id: row.id, booking: request.booking, status, amount, refund }))
}
