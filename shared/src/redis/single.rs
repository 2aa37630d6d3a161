//! One Redis server, or an address behind which there is always one.

use std::time::Duration;

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisResult, Value};

use super::link::{Link, Server};
use super::{CONNECT_TIMEOUT, RESPONSE_TIMEOUT, wants_another_connection};

pub(super) struct Single {
    link: Link<Client>,
    db: i64,
}

impl Server for Client {
    type Connection = MultiplexedConnection;

    const PAUSE: Duration = Duration::from_millis(50);

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        self.get_multiplexed_async_connection_with_config(&config).await
    }
}

impl Single {
    pub(super) fn of(url: &str) -> RedisResult<Self> {
        let client = Client::open(url)?;
        let db = client.get_connection_info().redis_settings().db();
        Ok(Self { link: Link::new(client), db })
    }

    pub(super) fn db(&self) -> i64 {
        self.db
    }

    /// Sends a command once. After a failure of the connection the next command gets another one: that is also how a
    /// server that was demoted, or does not answer at all, is left.
    pub(super) async fn run(&self, cmd: &Cmd) -> RedisResult<Value> {
        let connection = self.link.get().await?;
        let answer = MultiplexedConnection::clone(&connection).req_packed_command(cmd).await;
        let answer = answer.and_then(Value::extract_error);
        if answer.as_ref().is_err_and(wants_another_connection) {
            self.link.forget(&connection);
        }
        answer
    }

    /// Sends commands together, once.
    pub(super) async fn run_all(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let connection = self.link.get().await?;
        let answer =
            MultiplexedConnection::clone(&connection).req_packed_commands(pipeline, offset, count).await;
        if answer.as_ref().is_err_and(wants_another_connection) {
            self.link.forget(&connection);
        }
        answer
    }
}
