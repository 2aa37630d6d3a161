//! Whether a draw can be computed again: the roster from seed and salt, and each score that the draw gave.

use anyhow::Context as _;
use serde_json::json;
use shared::audit::Finding;
use shared::ids::DropSlug;
use sqlx::PgPool;

use super::Checked;
use super::read::Row;
use crate::domain::drop::Drop;
use crate::domain::place::{PlaceId, Score};
use crate::domain::roster::DrawnOrder;
use crate::store::drops::Drops;
use crate::store::roster;

/// Name and invariant.
pub(super) const CHECK: (&str, &str) = (
    "line.draw",
    "the roster and every score of the draw follow from the seed, the salt and the places' ids",
);

pub(super) async fn check(pool: &PgPool, slug: &DropSlug, rows: &[Row]) -> anyhow::Result<Checked> {
    let drops = Drops::new(pool.clone());
    let Some(drop) = drops.find(slug).await.context("the drop cannot be read")? else {
        return Ok(Checked::default());
    };
    let (mut examined, mut findings) = check_scores(&drop, rows);
    if let Some(stored) = &drop.roster {
        let places = roster::places(pool, slug, stored).await.context("the roster cannot be read")?;
        examined += stored.count;
        let order = DrawnOrder::of(&drop.seed, drop.turn(), places.iter().copied());
        let is_whole = u64::try_from(places.len()).is_ok_and(|count| count == stored.count);
        if order.places != places || order.sha256 != stored.sha256 || !is_whole {
            let (published, computed) = (stored.digest(), crate::domain::place::hex(&order.sha256));
            findings.push(Finding::new(
                format!("the roster of {slug} is not what its seed and its places give"),
                json!({"published": published, "computed": computed, "count": stored.count, "places": places.len()}),
            ));
        }
    }
    Ok((examined, findings))
}

/// Scores of the draw in the ledger are turned by the salt.
fn check_scores(drop: &Drop, rows: &[Row]) -> Checked {
    let turn = drop.turn();
    let drawn = rows.iter().filter_map(|row| {
        let score = Score(u64::try_from(row.score?).ok()?);
        score.is_drawn().then_some((row, PlaceId(row.place?), score))
    });
    let (mut examined, mut findings) = (0, Vec::new());
    for (row, place, score) in drawn {
        examined += 1;
        let computed = Score::drawn(&drop.seed, place).turned(turn);
        if computed != score {
            let sentence = format!("{place} had the score {score}, and the draw gives it {computed}");
            findings.push(Finding::new(sentence, row.shown()));
        }
    }
    (examined, findings)
}
