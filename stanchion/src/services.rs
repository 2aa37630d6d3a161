//! Both services in this process.

use shared::clock::Clock;
use shared::config::Vars;
use shared::service::{BindError, Running};

use crate::exit::Failure;

/// The services that run in this process.
#[derive(Default)]
pub struct Services {
    waitroom: Option<Running>,
    booking: Option<Running>,
}

impl Services {
    /// Starts those asked for. All mistakes of their settings are reported together, before a port is bound.
    ///
    /// # Errors
    /// When a setting is wrong or a port cannot be had.
    pub async fn start(mut vars: Vars, waitroom: bool, booking: bool) -> Result<Self, Failure> {
        shared::telemetry::start_logging(&mut vars);
        let waitroom = waitroom.then(|| waitroom::config::Config::from_vars(&mut vars));
        let booking = booking.then(|| booking::Config::from_vars(&mut vars));
        vars.finish().map_err(|mistakes| Failure::configuration(mistakes.to_string()))?;

        let mut services = Self::default();
        if let Some(config) = waitroom {
            services.waitroom = Some(waitroom::start(config, Clock::System).await.map_err(not_started)?);
        }
        if let Some(config) = booking {
            match booking::start(config, Clock::System).await {
                Ok(running) => services.booking = Some(running),
                Err(error) => {
                    services.stop().await;
                    return Err(not_started(error));
                }
            }
        }
        Ok(services)
    }

    /// Lets what is under way end, and stops: the shop first, whose slot ends the line still takes.
    pub async fn stop(self) {
        for running in [self.booking, self.waitroom].into_iter().flatten() {
            running.stop().await;
        }
    }
}

/// A port that cannot be had is for the person at the keyboard to settle.
pub fn not_started(error: anyhow::Error) -> Failure {
    match error.downcast_ref::<BindError>() {
        Some(bind) => Failure::configuration(bind.to_string()),
        None => error.into(),
    }
}
