//! Which servers the tests use, and where they leave pictures: the only place that reads the environment.

use std::path::PathBuf;

/// Names a Redis for tests; its logical databases from 1 up are emptied.
pub const REDIS_URL: &str = "STANCHION_TEST_REDIS_URL";
/// Names a Postgres database for tests, as a user who may create databases; they are made beside it.
pub const DATABASE_URL: &str = "STANCHION_TEST_DATABASE_URL";
/// Names a folder for pictures of the pages that the tests see.
const PICTURES: &str = "STANCHION_TEST_PICTURES";

/// The servers that somebody provides for many test processes, if both are named.
pub(crate) fn provided_servers() -> Option<(String, String)> {
    Some((setting(REDIS_URL)?, setting(DATABASE_URL)?))
}

/// Where pictures of pages are kept, if anybody wants them.
pub fn pictures_folder() -> Option<PathBuf> {
    setting(PICTURES).map(PathBuf::from)
}

fn setting(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}
