//! A private Postgres through its life: start, crash, restart, leftover, second owner, unreachable folder.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use servers::{
    ServerError,
    postgres::{PostgresOptions, PrivatePostgres},
};
use sqlx::{Connection, PgConnection};

async fn start(data: &Path) -> PrivatePostgres {
    PrivatePostgres::start(data, PostgresOptions::for_tests()).await.unwrap()
}

async fn connect(server: &PrivatePostgres) -> PgConnection {
    PgConnection::connect(&server.url()).await.unwrap()
}

async fn remember(server: &PrivatePostgres) {
    let mut db = connect(server).await;
    sqlx::query("CREATE TABLE memory AS SELECT 42 AS answer").execute(&mut db).await.unwrap();
}

async fn recall(server: &PrivatePostgres) -> i32 {
    sqlx::query_scalar("SELECT answer FROM memory").fetch_one(&mut connect(server).await).await.unwrap()
}

async fn setting(server: &PrivatePostgres, name: &'static str) -> String {
    let mut db = connect(server).await;
    sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(&mut db).await.unwrap()
}

/// A folder that the user Postgres runs as can enter, whoever runs the tests.
fn open_data_folder() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    data
}

#[tokio::test]
async fn a_durable_one_keeps_what_was_written() {
    let data = open_data_folder();
    let server = PrivatePostgres::start(data.path(), PostgresOptions::durable()).await.unwrap();
    assert_eq!(setting(&server, "fsync").await, "on");
    assert_eq!(setting(&server, "listen_addresses").await, "127.0.0.1");
    remember(&server).await;
    server.stop().await;

    let server = start(data.path()).await;
    assert_eq!(setting(&server, "fsync").await, "off");
    assert_eq!(recall(&server).await, 42);
    server.stop().await;
}

#[tokio::test]
async fn it_comes_back_on_its_port_after_a_crash() {
    let data = open_data_folder();
    let mut server = start(data.path()).await;
    let port = server.port();
    remember(&server).await;

    server.kill().await;
    assert!(PgConnection::connect(&server.url()).await.is_err());

    server.restart().await.unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(recall(&server).await, 42);
}

#[tokio::test]
async fn strangers_without_the_password_are_refused() {
    let data = open_data_folder();
    let server = start(data.path()).await;
    let url = format!("postgres://stanchion:guess@127.0.0.1:{}/stanchion", server.port());
    let refused = PgConnection::connect(&url).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "28P01");
}

#[tokio::test]
async fn a_leftover_of_a_killed_owner_is_stopped_and_a_second_owner_refused() {
    let data = open_data_folder();
    let server = start(data.path()).await;
    remember(&server).await;
    let program = program_of(data.path());
    let refused = PrivatePostgres::start(data.path(), PostgresOptions::for_tests()).await.unwrap_err();
    assert!(matches!(refused, ServerError::DataDirBusy { .. }), "{refused}");
    server.stop().await;

    let cluster = data.path().canonicalize().unwrap().join("postgres/cluster");
    let owner = fs::metadata(&cluster).unwrap();
    let mut leftover = Command::new(program)
        .args(["-c", "listen_addresses=", "-k"])
        .arg(cluster.with_file_name("socket"))
        .arg("-D")
        .arg(&cluster)
        .uid(owner.uid())
        .gid(owner.gid())
        .current_dir("/")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !cluster.join("postmaster.pid").exists() {
        assert!(leftover.try_wait().unwrap().is_none(), "the leftover has ended too early");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    let server = start(data.path()).await;
    assert!(leftover.wait().unwrap().success());
    assert_eq!(recall(&server).await, 42);
}

#[tokio::test]
async fn a_data_folder_that_only_root_can_enter_works_for_root() {
    let data = tempfile::tempdir().unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let server = start(data.path()).await;
    remember(&server).await;
    server.stop().await;

    let server = start(data.path()).await;
    assert_eq!(recall(&server).await, 42);
    server.stop().await;
    remove_cluster_elsewhere(data.path());
}

#[tokio::test]
async fn a_deleted_data_folder_takes_its_cluster_with_it() {
    let parent = tempfile::tempdir().unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data = parent.path().join("data");
    let server = start(&data).await;
    remember(&server).await;
    server.stop().await;
    fs::remove_dir_all(&data).unwrap();

    let server = start(&data).await;
    let forgotten = sqlx::query("SELECT answer FROM memory").execute(&mut connect(&server).await).await;
    assert!(forgotten.is_err());
    server.stop().await;
    remove_cluster_elsewhere(&data);
}

/// The program of the running server.
fn program_of(data: &Path) -> std::path::PathBuf {
    let pid_file = fs::read_to_string(data.join("postgres/cluster/postmaster.pid")).unwrap();
    let command_line =
        fs::read_to_string(format!("/proc/{}/cmdline", pid_file.lines().next().unwrap())).unwrap();
    command_line.split('\0').next().unwrap().into()
}

/// Root's clusters of unreachable data folders are not in the temporary folder.
fn remove_cluster_elsewhere(data: &Path) {
    let home = fs::canonicalize(data.join("postgres")).unwrap();
    fs::remove_dir_all(home).unwrap();
}
