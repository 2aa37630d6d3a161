//! Opening, pausing, resuming, closing: each takes the drop as it was and gives it as it is then, or refuses.

use jiff::Timestamp;

use super::{Control, Drop, DropState};

/// What an operator can make a drop do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Open now, whatever the schedule says. Cannot be undone.
    Open,
    /// Call nobody until resumed.
    Pause,
    /// Go on calling.
    Resume,
    /// End it. Cannot be undone.
    Close,
}

impl Transition {
    /// Its name in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Close => "close",
        }
    }
}

/// The drop is not in a state that allows this.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a drop that is {state} cannot {wanted}")]
pub struct IllegalTransition {
    /// The state it is in.
    pub state: &'static str,
    /// What was wanted.
    pub wanted: &'static str,
}

impl Drop {
    /// The drop after the transition.
    pub fn after(mut self, transition: Transition, now: Timestamp) -> Result<Self, IllegalTransition> {
        // Stock does not matter to the operator's word.
        let state = self.state(now, None);
        match (transition, state) {
            (Transition::Open, DropState::Scheduled | DropState::Lobby) if self.awaits_salt() => {
                return Err(IllegalTransition { state: "waiting for its salt", wanted: transition.as_str() });
            }
            (Transition::Open, DropState::Scheduled | DropState::Lobby) => self.open(now),
            (Transition::Pause, DropState::Open) => self.control = Control::Paused,
            (Transition::Resume, DropState::Paused) => self.control = Control::Open,
            (Transition::Close, state) if state != DropState::Closed => self.control = Control::Closed,
            (transition, state) => {
                return Err(IllegalTransition { state: name_of(state), wanted: transition.as_str() });
            }
        }
        Ok(self.touched(now))
    }

    fn open(&mut self, now: Timestamp) {
        let opens_at = now.min(self.settings.opens_at.unwrap_or(now));
        let lobby_opens_at = self.settings.lobby_opens_at.unwrap_or(opens_at).min(opens_at);
        self.settings.opens_at = Some(opens_at);
        self.settings.lobby_opens_at = Some(lobby_opens_at);
    }

    pub(super) fn touched(mut self, now: Timestamp) -> Self {
        self.version += 1;
        self.updated_at = now;
        self
    }
}

fn name_of(state: DropState) -> &'static str {
    match state {
        DropState::Scheduled => "scheduled",
        DropState::Lobby => "in its lobby",
        DropState::Open | DropState::SoldOut => "open",
        DropState::Paused => "paused",
        DropState::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::super::change::tests::sample;
    use super::*;

    #[test]
    fn a_drop_opens_once() {
        let now = sample().created_at;
        let open = sample().after(Transition::Open, now).unwrap();
        assert_eq!(open.state(now, None), DropState::Open);
        assert_eq!(open.version, sample().version + 1);
        let refused = open.after(Transition::Open, now).unwrap_err();
        assert_eq!(refused.to_string(), "a drop that is open cannot open");
    }

    #[test]
    fn opening_ahead_of_schedule_moves_the_schedule() {
        let now = sample().created_at;
        let mut planned = sample();
        planned.settings.lobby_opens_at = Some(now + 1.hour());
        planned.settings.opens_at = Some(now + 2.hours());
        let open = planned.after(Transition::Open, now).unwrap();
        assert_eq!(open.settings.opens_at, Some(now));
        assert_eq!(open.settings.lobby_opens_at, Some(now));
    }

    #[test]
    fn only_an_open_drop_pauses_and_only_a_paused_one_resumes() {
        let now = sample().created_at;
        assert!(sample().after(Transition::Pause, now).is_err());
        let open = sample().after(Transition::Open, now).unwrap();
        assert!(open.clone().after(Transition::Resume, now).is_err());
        let paused = open.after(Transition::Pause, now).unwrap();
        assert_eq!(paused.state(now, None), DropState::Paused);
        assert_eq!(paused.after(Transition::Resume, now).unwrap().state(now, None), DropState::Open);
    }

    #[test]
    fn a_closed_drop_stays_closed() {
        let now = sample().created_at;
        let closed = sample().after(Transition::Close, now).unwrap();
        for transition in [Transition::Open, Transition::Pause, Transition::Resume, Transition::Close] {
            assert!(closed.clone().after(transition, now).is_err());
        }
    }
}
