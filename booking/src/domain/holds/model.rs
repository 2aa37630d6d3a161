//! The executable specification of a show's holds: what the scripts in Redis must do, in ordinary code and memory.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shared::ids::Identity;

use super::{Exchanged, Hold, HoldRequest, OwnedSeats, Released, SeatIndex, SeatMap, SeatState, Taken};
use crate::domain::ids::ReservationId;

/// A show's holds in memory.
pub struct ShowHolds {
    states: Vec<SeatState>,
    owners: BTreeMap<ReservationId, OwnedSeats>,
    cooling: BTreeMap<String, Timestamp>,
    addresses: BTreeMap<String, Vec<ReservationId>>,
    version: i64,
    fence: i64,
    changed: bool,
}

impl ShowHolds {
    /// A show of free seats in its first epoch.
    pub fn new(seat_count: usize, epoch: i64) -> Self {
        let start = epoch << 32;
        Self {
            states: vec![SeatState::Free; seat_count],
            owners: BTreeMap::new(),
            cooling: BTreeMap::new(),
            addresses: BTreeMap::new(),
            version: start,
            fence: start,
            changed: false,
        }
    }

    /// Holds all of the seats or none.
    pub fn take(&mut self, request: &HoldRequest, now: Timestamp) -> Taken {
        self.lapse(now);
        if let Some(owner) = self.hold_of(&request.buyer) {
            let expires_at = owner.expires_at.expect("a hold lapses");
            if owner.seats == request.seats {
                return Taken::Same(Hold { id: owner.id, fence: owner.fence, at: now, expires_at });
            }
            return Taken::Limit { id: owner.id, at: now, expires_at };
        }
        if let Some(until) = self.cooling.get(request.buyer.as_str()) {
            return Taken::Cooling { at: now, until: *until };
        }
        if let Some(expires_at) = self.address_is_full_until(request) {
            return Taken::AddressLimit { at: now, expires_at };
        }
        let seats = request.seats.iter().copied();
        let taken: Vec<SeatIndex> = seats.filter(|seat| self.state(*seat) != SeatState::Free).collect();
        if !taken.is_empty() {
            return Taken::Unavailable(taken);
        }
        self.fence += 1;
        let expires_at = now + SignedDuration::from_secs(request.hold_s.into());
        let owned = OwnedSeats {
            id: request.id,
            buyer: request.buyer.clone(),
            fence: self.fence,
            expires_at: Some(expires_at),
            cooldown_s: request.cooldown_s,
            seats: request.seats.clone(),
        };
        self.owners.insert(request.id, owned);
        if let Some(bound) = &request.address {
            self.addresses.entry(bound.digest.clone()).or_default().push(request.id);
        }
        self.write(&request.seats, SeatState::Held);
        self.publish();
        Taken::New(Hold { id: request.id, fence: self.fence, at: now, expires_at })
    }

    /// Gives a hold other seats, all or none.
    pub fn exchange(&mut self, id: ReservationId, seats: &[SeatIndex], now: Timestamp) -> Exchanged {
        self.lapse(now);
        let Some(owner) = self.owners.get(&id).cloned() else { return Exchanged::Gone };
        let Some(expires_at) = owner.expires_at else { return Exchanged::Booked };
        let new: Vec<SeatIndex> = seats.iter().copied().filter(|seat| !owner.seats.contains(seat)).collect();
        let taken: Vec<SeatIndex> =
            new.iter().copied().filter(|seat| self.state(*seat) != SeatState::Free).collect();
        if !taken.is_empty() {
            return Exchanged::Unavailable(taken);
        }
        self.fence += 1;
        let given = owner.seats.iter().copied();
        let given: Vec<SeatIndex> =
            given.filter(|seat| !seats.contains(seat) && self.state(*seat) == SeatState::Held).collect();
        self.owners.insert(id, OwnedSeats { seats: seats.to_vec(), fence: self.fence, ..owner });
        self.write(&given, SeatState::Free);
        self.write(&new, SeatState::Held);
        self.publish();
        Exchanged::Held(Hold { id, fence: self.fence, at: now, expires_at })
    }

    /// Gives a hold back.
    pub fn release(&mut self, id: ReservationId) -> Released {
        match self.owners.get(&id).map(|owner| owner.expires_at) {
            None => Released::Gone,
            Some(None) => Released::Booked,
            Some(Some(_)) => {
                self.forget(id, &[SeatState::Held]);
                self.publish();
                Released::Released
            }
        }
    }

    /// Marks a hold as booked, or gives a booking the seats of a later fence; `true`: no such hold was known.
    pub fn book(&mut self, owned: &OwnedSeats) -> bool {
        let known = self.owners.get(&owned.id).cloned();
        if known.as_ref().is_some_and(|known| known.expires_at.is_none() && known.fence >= owned.fence) {
            return false;
        }
        if let Some(known) = &known {
            let own = if known.expires_at.is_some() { SeatState::Held } else { SeatState::Booked };
            let rest = known.seats.iter().copied().filter(|seat| !owned.seats.contains(seat));
            let rest: Vec<SeatIndex> = rest.filter(|seat| self.state(*seat) == own).collect();
            self.write(&rest, SeatState::Free);
        }
        self.owners.insert(owned.id, OwnedSeats { expires_at: None, cooldown_s: 0, ..owned.clone() });
        self.write(&owned.seats, SeatState::Booked);
        self.publish();
        known.is_none_or(|known| known.expires_at.is_none())
    }

