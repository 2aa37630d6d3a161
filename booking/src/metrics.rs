//! Every metric of the shop, declared with its help text.

/// Declares the metrics to the recorder.
pub fn describe() {}
