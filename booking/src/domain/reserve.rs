//! Reserving seats: what may be asked for, and the order in which the stores are asked. The contended path ends in
//! Redis; Postgres decides.

mod basket;
mod stranded;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::admission::Admission;
use shared::drop::{Settings, Touched};
use shared::money::Money;
use shared::store::StoreError;

pub use basket::{AskedSeat, Basket, BasketError, MAX_SEATS};
pub(crate) use stranded::strand_nobody;

use super::catalogue::ShowPlan;
use super::holds::{AddressBound, Hold, HoldRequest, SeatIndex, Taken};
use super::ids::ReservationId;
use super::reservation::{Reservation, ReservationStatus};
use crate::store::Store;
use crate::store::reservations::{NewReservation, Recorded, Refusal};

/// The slot is touched for long enough to answer; the hold's own length is added once there is a hold.
const TOUCH_S: u32 = 1;
/// A hold that turns out to be ended in Postgres is let go of and asked for again so often.
const ATTEMPTS: usize = 3;

/// A reservation that stands.
#[derive(Clone, Debug)]
pub struct Reserved {
    /// The reservation.
    pub reservation: Reservation,
    /// Whether this request made it; `false`: the buyer had reserved the same seats before.
    pub is_new: bool,
}

/// Why seats were not reserved.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// The basket is not one that can be asked for.
    #[error(transparent)]
    Basket(#[from] BasketError),
    /// The show is over, cancelled, or not sold any more.
    #[error("the show is not on sale")]
    NotOnSale,
    /// The admission's slot has ended.
    #[error("the admission has ended")]
    AdmissionEnded,
    /// The admission bought something already.
    #[error("the admission is spent")]
    AdmissionSpent,
    /// Somebody else has these seats.
    #[error("seats are not available")]
    SeatsUnavailable(Vec<String>),
    /// These seats would be left alone, and the show's rule forbids it.
    #[error("seats would be left alone")]
    Stranded(Vec<String>),
    /// The buyer has a live reservation of this show.
    #[error("the buyer has a reservation of this show")]
    ReservationLimit {
        /// Which.
        id: Option<ReservationId>,
        /// How long until it ends.
        retry_after: Duration,
    },
    /// There are as many reservations of this show from the buyer's address as there may be.
    #[error("the client address has as many reservations of this show as it may have")]
    AddressLimit {
        /// How many.
        most: u32,
        /// How long until one of them ends.
        retry_after: Duration,
    },
    /// The buyer left a reservation to expire.
    #[error("the buyer is cooling down")]
    CoolingDown {
        /// For how long.
        retry_after: Duration,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reserves seats of a show for somebody who was let in. Asking again for the same seats gives the same reservation.
pub async fn reserve(
    store: &Store,
    admission: &Admission,
    address: Option<AddressBound>,
    plan: &ShowPlan,
    asked: &[AskedSeat],
) -> Result<Reserved, ReserveError> {
    let now = store.clock.now();
    if !plan.show.is_on_sale(now) {
        return Err(ReserveError::NotOnSale);
    }
    let settings = live_slot(store, admission, TOUCH_S).await?;
    let basket = Basket::parse(plan, asked, settings.max_seats)?;
    strand_nobody(store, plan, &basket.indexes(), &[]).await?;
    for _ in 0..ATTEMPTS {
        let hold = take(store, admission, address.clone(), plan, &basket, &settings).await?;
        let new = NewReservation::of(admission, plan, &basket, hold, &settings);
        // The slot must live as long as the hold; one that ended meanwhile takes the hold with it.
        if let Err(error) = live_slot(store, admission, seconds_until(&new.hold)).await {
            resolve_later(store, new);
            return Err(error);
        }
        if let Some(reserved) = make_durable(store, plan, new).await? {
            return Ok(reserved);
        }
    }
    Err(ReserveError::Store(StoreError::Lost))
}

/// Decides in the background what became of a hold that this request cannot see to its end: kept where it is recorded,
/// or else let go.
fn resolve_later(store: &Store, new: NewReservation) {
    let store = store.clone();
    store.later.clone().spawn(async move { store.resolve(&new).await });
}

/// The drop's settings, if the admission's slot lives.
async fn live_slot(store: &Store, admission: &Admission, for_s: u32) -> Result<Settings, ReserveError> {
    match store.touch_slot(&admission.drop, admission.sid, for_s).await? {
        Touched::Live { settings, .. } => Ok(settings),
        Touched::Ended => Err(ReserveError::AdmissionEnded),
    }
}

/// A hold on all of the basket's seats.
async fn take(
    store: &Store,
    admission: &Admission,
    address: Option<AddressBound>,
    plan: &ShowPlan,
    basket: &Basket,
    settings: &Settings,
) -> Result<Hold, ReserveError> {
    let request = HoldRequest {
        id: ReservationId::at(store.clock.now()),
        buyer: admission.identity.clone(),
        hold_s: settings.hold_s,
        cooldown_s: settings.cooldown_s,
        seats: basket.indexes(),
        address,
    };
    let taken = match store.take_hold(plan.show.show_id, &request).await {
        Ok(taken) => taken,
        Err(error) => {
            if !matches!(error, StoreError::Lost) {
                let unseen = Hold::unseen(request.id, store.clock.now(), settings.hold_s);
                resolve_later(store, NewReservation::of(admission, plan, basket, unseen, settings));
            }
            return Err(error.into());
        }
    };
    match taken {
        Taken::New(hold) | Taken::Same(hold) => Ok(hold),
        Taken::Unavailable(seats) => Err(ReserveError::SeatsUnavailable(labels(plan, &seats))),
        Taken::Limit { id, at, expires_at } => {
            Err(ReserveError::ReservationLimit { id: Some(id), retry_after: wait(at, expires_at) })
        }
        Taken::AddressLimit { at, expires_at } => Err(ReserveError::AddressLimit {
            most: request.address.map_or(0, |bound| bound.reservations),
            retry_after: wait(at, expires_at),
        }),
        Taken::Cooling { at, until } => Err(ReserveError::CoolingDown { retry_after: wait(at, until) }),
    }
}

/// Records the hold in Postgres; `None` says that it had ended there before and was let go of.
async fn make_durable(
    store: &Store,
    plan: &ShowPlan,
    new: NewReservation,
) -> Result<Option<Reserved>, ReserveError> {
    match store.record(&new).await {
        Ok(Recorded::New) => Ok(Some(Reserved { reservation: fresh(&new), is_new: true })),
        Ok(Recorded::Already) => known(store, &new).await,
        Ok(Recorded::Refused(refusal)) => Err(refused(store, plan, &new, refusal).await?),
        Err(error) => {
            // It may have been recorded all the same. Nothing is undone before that is known.
            resolve_later(store, new);
            Err(error.into())
        }
    }
}

impl NewReservation {
    /// What is to be recorded for a hold.
    fn of(admission: &Admission, plan: &ShowPlan, basket: &Basket, hold: Hold, settings: &Settings) -> Self {
        Self {
            show: plan.show.show_id,
            drop: admission.drop.clone(),
            sid: admission.sid,
            buyer: admission.identity.clone(),
            hold,
            cooldown_s: settings.cooldown_s,
            seats: basket.seats.clone(),
            total: basket.total,
        }
    }
}

/// The reservation that a repeated request found.
async fn known(store: &Store, new: &NewReservation) -> Result<Option<Reserved>, ReserveError> {
    match store.reservation(new.hold.id).await? {
        Some(reservation) if reservation.status.is_live() => {
            Ok(Some(Reserved { reservation, is_new: false }))
        }
        _ => {
            store.holds.free(new.show, new.hold.id).await?;
            Ok(None)
        }
    }
}

/// Puts Redis right after Postgres refused, and says why.
async fn refused(
    store: &Store,
    plan: &ShowPlan,
    new: &NewReservation,
    refusal: Refusal,
) -> Result<ReserveError, ReserveError> {
    let seats: Vec<SeatIndex> = new.seats.iter().map(|seat| seat.seat).collect();
    let taken = match refusal {
        // The hold went with the epoch it was taken in; the show has been loaded since, or will be.
        Refusal::OldEpoch => return Ok(StoreError::Lost.into()),
        _ => store.settle_refused(new.show, new.hold.id, &seats).await?,
    };
    let wait = || wait(new.hold.at, new.hold.expires_at);
    Ok(match refusal {
        Refusal::SeatsOwned | Refusal::SeatsBlocked => ReserveError::SeatsUnavailable(labels(plan, &taken)),
        Refusal::BuyerHasOne => ReserveError::ReservationLimit { id: None, retry_after: wait() },
        Refusal::AdmissionSpent => ReserveError::AdmissionSpent,
        Refusal::NotOnSale | Refusal::OldEpoch => ReserveError::NotOnSale,
    })
}

/// The reservation that was just recorded, without reading it back.
fn fresh(new: &NewReservation) -> Reservation {
    Reservation {
        id: new.hold.id,
        show: new.show,
        drop: new.drop.clone(),
        sid: new.sid,
        buyer: new.buyer.clone(),
        status: ReservationStatus::Pending,
        seats: new.seats.clone(),
        total: new.total,
        fence: new.hold.fence,
        expires_at: new.hold.expires_at,
        payment_deadline: None,
        created_at: new.hold.at,
        ended_at: None,
        booking: None,
    }
}

pub(crate) fn labels(plan: &ShowPlan, seats: &[SeatIndex]) -> Vec<String> {
    let label = |seat: &SeatIndex| plan.seats.get(*seat as usize).map(|seat| seat.label.clone());
    seats.iter().filter_map(label).collect()
}

/// Whole seconds until the hold ends, at least one.
fn seconds_until(hold: &Hold) -> u32 {
    u32::try_from(wait(hold.at, hold.expires_at).as_secs() + 1).unwrap_or(u32::MAX)
}

pub(crate) fn wait(from: Timestamp, until: Timestamp) -> Duration {
    let left = until.duration_since(from).max(SignedDuration::ZERO);
    left.unsigned_abs()
}

/// No price.
pub(crate) fn nothing(plan: &ShowPlan) -> Money {
    Money::new(0, plan.show.prices.currency())
}
