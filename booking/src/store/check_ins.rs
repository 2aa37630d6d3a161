//! Scans at the gates, in one transaction with the tickets they use. The ticket's row is locked first, so that two gates,
//! or a gate and a cancellation, go one after the other; then the scan's id is looked up, so that a repetition is told
//! what was told before.

mod read;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::store::{Dependency, StoreError};
use sqlx::PgPool;
use uuid::Uuid;

use self::read::Recorded;
use super::{events, postgres};
use crate::domain::check_in::{InvalidTicket, Mode, Scan, ScanId, ScannedTicket, Told, Use};
use crate::domain::ids::TicketId;

pub use read::{Entry, duplicates};

/// What became of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The ticket is known, and this is what the gate is told.
    Told {
        /// The ticket.
        ticket: Box<ScannedTicket>,
        /// When it was scanned, as first recorded under its id.
        at: Timestamp,
        /// Where.
        gate: Option<String>,
        /// What the gate is told, now or before.
        told: Told,
    },
    /// The code names no ticket that can be scanned.
    Invalid(InvalidTicket),
    /// The scan's id belongs to a scan of another ticket.
    IdReused,
}

/// Records scans, and what the gate is told of each. Reports are decided in the order of their times.
pub async fn record(
    pool: &PgPool,
    scans: &[Scan],
    mode: Mode,
    operator: &str,
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    postgres(async {
        let mut tx = pool.begin().await?;
        let mut tickets = read::lock_tickets(&mut tx, scans).await?;
        let mut known = read::recorded(&mut tx, scans).await?;
        let mut order: Vec<usize> = (0..scans.len()).collect();
        order.sort_by_key(|index| (scans[*index].at, *index));
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut rows = Rows::default();
        for index in order {
            let scan = &scans[index];
            let outcome = decide(scan, mode, &mut tickets, &mut known, &mut rows);
            outcomes.insert(index, outcome);
        }
        rows.write(&mut tx, mode, operator, now).await?;
        tx.commit().await?;
        Ok(outcomes.into_values().collect())
    })
    .await
}

fn decide(
    scan: &Scan,
    mode: Mode,
    tickets: &mut HashMap<TicketId, ScannedTicket>,
    known: &mut HashMap<ScanId, Recorded>,
    rows: &mut Rows,
) -> Outcome {
    if let Some(before) = known.get(&scan.id)
        && before.ticket != scan.claims.ticket
    {
        return Outcome::IdReused;
    }
    let ticket = tickets.get_mut(&scan.claims.ticket).filter(|ticket| ticket.claims == scan.claims);
    let Some(ticket) = ticket else { return Outcome::Invalid(InvalidTicket::Unknown) };
    let recorded = known.entry(scan.id.clone()).or_insert_with(|| {
        let told = ticket.scan(scan, mode);
        rows.add(scan, ticket, &told);
        let gate = scan.gate.as_ref().map(|gate| gate.as_str().to_owned());
        Recorded { ticket: scan.claims.ticket, at: scan.at, gate, told }
    });
    let Recorded { at, gate, told, .. } = recorded.clone();
    Outcome::Told { ticket: Box::new(ticket.clone()), at, gate, told }
}

/// What is to be written: new scans, column by column, and the use of each ticket that changed.
#[derive(Default)]
struct Rows {
    scan_ids: Vec<String>,
    tickets: Vec<Uuid>,
    shows: Vec<Uuid>,
    gates: Vec<Option<String>>,
    times: Vec<Timestamp>,
    told: Vec<String>,
    told_at: Vec<Option<Timestamp>>,
    told_gates: Vec<Option<String>>,
    uses: BTreeMap<Uuid, (String, Use)>,
}

impl Rows {
    fn add(&mut self, scan: &Scan, ticket: &ScannedTicket, told: &Told) {
        let before = match told {
            Told::LetIn => {
                if let Some(used) = &ticket.used {
                    self.uses.insert(ticket.id.0, (scan.id.as_str().to_owned(), used.clone()));
                }
                None
            }
            Told::AlreadyUsed(used) => Some(used.clone()),
            Told::Cancelled { at } => at.map(|at| Use { at, gate: None }),
        };
        self.scan_ids.push(scan.id.as_str().to_owned());
        self.tickets.push(ticket.id.0);
        self.shows.push(ticket.claims.show.0);
        self.gates.push(scan.gate.as_ref().map(|gate| gate.as_str().to_owned()));
        self.times.push(scan.at);
        self.told.push(told.as_str().to_owned());
        self.told_at.push(before.as_ref().map(|used| used.at));
        self.told_gates.push(before.and_then(|used| used.gate));
    }

