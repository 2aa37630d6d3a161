//! A database a test, copied from a template to which all migrations were applied once.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator, postgres::PgPoolOptions};
use url::Url;
use uuid::Uuid;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
/// Advisory lock under which a template is made.
const TEMPLATE_LOCK: i64 = 0x0073_7461_6e63_6869;

/// Makes a migrated database and returns its URL.
pub(super) async fn create(admin_url: &str) -> String {
    let name = format!("test_{}", Uuid::new_v4().simple());
    let created = async {
        let mut admin = PgConnection::connect(admin_url).await?;
        let template = ensure_template(&mut admin, admin_url).await?;
        run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        admin.close().await
    };
    created.await.unwrap_or_else(|e| panic!("cannot make a database for the test: {e}"));
    url_of(admin_url, &name)
}

/// Removes a test's database, ending sessions that still use it.
pub(super) async fn remove(admin_url: &str, database_url: &str) {
    let name = database_url.rsplit('/').next().unwrap_or_default();
    let removed = async {
        let mut admin = PgConnection::connect(admin_url).await?;
        run(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        admin.close().await
    };
    removed.await.unwrap_or_else(|e| panic!("cannot remove the test's database: {e}"));
}

/// The template's name. It is made by whoever comes first; other processes wait. It appears under its name only when
/// it is complete.
async fn ensure_template(admin: &mut PgConnection, admin_url: &str) -> Result<String, sqlx::Error> {
    let migrator = Migrator::new(PathBuf::from(MIGRATIONS)).await?;
    let name = template_name(&migrator);
    sqlx::query("SELECT pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *admin).await?;
    if !exists(admin, &name).await? {
        let draft = format!("{name}_new");
        run(admin, format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await?;
        run(admin, format!("CREATE DATABASE {draft} TEMPLATE template0")).await?;
        let pool = PgPoolOptions::new().max_connections(1).connect(&url_of(admin_url, &draft)).await?;
        migrator.run(&pool).await?;
        pool.close().await;
        run(admin, format!("ALTER DATABASE {draft} RENAME TO {name}")).await?;
        // Nobody may be connected to a database that is copied.
        run(admin, format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await?;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(&mut *admin).await?;
    Ok(name)
}

/// Names the exact migrations, so that a changed one gets a new template.
fn template_name(migrator: &Migrator) -> String {
    let mut hash = Sha256::new();
    for migration in migrator.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    let digest = hash.finalize();
    digest[..8].iter().fold("template_".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

async fn exists(admin: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(admin)
        .await
}

/// Runs a statement made of names that are made here.
async fn run(admin: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement)).execute(admin).await.map(drop)
}

fn url_of(admin_url: &str, database: &str) -> String {
    let mut url = Url::parse(admin_url).expect("the test database's URL is one");
    url.set_path(database);
    url.into()
}
