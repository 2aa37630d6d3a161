//! How wide text is in the fonts that are printed with, and where lines are broken.

use std::sync::LazyLock;

use ttf_parser::Face;

/// An open font with Latin, Greek, Cyrillic, Arabic, Hebrew and more, regular and bold. The licence is beside the files.
pub(super) const REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
pub(super) const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");

static FACES: LazyLock<[Face<'static>; 2]> = LazyLock::new(|| {
    [REGULAR, BOLD].map(|font| Face::parse(font, 0).expect("the fonts in the binary are fonts"))
});

/// How wide a text is at a size; in the size's unit.
pub(super) fn width(text: &str, bold: bool, size: f32) -> f32 {
    let face = &FACES[usize::from(bold)];
    let advance = |letter| face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph));
    // A letter that is not in the font is drawn as a box about as wide as its size.
    let units: u32 = text.chars().map(|letter| advance(letter).map_or(1200, u32::from)).sum();
    #[expect(clippy::cast_precision_loss, reason = "texts are short")]
    let ems = units as f32 / f32::from(face.units_per_em());
    ems * size
}

/// A text in at most so many lines of this width, broken at spaces; what does not fit ends in an ellipsis.
pub(super) fn lines(text: &str, bold: bool, size: f32, widest: f32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let has_room = lines.len() < most;
        let last = lines.last_mut().expect("there is always a line");
        let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
        if last.is_empty() || width(&longer, bold, size) <= widest {
            *last = longer;
        } else if has_room {
            lines.push(word.to_owned());
        } else {
            *last = format!("{longer}…");
            break;
        }
    }
    lines.into_iter().map(|line| cut(line, bold, size, widest)).collect()
}

fn cut(line: String, bold: bool, size: f32, widest: f32) -> String {
    if width(&line, bold, size) <= widest {
        return line;
    }
    let mut shorter = line.trim_end_matches('…').to_owned();
    while !shorter.is_empty() && width(&format!("{shorter}…"), bold, size) > widest {
        shorter.pop();
    }
    format!("{}…", shorter.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_no_line_is_too_wide() {
        let text = "The Long Night and the Much Longer Morning After It";
        for (most, widest) in [(1, 40.0), (2, 40.0), (2, 60.0), (3, 87.0), (2, 8.0)] {
            let broken = lines(text, true, 6.0, widest, most);
            assert!(broken.len() <= most);
            for line in &broken {
                assert!(width(line, true, 6.0) <= widest, "{line}");
            }
        }
        assert_eq!(lines(text, true, 6.0, 1000.0, 2), [text]);
        assert!(lines(text, true, 6.0, 40.0, 2)[1].ends_with('…'));
        assert_eq!(lines("", true, 6.0, 40.0, 2), [""]);
    }

    #[test]
    fn every_letter_has_a_width() {
        assert!(width("i", false, 10.0) < width("m", false, 10.0));
        assert!(width("日本", false, 10.0) > 5.0);
    }
}
