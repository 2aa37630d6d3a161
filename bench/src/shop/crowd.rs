//! People who were let in: each with an admission of their own.

use std::time::Duration;

use anyhow::Context as _;
use http::StatusCode;
use serde_json::Value;

use crate::line::visits::claim_request;
use crate::load::Connection;
use crate::reference::CONNECTIONS;
use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_mins(1);

/// Lets so many people in, at once.
pub async fn let_in(stage: &Stage, drop: &str, people: usize) -> anyhow::Result<Vec<String>> {
    let share = |worker| (people + CONNECTIONS - 1 - worker) / CONNECTIONS;
    let entering = (0..CONNECTIONS).map(|worker| enter(stage, drop, share(worker)));
    Ok(futures::future::try_join_all(entering).await?.concat())
}

async fn enter(stage: &Stage, drop: &str, people: usize) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(stage.line()).await?;
    let mut places = Vec::with_capacity(people);
    for _ in 0..people {
        places.push(stage.join(&mut connection, drop).await?);
    }
    let mut admissions = Vec::with_capacity(people);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    for place in places {
        loop {
            let (status, body) = connection.send(claim_request(drop, &place)).await?;
            if status == StatusCode::OK {
                admissions.push(text(&serde_json::from_slice(&body)?, "admission_token")?);
                break;
            }
            anyhow::ensure!(
                tokio::time::Instant::now() < deadline,
                "the line did not call everybody in time"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(admissions)
}

/// A text of an answer.
pub fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {value}"))
}
