//! The other tabs of a visitor's browser: each joins by the same cookie, must be given the same place, and looks at it
//! for itself while the first tab waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::crowd::Scene;
use super::script::{Answer, Ask, Place, PlaceState, Text};
use super::watch::Watch;

/// How many tabs are opened besides the first.
const OTHER_TABS: usize = 2;
/// The pause after an answer that was none.
const PAUSE: Duration = Duration::from_secs(1);

/// The place that the first tab has.
#[derive(Debug, Clone)]
struct First {
    place_id: Text,
    place_token: Text,
}

/// Opens the other tabs, all at once. They close with the set.
pub(super) fn open(
    scene: &Arc<Scene>,
    (device, place_id, place_token): (Text, Text, Text),
    tabs: &mut JoinSet<()>,
) {
    for _ in 0..OTHER_TABS {
        let first = First { place_id: place_id.clone(), place_token: place_token.clone() };
        tabs.spawn(look(Arc::clone(scene), device.clone(), first));
    }
}

async fn look(scene: Arc<Scene>, device: Text, first: First) {
    let Some(place) = ask(&scene, &Ask::JoinAgain { device }).await else { return };
    let is_second = !is_the_same(&scene, &first, &place).await;
    scene.tally.tab_joined(is_second);
    let mut watch = Watch::default();
    let mut place = place;
    loop {
        let risen = watch.sights().positions_risen;
        watch.see(&place, scene.now());
        scene.tally.positions_rose(watch.sights().positions_risen - risen);
        let waits = matches!(place.state, PlaceState::Lobby | PlaceState::Waiting | PlaceState::Paused);
        let Some(place_token) = watch.token().filter(|_| waits) else { return };
        tokio::time::sleep(Duration::from_millis(place.poll_after_ms)).await;
        let look = Ask::LookUpPlace { place_token, last_position: watch.last_position(), is_hidden: false };
        match ask(&scene, &look).await {
            Some(next) => place = next,
            None => return,
        }
    }
}

/// A place that was requeued in between is another: then the first tab's token leads to it as well.
async fn is_the_same(scene: &Scene, first: &First, place: &Place) -> bool {
    if place.place_id.as_ref() == Some(&first.place_id) {
        return true;
    }
    let place_token = first.place_token.clone();
    let look = Ask::LookUpPlace { place_token, last_position: None, is_hidden: false };
    ask(scene, &look).await.is_none_or(|now| now.place_id == place.place_id)
}

/// Asks until there is a place; `None` where it is refused.
async fn ask(scene: &Scene, ask: &Ask) -> Option<Place> {
    loop {
        let (answer, took) = scene.api.send(ask).await;
        scene.tally.answered(ask, &answer, took);
        match answer {
            Answer::Place(place) => return Some(place),
            Answer::Refused(refusal) if matches!(refusal.status, 429 | 503) => {
                tokio::time::sleep(refusal.retry_after.unwrap_or(PAUSE)).await;
            }
            Answer::Lost => tokio::time::sleep(PAUSE).await,
            _ => return None,
        }
        scene.tally.repeated(ask);
    }
}
