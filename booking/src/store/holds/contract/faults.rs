//! Scripts with one thing wrong, to prove that the contract sees it.

use std::cell::RefCell;

use redis::Script;
use shared::redis::guarded_script;

thread_local! {
    /// The hash of the script that is replaced, and what is called in its place by this thread.
    static PLANTED: RefCell<Option<(String, &'static Script)>> = const { RefCell::new(None) };
}

/// The script that is called where this one is meant.
pub fn in_place_of(script: &Script) -> &Script {
    PLANTED.with_borrow(|planted| match planted {
        Some((hash, faulty)) if hash == script.get_hash() => faulty,
        _ => script,
    })
}

/// One thing wrong with one script.
#[derive(Debug)]
pub struct Fault {
    script: &'static str,
    right: &'static str,
    wrong: &'static str,
}

/// Takes the fault out again.
pub struct Planted;

impl Drop for Planted {
    fn drop(&mut self) {
        PLANTED.set(None);
    }
}

impl Fault {
    /// Plants it for what this thread calls.
    pub fn plant(&self) -> Planted {
        let right = text_of(self.script);
        assert_eq!(right.matches(self.right).count(), 1, "{self:?} is to change exactly one thing");
        let wrong = script_of(self.script, &right.replacen(self.right, self.wrong, 1));
        let hash = script_of(self.script, &right).get_hash().to_owned();
        PLANTED.set(Some((hash, Box::leak(Box::new(wrong)))));
        Planted
    }
}

/// A script's text as it is put together for Redis, without the guard.
fn text_of(script: &str) -> String {
    let common = concat!(
        include_str!("../../../../lua/show.lua"),
        "\n",
        include_str!("../../../../lua/hold.lua"),
        "\n"
    );
    let body = match script {
        "take_hold" => include_str!("../../../../lua/take_hold.lua"),
        "release_hold" => include_str!("../../../../lua/release_hold.lua"),
        "book_seats" => include_str!("../../../../lua/book_seats.lua"),
        "free_seats" => include_str!("../../../../lua/free_seats.lua"),
        "move_lapse" => include_str!("../../../../lua/move_lapse.lua"),
        "lapse_holds" => include_str!("../../../../lua/lapse_holds.lua"),
        "exchange_seats" => include_str!("../../../../lua/exchange_seats.lua"),
        "read_seats" => include_str!("../../../../lua/read_seats.lua"),
        "block_seats" => include_str!("../../../../lua/block_seats.lua"),
        "settle_seats" => include_str!("../../../../lua/settle_seats.lua"),
        "load_show" => return include_str!("../../../../lua/load_show.lua").to_owned(),
        _ => panic!("there is no script {script}"),
    };
    format!("{common}{body}")
}

fn script_of(name: &str, text: &str) -> Script {
    if name == "load_show" { Script::new(text) } else { guarded_script(text) }
}

const fn fault(script: &'static str, right: &'static str, wrong: &'static str) -> Fault {
    Fault { script, right, wrong }
}

/// Mistakes that somebody might make.
pub const FAULTS: &[Fault] = &[
    // Taking.
    fault("take_hold", "lapse_overdue(MAX_LAPSES)", ""),
    fault("take_hold", "hold.list == list", "true"),
    fault("take_hold", "if held_id then", "if false then"),
    fault("take_hold", "if cools_until then", "if false then"),
    fault("take_hold", "if byte ~= FREE then", "if byte == HELD then"),
    fault("take_hold", "if byte ~= FREE then", "if byte == BOOKED then"),
    fault("take_hold", "if #taken > 2", "if #taken > 3"),
    fault("take_hold", "'fence', 1)", "'fence', 0)"),
    fault("take_hold", "live >= most", "live > most"),
    fault("take_hold", "first = math.min", "first = math.max"),
    fault("take_hold", "redis.call('SADD', KEYS[10], id)", ""),
    fault("take_hold", "redis.call('HSET', KEYS[5], buyer, id)", ""),
    fault("take_hold", "write_bytes(seats, HELD)", "write_bytes({seats[1]}, HELD)"),
    fault("take_hold", "write_bytes(seats, HELD)\npublish()", "write_bytes(seats, HELD)"),
    // Lapsing.
    fault("lapse_holds", "{[HELD] = true})", "{[HELD] = true, [BOOKED] = true})"),
    fault("lapse_holds", "lapsed_at + hold.cooldown", "now + hold.cooldown"),
    fault("lapse_holds", "redis.call('ZREM', KEYS[4], id)", ""),
    fault("lapse_holds", "if redis.call('HGET', KEYS[5], hold.buyer) == id then", "if false then"),
    fault("take_hold", "redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now)", ""),
    // Giving back.
    fault(
        "release_hold",
        "if not redis.call('ZSCORE', KEYS[4], ARGV[2]) then return {'BOOKED', now} end",
        "",
    ),
    fault("release_hold", "if freed_from[byte] then", "if true then"),
    fault("free_seats", "{[HELD] = true, [BOOKED] = true}", "{[BOOKED] = true}"),
    fault("free_seats", "if redis.call('HGET', KEYS[5], hold.buyer) == id then", "if true then"),
    // Paying and booking.
    fault("move_lapse", "'XX', ", "'GT', "),
    fault("move_lapse", "if not redis.call('ZSCORE', KEYS[4], ARGV[2]) then return {'GONE', now} end", ""),
    fault("book_seats", "redis.call('ZREM', KEYS[4], id)\nif", "if"),
    fault("book_seats", "write_bytes(seats, BOOKED)", "write_bytes(seats, HELD)"),
    fault("book_seats", "tonumber(known.fence) >= tonumber(ARGV[4])", "false"),
    fault("book_seats", "tonumber(known.fence) >= tonumber(ARGV[4])", "true"),
    fault("book_seats", "if known then free_rest(known, lapses_at, list, {}) end", ""),
    fault("book_seats", "lapses_at and HELD or BOOKED", "HELD"),
    fault("book_seats", "byte == own and not stays", "not stays"),
    fault("book_seats", "lapses_at and 'BOOKED' or 'ANEW'", "'BOOKED'"),
    // Exchanging.
    fault("exchange_seats", "lapse_overdue(MAX_LAPSES)", ""),
    fault("exchange_seats", "elseif byte == FREE then", "elseif byte ~= BOOKED then"),
    fault("exchange_seats", "if #taken > 2 then return taken end", ""),
    fault("exchange_seats", "and not kept[seat]", ""),
    fault("exchange_seats", "byte == HELD and ", ""),
    fault("exchange_seats", "'fence', 1)", "'fence', 0)"),
    fault("exchange_seats", "write_bytes(given, FREE)", ""),
    fault("exchange_seats", "table.concat(seats, ',')", "hold.list"),
    fault("exchange_seats", "if not lapses_at then return {'BOOKED', now} end", ""),
    // Settling, blocking, reading.
    fault("settle_seats", "if refused and", "if false and"),
    fault("block_seats", "== BLOCKED and FREE or BLOCKED", "== BLOCKED and HELD or BLOCKED"),
    fault("read_seats", "if byte == HELD then", "if true then"),
    fault("read_seats", "'-inf', now, 'LIMIT'", "'-inf', '(' .. now, 'LIMIT'"),
    // Loading.
    fault("load_show", "'version', ARGV[2], 'fence', ARGV[2]", "'version', ARGV[2], 'fence', 0"),
    fault("load_show", "redis.call('ZADD', KEYS[6], ARGV[index + 1], ARGV[index])", ""),
    fault("load_show", "redis.call('HSET', KEYS[5], buyer, id)", ""),
    fault("load_show", "redis.call('DEL', unpack(KEYS, 1, 8))", "redis.call('DEL', unpack(KEYS, 1, 3))"),
];
