//! The rule against stranded seats, on the map of the moment. Somebody else's hold may come between this look and the
//! hold; then a seat is left alone that was not when the buyer chose, which is nobody's fault and refused to nobody.

use super::{ReserveError, labels};
use crate::domain::catalogue::ShowPlan;
use crate::domain::holds::{SeatIndex, SeatState};
use crate::domain::seating::{Seating, StrandedRule, check_stranded};
use crate::store::Store;

/// Refuses a choice that leaves seats alone where the show's rule forbids it; `own` are seats that the buyer gives back
/// for it.
pub(crate) async fn strand_nobody(
    store: &Store,
    plan: &ShowPlan,
    chosen: &[SeatIndex],
    own: &[SeatIndex],
) -> Result<(), ReserveError> {
    let rule = plan.show.stranded_rule;
    if rule == StrandedRule::Off {
        return Ok(());
    }
    let mut map = store.seat_map(plan.show.show_id).await?;
    for seat in own {
        if let Some(state) = map.states.get_mut(*seat as usize) {
            *state = SeatState::Free;
        }
    }
    let seating = Seating::new(&plan.seats, &map.states);
    check_stranded(&seating, chosen, rule)
        .map_err(|stranding| ReserveError::Stranded(labels(plan, &stranding.seats)))
}
