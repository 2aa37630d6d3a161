//! The names of a show's keys. All share the hash tag `{show:ID}`, so that they lie in one slot of a cluster.

use crate::domain::ids::ShowId;

/// The keys of a show, in the order in which every script takes them; see `lua/show.lua`.
pub struct ShowKeys(pub [String; 9]);

impl ShowKeys {
    /// The keys of a show.
    pub fn of(show: ShowId) -> Self {
        let names =
            ["epoch", "seats", "holds", "expiries", "buyers", "cooling", "counters", "changes", "live"];
        Self(names.map(|name| format!("{{show:{show}}}:{name}")))
    }

    /// Set: the reservations whose holds were taken from an address. `take_hold` alone takes it, after the others.
    pub fn address(show: ShowId, digest: &str) -> String {
        format!("{{show:{show}}}:address:{digest}")
    }

    /// String: somebody is loading the show. No script takes it.
    pub fn lease(show: ShowId) -> String {
        format!("{{show:{show}}}:loading")
    }

    /// Hash: `epoch`, `run_id`.
    pub fn epoch(&self) -> &str {
        &self.0[0]
    }

    /// String: a byte a seat.
    pub fn seats(&self) -> &str {
        &self.0[1]
    }

    /// Hash: reservation → its record, booked ones included.
    pub fn holds(&self) -> &str {
        &self.0[2]
    }

    /// Sorted set: reservation → lapses at, ms.
    pub fn expiries(&self) -> &str {
        &self.0[3]
    }

    /// Stream: the latest changes, by version.
    pub fn changes(&self) -> &str {
        &self.0[7]
    }

    /// Channel: changes as they happen.
    pub fn live(&self) -> &str {
        &self.0[8]
    }
}
