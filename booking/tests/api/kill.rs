//! The shop's process is killed while it takes money, again and again. Whatever it was doing, what it said stays true and
//! what it left is finished by the next one.

use std::process::Stdio;
use std::time::Duration;

use booking::domain::ids::ReservationId;
use harness::eventually;
use servers::ports::free_port;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::till::Till;

const BUYERS_A_ROUND: usize = 10;
/// Long enough for a lease to run out, and for the gateway to be asked.
const SOON: Duration = Duration::from_secs(40);

/// Starts a process of the shop and waits until it answers.
async fn start(till: &Till) -> (Child, String) {
    start_with(till, &[]).await
}

/// Starts a process of the shop with other settings and waits until it answers.
pub async fn start_with(till: &Till, settings: &[(&'static str, String)]) -> (Child, String) {
    let listen = format!("127.0.0.1:{}", free_port().unwrap());
    let process = Command::new(env!("CARGO_BIN_EXE_booking"))
        .env_clear()
        .envs(till.settings(&listen))
        .envs(settings.iter().cloned())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    eventually(Duration::from_secs(10), || tokio::net::TcpStream::connect(&listen)).await;
    (process, format!("http://{listen}"))
}

/// What a buyer heard before the process was killed, if anything.
async fn confirm(
    url: String,
    token: String,
    id: ReservationId,
    payment: &'static str,
) -> Option<(u16, String)> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{url}/v1/bookings"))
        .bearer_auth(token)
        .header("Idempotency-Key", "k")
        .header("Content-Type", "application/json")
        .body(body(id, payment).to_string());
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}

fn body(id: ReservationId, payment: &str) -> serde_json::Value {
    serde_json::json!({
        "reservation_id": id,
        "payment_token": payment,
        "contact": { "email": "shopper@example.com", "name": "Sam Shopper" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_keeps_what_it_said_and_finishes_what_it_began() {
    let mut till = Till::open().await;
    till.close().await;
    let mut heard = Vec::new();
    for round in 0..6_u64 {
        let (mut process, url) = start(&till).await;
        let mut buyers = JoinSet::new();
        for index in 0..BUYERS_A_ROUND {
            let id = till.reserve().await;
            let payment = if index % 5 == 4 { "tok_lost_answer" } else { "tok_ok" };
            let asked = confirm(url.clone(), till.token(id), id, payment);
            buyers.spawn(async move { (id, payment, asked.await) });
        }
        tokio::time::sleep(Duration::from_millis(15 + 12 * round)).await;
        process.kill().await.unwrap();
        heard.extend(buyers.join_all().await);
    }
    let (_process, url) = start(&till).await;
    for (id, payment, before) in &heard {
        let buyer = till.buyer_at(&url, *id);
        let after = eventually(SOON, || async {
            let reply = buyer.confirm(&id.to_string(), payment, "k").await;
            if matches!(reply.status, 202 | 503) { Err(reply.body) } else { Ok(reply) }
        })
        .await
        .expect(201);
        if let Some((201, before)) = before {
            assert_eq!(after.body, *before, "what was said before the kill is said again");
        }
    }
    let unheard = heard.iter().filter(|(_, _, before)| before.is_none()).count();
    assert!(unheard > 0, "nobody was interrupted: the kills came too late");
    eventually(SOON, || async { till.broken_money_checks().await.is_empty() }).await;
    for (id, _, _) in &heard {
        assert_eq!(till.status(*id).await, "confirmed");
    }
}
