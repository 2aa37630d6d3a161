//! Logs and metrics, set up once a process.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::Vars;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Bounds of all histograms of seconds, from 0.5 ms to 10 s.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Starts logging to standard error by `RUST_LOG` (default `info`) and `LOG_FORMAT` (`text` or `json`), and the
/// recording of metrics. Calling it again changes nothing.
pub fn start_logging(vars: &mut Vars) {
    // Before the first measurement: what is measured without a recorder is lost.
    let _recorded_from_now_on = metrics();
    let filter = vars.text("RUST_LOG", "info");
    let filter = EnvFilter::try_new(&filter).unwrap_or_else(|error| {
        vars.mistake(format!("RUST_LOG: {error}"));
        EnvFilter::new("info")
    });
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start in one process (the demo runs two services) finds the first one's subscriber: fine.
    let _already_started = match vars.text("LOG_FORMAT", "text").as_str() {
        "json" => subscriber.json().flatten_event(true).try_init(),
        "text" => subscriber.try_init(),
        other => {
            vars.mistake(format!("LOG_FORMAT: {other:?} is neither `text` nor `json`"));
            Ok(())
        }
    };
}

/// The process's metrics, in the form Prometheus reads. The first call installs the recorder.
///
/// # Panics
/// When another recorder has been installed in this process.
pub fn metrics() -> PrometheusHandle {
    METRICS
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets(&SECONDS)
                .expect("the bounds are not empty")
                .install_recorder()
                .expect("no other metrics recorder is installed")
        })
        .clone()
}
