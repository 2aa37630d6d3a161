//! A booking in a calendar: one event (RFC 5545), in UTC, so that no zone has to be described.

use std::fmt::Write as _;

use jiff::Timestamp;

/// Longer lines are folded (RFC 5545 section 3.1), octets.
const LINE_OCTETS: usize = 75;

/// What stands in the calendar.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The same for every version of the entry, so that a later one replaces it.
    pub uid: String,
    /// Grows with every version.
    pub sequence: u64,
    /// When this version was made.
    pub stamp: Timestamp,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// In a line.
    pub summary: String,
    /// Where.
    pub location: String,
    /// In some lines.
    pub description: String,
    /// Where there is more.
    pub url: String,
    /// Whether it takes the entry out of the calendar.
    pub is_cancelled: bool,
}

/// The entry as a file.
pub fn ics(entry: &Entry) -> String {
    let (method, status) =
        if entry.is_cancelled { ("CANCEL", "CANCELLED") } else { ("PUBLISH", "CONFIRMED") };
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Stanchion//Booking//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("METHOD:{method}"),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", text(&entry.uid)),
        format!("SEQUENCE:{}", entry.sequence),
        format!("DTSTAMP:{}", time(entry.stamp)),
        format!("DTSTART:{}", time(entry.starts_at)),
        format!("DTEND:{}", time(entry.ends_at)),
        format!("SUMMARY:{}", text(&entry.summary)),
        format!("LOCATION:{}", text(&entry.location)),
        format!("DESCRIPTION:{}", text(&entry.description)),
        format!("URL:{}", entry.url),
        format!("STATUS:{status}"),
        "TRANSP:OPAQUE".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 5545 section 3.3.11.
fn text(words: &str) -> String {
    words.chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '\\' | ';' | ',' => {
                let _to_a_string = write!(escaped, "\\{letter}");
            }
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
        escaped
    })
}

/// A line that is folded between letters, with its end.
fn folded(line: &str) -> String {
    let (mut folded, mut octets) = (String::new(), 0);
    for letter in line.chars() {
        if octets + letter.len_utf8() > LINE_OCTETS {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(letter);
        octets += letter.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            uid: "7@shop.test".to_owned(),
            sequence: 0,
            stamp: Timestamp::UNIX_EPOCH,
            starts_at: "2026-11-21T20:00:00Z".parse().unwrap(),
            ends_at: "2026-11-21T22:00:00Z".parse().unwrap(),
            summary: "Night; the long, long one".to_owned(),
            location: "Lumière, Straße 1".to_owned(),
            description: format!("Booking 7KQ2M9XA\nSeats {}", "Ä12, ".repeat(40)),
            url: "http://shop.test/b/7".to_owned(),
            is_cancelled: false,
        }
    }

    #[test]
    fn an_entry_is_in_utc_escaped_and_folded() {
        let file = ics(&entry());
        assert!(file.lines().all(|line| line.len() <= LINE_OCTETS), "{file}");
        assert_eq!(file.matches("\r\n").count(), file.matches('\n').count());
        let unfolded = file.replace("\r\n ", "");
        for line in [
            "METHOD:PUBLISH",
            "UID:7@shop.test",
            "DTSTART:20261121T200000Z",
            "DTEND:20261121T220000Z",
            "SUMMARY:Night\\; the long\\, long one",
            "LOCATION:Lumière\\, Straße 1",
            "STATUS:CONFIRMED",
        ] {
            assert!(unfolded.contains(&format!("{line}\r\n")), "{line} is missing in {unfolded}");
        }
        assert!(unfolded.contains("DESCRIPTION:Booking 7KQ2M9XA\\nSeats Ä12\\, Ä12\\, "), "{unfolded}");
    }

    #[test]
    fn a_cancelled_booking_takes_its_entry_back() {
        let file = ics(&Entry { is_cancelled: true, sequence: 1, ..entry() });
        assert!(file.contains("METHOD:CANCEL\r\n") && file.contains("STATUS:CANCELLED\r\n"), "{file}");
        assert!(file.contains("SEQUENCE:1\r\n") && file.contains("UID:7@shop.test\r\n"), "the same entry");
    }
}
