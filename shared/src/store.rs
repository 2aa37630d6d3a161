//! What can go wrong with a store, whichever it is, and the bound on how long a service waits to find out.

use std::fmt;
use std::time::Duration;

/// No single call to a store is waited for longer: a client has its 503 within two seconds, also when a connection
/// is half open and nothing ever comes back.
pub const STORE_TIMEOUT: Duration = Duration::from_millis(1200);

/// A store the services depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// The line and the holds.
    Redis,
    /// The truth.
    Postgres,
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redis => "Redis",
            Self::Postgres => "Postgres",
        })
    }
}

/// A store's failure, by what a caller can do about it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time. Trying again may help. What was asked for may have happened.
    #[error("{dependency} is unavailable: {reason}")]
    Unavailable {
        /// Which one.
        dependency: Dependency,
        /// What it or its client said.
        reason: String,
    },
    /// Redis lost its memory, or another server answers in its place; recovery is under way.
    #[error("Redis lost its memory and is being filled again")]
    Lost,
    /// A bug: a query or a script answered what the code did not expect.
    #[error("{dependency} answered what was not expected: {reason}")]
    Unexpected {
        /// Which one.
        dependency: Dependency,
        /// What happened.
        reason: String,
    },
}

impl StoreError {
    /// A bug found in an answer of a store.
    pub fn unexpected(dependency: Dependency, reason: impl Into<String>) -> Self {
        Self::Unexpected { dependency, reason: reason.into() }
    }

    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Unexpected { .. })
    }
}

impl From<redis::RedisError> for StoreError {
    fn from(error: redis::RedisError) -> Self {
        let dependency = Dependency::Redis;
        let reason = error.to_string();
        if redis_is_away(&error) {
            Self::Unavailable { dependency, reason }
        } else {
            Self::Unexpected { dependency, reason }
        }
    }
}

/// Whether the error speaks of the server's state rather than of what was asked.
fn redis_is_away(error: &redis::RedisError) -> bool {
    let away = [
        "LOADING",
        "READONLY",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "TRYAGAIN",
        "MOVED",
        "ASK",
        "OOM",
        "MISCONF",
        "NOREPLICAS",
        "BUSY",
        "UNBLOCKED",
        "NOAUTH",
        "WRONGPASS",
    ];
    let kinds = [redis::ErrorKind::ClusterConnectionNotFound, redis::ErrorKind::AuthenticationFailed];
    error.is_io_error()
        || kinds.contains(&error.kind())
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_connection_refusal()
        || error.is_cluster_error()
        || error.code().is_some_and(|code| away.contains(&code))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let dependency = Dependency::Postgres;
        let reason = error.to_string();
        if postgres_is_away(&error) {
            Self::Unavailable { dependency, reason }
        } else {
            Self::Unexpected { dependency, reason }
        }
    }
}

/// Whether the error speaks of the server's state: lost connections, and the SQLSTATE classes 08 (connection),
/// 40 (rolled back, to be tried again), 53 (resources), 55P03 (lock not to be had), 57 (operator intervention,
/// timeouts), 25006 (a standby).
fn postgres_is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
                || matches!(&*code, "55P03" | "25006")
        }),
        _ => false,
    }
}

/// The name of the constraint that refused a row, if that is what happened.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|database| database.constraint())
}

/// Waits for a store at most [`STORE_TIMEOUT`]. What was asked for may have happened all the same.
pub async fn within<T, E>(
    dependency: Dependency,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError>
where
    E: Into<StoreError>,
{
    match tokio::time::timeout(STORE_TIMEOUT, call).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(StoreError::Unavailable { dependency, reason: "no answer in time".to_owned() }),
    }
}
