//! The stream of a show's changes, read.

use shared::store::StoreError;

use super::scripts::{self, Reply};
use super::{Holds, ShowKeys};
use crate::domain::ids::ShowId;
use crate::domain::live::{Change, parse_changes};

/// What became of a show's map after a version that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The version now.
    pub version: i64,
    /// The later changes that Redis still knows, ascending.
    pub changes: Vec<Change>,
}

impl Holds {
    /// What became of a show's map after this version; 0 asks for all that is known.
    pub async fn changes_after(&self, show: ShowId, known: i64) -> Result<Changes, StoreError> {
        let mut call = scripts::call(&scripts::READ_CHANGES, show, &self.clock);
        call.arg(known);
        self.invoke("read_changes", call).await?.changes()
    }

    /// The channel on which the changes of a show are published.
    pub fn channel(show: ShowId) -> String {
        ShowKeys::of(show).live().to_owned()
    }
}

impl Reply {
    fn changes(&self) -> Result<Changes, StoreError> {
        self.expect("CHANGES")?;
        let rest: Vec<String> = self.rest(2)?;
        let change = |pair: &[String]| {
            let seats = parse_changes(&pair[1])?;
            Some(Change { version: pair[0].parse().ok()?, seats })
        };
        let changes: Option<Vec<Change>> = rest.chunks_exact(2).map(change).collect();
        Ok(Changes { version: self.value(1)?, changes: changes.ok_or_else(|| self.unexpected())? })
    }
}
