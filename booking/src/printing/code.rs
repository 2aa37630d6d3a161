//! The QR code of a ticket as modules, and as the outline of its dark ones.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The light margin that a scanner needs, in modules (ISO/IEC 18004).
pub const QUIET: usize = 4;

/// A QR code.
pub struct Code {
    width: usize,
    dark: Vec<bool>,
}

/// A run of dark modules in a line: from the left, from the top, how many.
pub struct Run {
    /// From the left edge of the margin.
    pub x: usize,
    /// From the top edge of the margin.
    pub y: usize,
    /// How many.
    pub length: usize,
}

impl Code {
    /// The code that says this: a ticket's, of fewer than 200 characters.
    pub fn of(text: &str) -> Self {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .expect("a ticket's code fits into a QR code");
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Self { width: code.width(), dark }
    }

    /// Its side with the margin, in modules.
    pub fn side(&self) -> usize {
        self.width + 2 * QUIET
    }

    /// The dark modules, as runs.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        for (y, line) in self.dark.chunks(self.width).enumerate() {
            let mut x = 0;
            for part in line.chunk_by(|one, next| one == next) {
                if part[0] {
                    runs.push(Run { x: x + QUIET, y: y + QUIET, length: part.len() });
                }
                x += part.len();
            }
        }
        runs
    }

    /// The runs as an SVG path, a unit a module.
    pub fn path(&self) -> String {
        self.runs().iter().fold(String::new(), |mut path, Run { x, y, length }| {
            let _to_a_string = write!(path, "M{x} {y}h{length}v1h-{length}z");
            path
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a scanner reads from a grey picture.
    pub(in super::super) fn scanned(
        width: usize,
        height: usize,
        grey: impl FnMut(usize, usize) -> u8,
    ) -> String {
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
        let grids = picture.detect_grids();
        assert_eq!(grids.len(), 1, "one code is on the picture");
        grids[0].decode().unwrap().1
    }

    #[test]
    fn the_runs_are_the_code() {
        let code = Code::of(&"x".repeat(199));
        let (side, scale) = (code.side(), 3);
        let mut dark = vec![false; side * side];
        for Run { x, y, length } in code.runs() {
            dark[y * side + x..y * side + x + length].fill(true);
        }
        let grey = |x: usize, y: usize| if dark[y / scale * side + x / scale] { 0 } else { 255 };
        assert_eq!(scanned(side * scale, side * scale, grey), "x".repeat(199));
    }
}
