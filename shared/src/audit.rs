//! What an audit says: the checks it made, and what each found.

use serde::Serialize;

/// One invariant, checked.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A stable name: `seats.one_live_owner`.
    pub name: &'static str,
    /// What must hold, as a sentence.
    pub invariant: &'static str,
    /// How many things were looked at.
    pub examined: u64,
    /// What contradicts the invariant.
    pub findings: Vec<Finding>,
}

impl Check {
    /// A check that looked at `examined` things and found these contradictions.
    pub fn new(name: &'static str, invariant: &'static str, examined: u64, findings: Vec<Finding>) -> Self {
        Self { name, invariant, examined, findings }
    }

    /// Whether nothing contradicts the invariant.
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One contradiction: a sentence, and the rows that show it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What is wrong, as a sentence.
    pub sentence: String,
    /// The offending row or rows.
    pub rows: serde_json::Value,
}

impl Finding {
    /// A contradiction with the rows that show it.
    pub fn new(sentence: impl Into<String>, rows: serde_json::Value) -> Self {
        Self { sentence: sentence.into(), rows }
    }
}
