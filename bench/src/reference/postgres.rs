//! `pgbench` running the statements that the shop runs: the most that Postgres gives to a client that does nothing else.

use std::path::Path;

use anyhow::{Context as _, bail};
use booking::sql;
use tokio::process::Command;
use url::Url;
use uuid::Uuid;

/// As many connections as the shop has.
const CONNECTIONS: usize = 16;
const SECONDS: u32 = 5;

/// Where the sales happen: a show whose seats Redis has loaded, so that its epoch stays as it is.
pub struct Ground<'a> {
    /// The database.
    pub url: &'a Url,
    /// Where the programs of its package are.
    pub programs: &'a Path,
    /// The show.
    pub show: Uuid,
    /// How many seats it has.
    pub seats: usize,
}

/// Reserve-and-confirm pairs a second: every transaction that a sale's answers wait for, none of what only looks.
pub async fn pairs(ground: &Ground<'_>) -> anyhow::Result<f64> {
    let script = tempfile::Builder::new().suffix(".sql").tempfile()?;
    std::fs::write(script.path(), sale(ground))?;
    let mut command = Command::new(ground.programs.join("pgbench"));
    command
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1"])
        .args(["--define", "count=0"])
        .args(["--client", &CONNECTIONS.to_string(), "--time", &SECONDS.to_string()])
        .args(["--host", ground.url.host_str().context("the URL has a host")?])
        .args(["--port", &ground.url.port().context("the URL has a port")?.to_string()])
        .args(["--username", ground.url.username(), "--file"])
        .arg(script.path())
        .arg(ground.url.path().trim_start_matches('/'))
        .env("PGPASSWORD", ground.url.password().unwrap_or_default());
    let output = command.output().await.context("run pgbench of the Postgres package")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = text.lines().any(|line| line.starts_with("number of failed") && !line.contains(": 0 "));
    match text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok()) {
        Some(per_second) if output.status.success() && !failed => Ok(per_second),
        _ => bail!("pgbench said: {text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// The statements of a sale of one seat, and what each is given: expressions in the order of its parameters.
const SALE: [(&str, &str); 9] = [
    (
        sql::RECORD_RESERVATION,
        "{reservation}; {show}; 'bench'; {reservation}; {buyer}; {epoch}; 1250; 'EUR'; :n; 0; {later}; now(); \
         ARRAY[:seat]::integer[]; ARRAY['A1']::text[]; ARRAY['standard']::text[]; ARRAY['standard']::text[]; \
         ARRAY[1250]::bigint[]",
    ),
    ("BEGIN", ""),
    (
        sql::TAKE_KEY,
        "{buyer}; {key}; 'POST /v1/bookings'; {digest}; {reservation}; now(); now() - interval '1 day'",
    ),
    (sql::LOCK_RESERVATION, "{reservation}"),
    (sql::LOCK_CLAIMS, "{reservation}; 'bench'; {reservation}"),
    (
        sql::BEGIN_PAYMENT,
        "{payment}; {reservation}; 'sandbox'; 1250; 'EUR'; {digest}; 'bench@example.com'; 'Bench'; {buyer}; {key}; \
         {later}; now(); {later}; {payload}; {payload}",
    ),
    ("COMMIT", ""),
    (
        sql::BOOK_RESERVATION,
        "{reservation}; {payment}; 'authorising'; 'charge'; {booking}; upper(to_hex(:n::bigint)); \
         ARRAY[{ticket}]::uuid[]; NULL::text; NULL::text; now(); {later}; \
         ARRAY['payment.authorised', 'booking.booked', 'payment.capturing']::text[]; \
         ARRAY[{payment}, {booking}, {payment}]::uuid[]; 'booking'; {payload}",
    ),
    (
        sql::CONFIRM_BOOKING,
        "{reservation}; {payment}; now(); 201; '[]'::jsonb; {answer}; NULL::text; NULL::text; \
         ARRAY['payment.captured', 'reservation.confirmed', 'booking.confirmed']::text[]; \
         ARRAY[{payment}, {reservation}, {booking}]::uuid[]; ARRAY[{payload}, {payload}, {payload}]::jsonb[]; \
         ARRAY[{reservation}, {booking}]::uuid[]; ARRAY['seat_map', 'slot_end']::text[]; \
         ARRAY[{payload}, {payload}]::jsonb[]; {later}",
    ),
];
/// An answer has about so many bytes.
const ANSWER_BYTES: usize = 900;

/// A script that sells a seat. Every client counts its own sales, and has a part of the hall for itself.
fn sale(ground: &Ground<'_>) -> String {
    let share = ground.seats / CONNECTIONS;
    let names = [
        ("{epoch}", "(SELECT epoch FROM booking.shows WHERE id = {show})".to_owned()),
        ("{show}", format!("'{}'::uuid", ground.show)),
        ("{payload}", "jsonb_build_object('reservation_id', {reservation})".to_owned()),
        ("{reservation}", id('1')),
        ("{payment}", id('2')),
        ("{booking}", id('3')),
        ("{ticket}", id('4')),
        ("{buyer}", "'device:' || :n::text".to_owned()),
        ("{key}", "'key-' || :n::text".to_owned()),
        ("{digest}", "'\\x00'::bytea".to_owned()),
        ("{answer}", format!("decode('{}', 'hex')", "7b".repeat(ANSWER_BYTES))),
        ("{later}", "now() + interval '90 seconds'".to_owned()),
    ];
    let count = format!(
        "\\set count :count + 1\n\\set seat :client_id * {share} + :count\n\\set n 268435456 + :seat\n"
    );
    let named = |text: String| names.iter().fold(text, |text, (name, value)| text.replace(name, value));
    SALE.iter().fold(count, |script, (statement, values)| {
        script + &named(filled(statement, &values.split("; ").collect::<Vec<_>>())) + ";\n"
    })
}

/// An id that follows from the number of the sale.
fn id(kind: char) -> String {
    format!("('{kind}0000000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid")
}

/// A statement with these expressions in the place of its parameters, and without its comments.
fn filled(statement: &str, values: &[&str]) -> String {
    let code = statement.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    // From the last on: `$1` is also the beginning of `$12`.
    let numbered = values.iter().enumerate().rev();
    let filled = numbered.fold(code, |code, (index, value)| code.replace(&format!("${}", index + 1), value));
    filled.trim_end().to_owned()
}
