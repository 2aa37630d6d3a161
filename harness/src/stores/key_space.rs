//! A key space a test: one of the Redis server's logical databases, claimed atomically. Database 0 keeps the books.

use redis::{Client, RedisResult, Script, aio::MultiplexedConnection};
use url::Url;

const FREE: &str = "harness:free";
const LAST: &str = "harness:last";

/// KEYS: the set of numbers given back, the highest number claimed so far. ARGV: how many databases there are.
/// Reply: a number, or -1 when all are claimed.
const CLAIM: &str = r"
local free = redis.call('SPOP', KEYS[1])
if free then return tonumber(free) end
if tonumber(redis.call('GET', KEYS[2]) or '0') + 1 >= tonumber(ARGV[1]) then return -1 end
return redis.call('INCR', KEYS[2])
";

/// Claims an empty key space and returns its URL.
pub(super) async fn claim(server_url: &str) -> String {
    let number = claim_number(server_url).await.unwrap_or_else(|e| panic!("cannot claim a key space: {e}"));
    assert!(number > 0, "all key spaces of {server_url} are in use; raise `databases` of that Redis");
    let url = url_of(server_url, number);
    empty(&url).await.unwrap_or_else(|e| panic!("cannot empty the key space: {e}"));
    url
}

/// Lets another test have the key space.
pub(super) async fn give_back(url: &str) {
    let number: i64 = url.rsplit('/').next().and_then(|path| path.parse().ok()).unwrap_or_default();
    let given_back = async {
        empty(url).await?;
        let mut books = connect(&url_of(url, 0)).await?;
        redis::cmd("SADD").arg(FREE).arg(number).query_async::<()>(&mut books).await
    };
    given_back.await.unwrap_or_else(|e| panic!("cannot give the key space back: {e}"));
}

async fn claim_number(server_url: &str) -> RedisResult<i64> {
    let mut books = connect(&url_of(server_url, 0)).await?;
    let (_, databases): (String, i64) =
        redis::cmd("CONFIG").arg("GET").arg("databases").query_async(&mut books).await?;
    Script::new(CLAIM).key(FREE).key(LAST).arg(databases).invoke_async(&mut books).await
}

async fn empty(url: &str) -> RedisResult<()> {
    redis::cmd("FLUSHDB").query_async(&mut connect(url).await?).await
}

async fn connect(url: &str) -> RedisResult<MultiplexedConnection> {
    Client::open(url)?.get_multiplexed_async_connection().await
}

fn url_of(server_url: &str, number: i64) -> String {
    let mut url = Url::parse(server_url).expect("the test Redis's URL is one");
    url.set_path(&number.to_string());
    url.into()
}