    async fn write(
        &self,
        tx: &mut sqlx::PgConnection,
        mode: Mode,
        operator: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.scan_ids.is_empty() {
            return Ok(());
        }
        self.write_uses(tx).await?;
        let counting: HashSet<&str> = self.uses.values().map(|(scan, _)| scan.as_str()).collect();
        let counts: Vec<bool> = self.scan_ids.iter().map(|scan| counting.contains(scan.as_str())).collect();
        let times: Vec<_> = self.times.iter().map(|at| at.to_sqlx()).collect();
        let told_at: Vec<_> = self.told_at.iter().map(|at| at.map(jiff_sqlx::ToSqlx::to_sqlx)).collect();
        let written = sqlx::query!(
            "INSERT INTO booking.check_ins
                 (scan_id, ticket_id, show_id, gate, scanned_by, scanned_at, received_at, is_report, told, told_at,
                  told_gate, counts)
             SELECT scan.id, scan.ticket, scan.show, scan.gate, $9, scan.at, $10, $11, scan.told, scan.told_at,
                    scan.told_gate, scan.counts
             FROM UNNEST($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[],
                         $7::timestamptz[], $8::text[], $12::boolean[])
                 AS scan (id, ticket, show, gate, at, told, told_at, told_gate, counts)
             ON CONFLICT ON CONSTRAINT check_ins_scan_is_recorded_once DO NOTHING",
            &self.scan_ids,
            &self.tickets,
            &self.shows,
            &self.gates as &[Option<String>],
            &times as _,
            &self.told,
            &told_at as _,
            &self.told_gates as &[Option<String>],
            operator,
            now.to_sqlx() as _,
            mode == Mode::Reports,
            &counts,
        )
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() < self.scan_ids.len() as u64 {
            // The same id came with another ticket at this moment; asked again, its scan is known.
            let reason = "a scan of the same id is being recorded".to_owned();
            return Err(StoreError::Unavailable { dependency: Dependency::Postgres, reason });
        }
        for (ticket, (scan, _)) in &self.uses {
            let payload = json!({ "scan_id": scan, "is_report": mode == Mode::Reports });
            events::record(tx, "ticket.used", *ticket, operator, payload, now).await?;
        }
        Ok(())
    }

    /// Marks tickets used, and takes the word of a later scan back where an earlier one was reported.
    async fn write_uses(&self, tx: &mut sqlx::PgConnection) -> Result<(), StoreError> {
        let tickets: Vec<Uuid> = self.uses.keys().copied().collect();
        let gates: Vec<Option<String>> = self.uses.values().map(|(_, used)| used.gate.clone()).collect();
        let times: Vec<_> = self.uses.values().map(|(_, used)| used.at.to_sqlx()).collect();
        if tickets.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE booking.check_ins SET counts = false WHERE ticket_id = ANY($1) AND counts",
            &tickets,
        )
        .execute(&mut *tx)
        .await?;
        let written = sqlx::query!(
            "UPDATE booking.tickets AS ticket SET status = 'used', used_at = scan.at, used_gate = scan.gate
             FROM UNNEST($1::uuid[], $2::timestamptz[], $3::text[]) AS scan (ticket, at, gate)
             WHERE ticket.id = scan.ticket
               AND (ticket.status = 'valid' OR (ticket.status = 'used' AND ticket.used_at > scan.at))",
            &tickets,
            &times as _,
            &gates as &[Option<String>],
        )
        .execute(tx)
        .await?;
        // The rows are locked and were read in this transaction: nothing can have come between.
        if written.rows_affected() == tickets.len() as u64 {
            Ok(())
        } else {
            Err(sqlx::Error::RowNotFound.into())
        }
    }
}
