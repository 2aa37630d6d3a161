//! Sends the mails of those who asked for one when their turn is near. Every replica looks every few seconds; whoever
//! leases a reminder sends it, so that there is one mail. It is marked as sent after the server took it: a replica that
//! dies between the two sends it twice, under the same message id, and none is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use shared::ids::DropSlug;
use shared::mail::{MailError, Mailer};
use shared::service::Tasks;
use shared::store::StoreError;

use crate::app::AppState;
use crate::domain::drop::DropState;
use crate::domain::line::{Line as _, Tick};
use crate::domain::reminder::{self, Verdict};
use crate::mails;
use crate::metrics::{self, Reminded};
use crate::registry::Known;
use crate::store::reminders::Due;

/// How often it is looked who is to be told.
const PAUSE: Duration = Duration::from_secs(3);
/// How many mails a replica sends at the same time, and how many it takes in hand for that.
const AT_ONCE: usize = 4;
const BATCH: i64 = 16;
/// How many batches one drop has before it is the next one's turn.
const MOST_BATCHES: usize = 10;
/// How often a mail is tried, and how long is waited after the first time; each time three times as long.
const MOST_ATTEMPTS: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How far back the ledger is read that a look before may have missed: what was under way then.
const OVERLAP_MS: i64 = 30_000;
/// How far back it is read by a replica that has just begun, or has been away for longer.
const MOST_LOOKBACK_MS: i64 = 600_000;

/// Until when each drop's ledger has been looked through, in which epoch; ms by the line's clock.
type Looked = Arc<Mutex<HashMap<DropSlug, (i64, i64)>>>;

/// Starts the loop.
pub fn start(app: &AppState, tasks: &Tasks) {
    let (app, looked) = (app.clone(), Looked::default());
    tasks.repeat(PAUSE, move || {
        let (app, looked) = (app.clone(), Arc::clone(&looked));
        async move { app.see_to_reminders(&looked).await }
    });
}

impl AppState {
    async fn see_to_reminders(&self, looked: &Looked) {
        let now = self.clock.now();
        let (over, going): (Vec<Known>, Vec<Known>) = self
            .registry
            .all()
            .into_iter()
            .partition(|known| known.drop.state(now, None) == DropState::Closed);
        let over: Vec<String> = over.iter().map(|known| known.drop.slug.to_string()).collect();
        match self.reminders.end_all(&over, now).await {
            Ok(ended) => metrics::reminders_over(ended),
            Err(error) => tracing::warn!(%error, "reminders will be erased when Postgres is back"),
        }
        for known in going {
            if let Err(error) = self.see_to_reminders_of(&known, looked).await {
                tracing::warn!(drop = %known.drop.slug, %error, "reminders will be sent when the stores are back");
            }
        }
        if let Ok(pending) = self.reminders.pending().await {
            metrics::reminders_pending(pending);
        }
    }

    async fn see_to_reminders_of(&self, known: &Known, looked: &Looked) -> Result<(), StoreError> {
        let (drop, now) = (&known.drop, self.clock.now());
        let (Some(mailer), pulse) = (&self.mailer, known.pulse()) else { return Ok(()) };
        let Some(tick) = pulse.tick.as_ref().filter(|tick| tick.opened && drop.has_opened(now)) else {
            return Ok(());
        };
        self.find_due(known, tick, looked).await?;
        for _ in 0..MOST_BATCHES {
            let due = self.reminders.lease(&drop.slug, BATCH, self.clock.now()).await?;
            let count = due.len();
            let sent = futures::stream::iter(due).map(|due| self.see_to(known, mailer, due));
            let outcomes: Vec<Result<(), StoreError>> = sent.buffer_unordered(AT_ONCE).collect().await;
            outcomes.into_iter().collect::<Result<(), StoreError>>()?;
            if count < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(())
    }

    /// Who is near by the rank table, and whose place something happened to.
    async fn find_due(&self, known: &Known, tick: &Tick, looked: &Looked) -> Result<(), StoreError> {
        let (slug, now, pulse) = (&known.drop.slug, self.clock.now(), known.pulse());
        let table = pulse.table.as_deref().filter(|table| table.epoch == tick.epoch);
        if let Some(reach) = reminder::reach(table, &pulse.pace) {
            let ranges = reminder::given_scores_up_to(reach, known.turn);
            while self.reminders.due_by_score(slug, ranges, now).await? {}
        }
        let before = looked.lock().unwrap_or_else(PoisonError::into_inner).get(slug).copied();
        let since_ms = match before {
            Some((epoch, at_ms)) if epoch == tick.epoch => at_ms - OVERLAP_MS,
            _ => tick.now_ms - MOST_LOOKBACK_MS,
        };
        let since_ms = since_ms.max(tick.now_ms - MOST_LOOKBACK_MS);
        self.reminders.due_by_ledger(slug, tick.epoch, since_ms, now).await?;
        looked.lock().unwrap_or_else(PoisonError::into_inner).insert(slug.clone(), (tick.epoch, tick.now_ms));
        Ok(())
    }

    async fn see_to(&self, known: &Known, mailer: &Mailer, due: Due) -> Result<(), StoreError> {
        let slug = &known.drop.slug;
        let standing = self.line.stands(slug, due.place).await?;
        let occasion = match reminder::judge(&standing, &known.drop, &known.pulse().pace) {
            Verdict::Now(occasion) => occasion,
            Verdict::Later(score) => return self.reminders.put_off(due.id, score).await,
            Verdict::Over => {
                metrics::reminded(Reminded::Over);
                return self.reminders.end(due.id, "over", self.clock.now()).await;
            }
        };
        let page = format!("{}/q/{slug}", self.config.issuer());
        let id = due.id.to_string();
        let mail =
            mails::reminder(id, (&due.email, due.language), &known.drop.settings.title, &page, occasion);
        match mailer.send(mail).await {
            Ok(()) => {
                metrics::reminded(Reminded::Sent);
                self.reminders.end(due.id, "sent", self.clock.now()).await
            }
            Err(error) => self.unsent(known, &due, &error).await,
        }
    }

    /// Tried again, ever later, or given up.
    async fn unsent(&self, known: &Known, due: &Due, error: &MailError) -> Result<(), StoreError> {
        let is_final = matches!(error, MailError::Refused(_)) || due.attempts >= MOST_ATTEMPTS;
        let (slug, now) = (&known.drop.slug, self.clock.now());
        if is_final {
            metrics::reminded(Reminded::Failed);
            tracing::warn!(drop = %slug, reminder = %due.id, %error, "a reminder is given up");
            return self.reminders.end(due.id, "failed", now).await;
        }
        metrics::reminded(Reminded::Retried);
        tracing::info!(drop = %slug, reminder = %due.id, %error, "a reminder will be tried again");
        let wait = FIRST_WAIT * 3_u32.pow(due.attempts.saturating_sub(1).min(MOST_ATTEMPTS));
        self.reminders.retry(due.id, wait, now).await
    }
}
