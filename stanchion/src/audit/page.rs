//! The outcome of an audit for the terminal.

use std::fmt::Write;

use shared::audit::Check;

/// Rows shown of one check; the JSON document has all.
const ROWS_SHOWN: usize = 20;

/// A line for each check, and the offending rows below.
pub fn page(checks: &[Check]) -> String {
    let mut page = String::new();
    let widest = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in checks {
        let found = check.findings.len();
        let verdict = if check.holds() { "ok".to_owned() } else { format!("{found} FOUND") };
        let _infallible =
            writeln!(page, "  {:<widest$}  {:>9} looked at  {verdict}", check.name, check.examined);
    }
    let broken: Vec<&Check> = checks.iter().filter(|check| !check.holds()).collect();
    for check in &broken {
        write_findings(&mut page, check);
    }
    let summary = match broken.len() {
        0 => format!("All {} invariants hold.", checks.len()),
        broken => format!("{broken} of {} invariants do not hold.", checks.len()),
    };
    format!("{page}\n{summary}")
}

fn write_findings(page: &mut String, check: &Check) {
    let _infallible = writeln!(page, "\n{}: {}", check.name, check.invariant);
    for finding in check.findings.iter().take(ROWS_SHOWN) {
        let _infallible = writeln!(page, "  {}\n    {}", finding.sentence, finding.rows);
    }
    let more = check.findings.len().saturating_sub(ROWS_SHOWN);
    if more > 0 {
        let _infallible = writeln!(page, "  and {more} more (--json lists them all)");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::audit::Finding;

    use super::*;

    #[test]
    fn what_was_found_is_shown_with_its_rows() {
        let found = Finding::new("seat A1 has two live owners", json!([{ "seat": "A1" }]));
        let checks = [
            Check::new("line.one_place", "one identity has one live place", 40, vec![]),
            Check::new("seats.one_live_owner", "a seat has at most one live owner", 7, vec![found]),
        ];
        let page = page(&checks);
        assert!(page.contains("line.one_place               40 looked at  ok"), "{page}");
        assert!(page.contains("seat A1 has two live owners\n    [{\"seat\":\"A1\"}]"), "{page}");
        assert!(page.ends_with("1 of 2 invariants do not hold."), "{page}");
    }

    #[test]
    fn a_clean_audit_says_so() {
        let page = page(&[Check::new("a", "b", 1, vec![])]);
        assert!(page.ends_with("All 1 invariants hold."));
    }
}
