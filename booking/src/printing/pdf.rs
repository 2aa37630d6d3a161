//! Tickets on paper: a page of A6 a ticket, with the fonts inside.

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};

use super::code::{Code, Run};
use super::layout::{Item, PAGE_HEIGHT, PAGE_WIDTH, layout};
use super::sheet::Sheet;
use super::type_size::{BOLD, REGULAR};

/// Points a millimetre: PDF counts 72 an inch.
const POINTS: f32 = 72.0 / 25.4;
const TEXT: (u8, u8, u8) = (29, 28, 26);
const MUTED: (u8, u8, u8) = (89, 86, 80);
const LINE: (u8, u8, u8) = (217, 214, 207);
const BLACK: (u8, u8, u8) = (0, 0, 0);
/// How thick a rule is, mm.
const RULE: f32 = 0.3;

/// The document could not be made: a bug, not the reader's fault.
#[derive(Debug, thiserror::Error)]
#[error("the ticket could not be printed: {0}")]
pub struct NotPrinted(String);

/// Tickets as one PDF, a page each. Takes some milliseconds of computing.
pub fn pdf(sheets: &[Sheet]) -> Result<Vec<u8>, NotPrinted> {
    written(sheets, SerializeSettings::default())
}

fn written(sheets: &[Sheet], settings: SerializeSettings) -> Result<Vec<u8>, NotPrinted> {
    let mut document = Document::new_with(settings);
    let title = sheets.first().map(|sheet| format!("{} – {}", sheet.title, sheet.reference));
    let metadata = Metadata::new().title(title.unwrap_or_default()).creator("Stanchion".to_owned());
    document.set_metadata(metadata.language("en".to_owned()));
    let [regular, bold] = [REGULAR, BOLD].map(|font| Font::new(font.into(), 0));
    let (Some(regular), Some(bold)) = (regular, bold) else {
        return Err(NotPrinted("a font in the binary cannot be read".to_owned()));
    };
    for sheet in sheets {
        let size = PageSettings::from_wh(PAGE_WIDTH * POINTS, PAGE_HEIGHT * POINTS);
        let size = size.ok_or_else(|| NotPrinted("the page has no size".to_owned()))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        surface.push_transform(&Transform::from_scale(POINTS, POINTS));
        for item in layout(sheet) {
            draw(&mut surface, &item, sheet, (&regular, &bold));
        }
        surface.pop();
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| NotPrinted(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, item: &Item, sheet: &Sheet, (regular, bold): (&Font, &Font)) {
    match item {
        Item::Text { x, y, size, bold: is_bold, muted, text } => {
            paint(surface, if *muted { MUTED } else { TEXT });
            let font = if *is_bold { bold } else { regular }.clone();
            surface.draw_text(Point::from_xy(*x, *y), font, *size, text, false, TextDirection::Auto);
        }
        Item::Rule { y } => {
            paint(surface, LINE);
            draw_path(surface, rectangles([(9.0, *y, PAGE_WIDTH - 18.0, RULE)]));
        }
        Item::Code { x, y, size } => {
            let code = Code::of(&sheet.code);
            #[expect(clippy::cast_precision_loss, reason = "a code has fewer than 200 modules")]
            let scaled = |modules: usize| modules as f32 * size / code.side() as f32;
            let run = |Run { x: left, y: top, length }: &Run| {
                (x + scaled(*left), y + scaled(*top), scaled(*length), scaled(1))
            };
            paint(surface, BLACK);
            draw_path(surface, rectangles(code.runs().iter().map(run)));
        }
    }
}

fn paint(surface: &mut Surface<'_>, (red, green, blue): (u8, u8, u8)) {
    surface.set_fill(Some(Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }));
}

/// Rectangles: from the left, from the top, width, height.
fn rectangles(all: impl IntoIterator<Item = (f32, f32, f32, f32)>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in all {
        if let Some(rectangle) = Rect::from_xywh(x, y, width, height) {
            path.push_rect(rectangle);
        }
    }
    path.finish()
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::samples;
    use super::*;

    #[test]
    fn a_document_has_a_page_a_ticket_and_the_fonts_inside() {
        let sheet = samples::sheet();
        let document = pdf(&[sheet.clone(), sheet]).unwrap();
        assert!(document.starts_with(b"%PDF-") && document.len() < 300_000, "{} bytes", document.len());
        let readable = SerializeSettings { compress_content_streams: false, ..SerializeSettings::default() };
        let document = written(&[samples::sheet(), samples::sheet()], readable).unwrap();
        let text = String::from_utf8_lossy(&document);
        let plain = text.replace(' ', "");
        assert_eq!(plain.matches("/Type/Page").count() - plain.matches("/Type/Pages").count(), 2, "pages");
        assert!(text.contains("/FontFile"), "the fonts are inside");
    }

    /// The rectangles that a page fills: left, top, right, bottom, mm.
    fn filled(content: &str) -> Vec<[f32; 4]> {
        let (mut rectangles, mut corners, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for word in content.split_ascii_whitespace() {
            if let Ok(number) = word.parse::<f32>() {
                numbers.push(number);
                continue;
            }
            match word {
                "m" | "l" => corners.extend(numbers.last_chunk::<2>().copied()),
                "re" => {
                    if let Some([x, y, width, height]) = numbers.last_chunk::<4>() {
                        rectangles.push([*x, *y, x + width, y + height]);
                    }
                }
                "h" => {
                    let (xs, ys): (Vec<f32>, Vec<f32>) = corners.drain(..).map(|[x, y]| (x, y)).unzip();
                    let least = |all: &[f32]| all.iter().copied().fold(f32::INFINITY, f32::min);
                    let most = |all: &[f32]| all.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    rectangles.push([least(&xs), least(&ys), most(&xs), most(&ys)]);
                }
                _ => {}
            }
            numbers.clear();
        }
        rectangles
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "pixels of a small picture")]
    fn a_code_from_paper_is_read_when_it_is_25_mm_large() {
        let readable = SerializeSettings { compress_content_streams: false, ..SerializeSettings::default() };
        let document = written(&[samples::sheet()], readable).unwrap();
        let text = String::from_utf8_lossy(&document);
        let rectangles = filled(&text);
        let code_left = (PAGE_WIDTH - super::super::layout::CODE_SIZE) / 2.0;
        let code_top = PAGE_HEIGHT - super::super::layout::CODE_SIZE - 9.0;
        // The code of 50 mm as 25 mm at 200 dots an inch, each dot black where its middle is.
        let (dots, mm_a_dot) = (197, super::super::layout::CODE_SIZE / 197.0);
        let grey = |x: usize, y: usize| {
            let (x, y) = (code_left + (x as f32 + 0.5) * mm_a_dot, code_top + (y as f32 + 0.5) * mm_a_dot);
            let inside = |[left, top, right, bottom]: &[f32; 4]| {
                (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
            };
            if rectangles.iter().any(inside) { 0 } else { 255 }
        };
        let read = super::super::code::tests::scanned(dots, dots, grey);
        assert_eq!(read, samples::sheet().code);
    }
}