    /// Puts the seats of a reservation back on sale.
    pub fn free(&mut self, id: ReservationId) -> bool {
        let known = self.owners.contains_key(&id);
        if known {
            self.forget(id, &[SeatState::Held, SeatState::Booked]);
            self.publish();
        }
        known
    }

    /// Makes a hold lapse at another time.
    pub fn move_lapse(&mut self, id: ReservationId, until: Timestamp) -> bool {
        match self.owners.get_mut(&id) {
            Some(owner) if owner.expires_at.is_some() => {
                owner.expires_at = Some(until);
                true
            }
            _ => false,
        }
    }

    /// Puts the seats of overdue holds back on sale and begins their buyers' cool-downs.
    pub fn lapse(&mut self, now: Timestamp) -> Vec<ReservationId> {
        let overdue = self.overdue(now);
        for owner in &overdue {
            self.forget(owner.id, &[SeatState::Held]);
            let lapsed_at = owner.expires_at.expect("an overdue hold had a time to lapse at");
            let until = lapsed_at + SignedDuration::from_secs(owner.cooldown_s.into());
            let known = self.cooling.entry(owner.buyer.as_str().to_owned()).or_insert(until);
            *known = (*known).max(until);
        }
        self.cooling.retain(|_, until| *until > now);
        self.publish();
        overdue.into_iter().map(|owner| owner.id).collect()
    }

    /// Blocks free seats, or unblocks blocked ones.
    pub fn block(&mut self, seats: &[SeatIndex], blocked: bool) {
        let (from, to) = if blocked {
            (SeatState::Free, SeatState::Blocked)
        } else {
            (SeatState::Blocked, SeatState::Free)
        };
        let own: Vec<SeatIndex> = seats.iter().copied().filter(|seat| self.state(*seat) == from).collect();
        self.write(&own, to);
        self.publish();
    }

    /// The map; overdue holds count as free.
    pub fn map(&self, now: Timestamp) -> SeatMap {
        let mut states = self.states.clone();
        let overdue = self.overdue(now).into_iter().flat_map(|owner| owner.seats);
        let held: Vec<SeatIndex> = overdue.filter(|seat| self.state(*seat) == SeatState::Held).collect();
        for seat in &held {
            states[*seat as usize] = SeatState::Free;
        }
        SeatMap { version: self.version, states, overdue: held.len() }
    }

    /// Postgres refused a hold: it is let go of, and the seats are written as they are known to be.
    pub fn settle(&mut self, refused: ReservationId, seats: &[SeatIndex]) {
        if self.owners.get(&refused).is_some_and(|owner| owner.expires_at.is_some()) {
            self.forget(refused, &[SeatState::Held]);
        }
        self.changed |= !seats.is_empty();
        self.publish();
    }

    /// Begins a new epoch: what is known stays, the numbers start anew.
    pub fn load(&mut self, epoch: i64) {
        (self.version, self.fence) = (epoch << 32, epoch << 32);
    }

    /// How many holds an address had went with the memory of them.
    pub fn forget_addresses(&mut self) {
        self.addresses.clear();
    }

    /// The states, in seat order, with those of overdue holds as they were.
    pub fn states(&self) -> &[SeatState] {
        &self.states
    }

    /// Who owns any of these seats.
    pub fn owners_of(&self, seats: &[SeatIndex]) -> Vec<OwnedSeats> {
        let owns = |owner: &&OwnedSeats| owner.seats.iter().any(|seat| seats.contains(seat));
        self.owners.values().filter(owns).cloned().collect()
    }

    /// All that a new epoch begins with: states, owners, cool-downs.
    pub fn truth(&self) -> (Vec<SeatState>, Vec<OwnedSeats>, Vec<(String, Timestamp)>) {
        let cooling = self.cooling.iter().map(|(buyer, until)| (buyer.clone(), *until));
        (self.states.clone(), self.owners.values().cloned().collect(), cooling.collect())
    }

    fn overdue(&self, now: Timestamp) -> Vec<OwnedSeats> {
        let is_overdue = |owner: &&OwnedSeats| owner.expires_at.is_some_and(|at| at <= now);
        self.owners.values().filter(is_overdue).cloned().collect()
    }

    fn hold_of(&self, buyer: &Identity) -> Option<&OwnedSeats> {
        self.owners.values().find(|owner| owner.buyer == *buyer && owner.expires_at.is_some())
    }

    /// When the first hold from the request's address lapses, where there may be no more of them.
    fn address_is_full_until(&self, request: &HoldRequest) -> Option<Timestamp> {
        let bound = request.address.as_ref()?;
        let known = self.addresses.get(&bound.digest).into_iter().flatten();
        let live: Vec<Timestamp> = known.filter_map(|id| self.owners.get(id)?.expires_at).collect();
        live.iter().min().copied().filter(|_| live.len() >= bound.reservations as usize)
    }

    fn forget(&mut self, id: ReservationId, freed_from: &[SeatState]) {
        let owner = self.owners.remove(&id).expect("only known reservations are forgotten");
        let own: Vec<SeatIndex> =
            owner.seats.into_iter().filter(|seat| freed_from.contains(&self.state(*seat))).collect();
        self.write(&own, SeatState::Free);
    }

    fn state(&self, seat: SeatIndex) -> SeatState {
        self.states[seat as usize]
    }

    fn write(&mut self, seats: &[SeatIndex], state: SeatState) {
        for seat in seats {
            self.states[*seat as usize] = state;
        }
        self.changed |= !seats.is_empty();
    }

    fn publish(&mut self) {
        self.version += i64::from(self.changed);
        self.changed = false;
    }
}
