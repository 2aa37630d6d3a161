//! The progress bar, where a person is watching.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::tally::Tally;

const REDRAW_EVERY: Duration = Duration::from_millis(200);

/// Draws on stderr until `over`; draws nothing where stderr is no terminal.
pub async fn draw(tally: Arc<Tally>, visitors: u64, over: CancellationToken) {
    let bar = ProgressBar::new(visitors).with_style(
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} went home  {msg}")
            .expect("the template is valid"),
    );
    while !over.is_cancelled() {
        let glance = tally.glance();
        bar.set_position(glance.gone);
        bar.set_message(format!(
            "{} joined, {} admitted, {} bookings, {} seats",
            glance.joined, glance.admitted, glance.booked, glance.seats_sold
        ));
        tokio::select! {
            () = tokio::time::sleep(REDRAW_EVERY) => {}
            () = over.cancelled() => {}
        }
    }
    bar.finish_and_clear();
}
