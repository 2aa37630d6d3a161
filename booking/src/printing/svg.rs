//! Tickets as pictures. Only attributes, no styles: the pages' policy forbids styles in pictures that are opened alone.

use std::fmt::Write as _;

use shared::http::escape;

use super::code::Code;
use super::layout::{Item, PAGE_HEIGHT, PAGE_WIDTH, layout};
use super::sheet::Sheet;

/// Fonts as wide as those that the lines were broken for, then any.
const FONTS: &str = "DejaVu Sans, Verdana, sans-serif";

/// A ticket's code alone, dark on white, with the margin that scanners need. It scales.
pub fn code_svg(text: &str) -> String {
    let code = Code::of(text);
    let side = code.side();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="256" height="256" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{}"/></svg>"##,
        code.path()
    )
}

/// A whole ticket, in its real size.
pub fn svg(sheet: &Sheet) -> String {
    let name = escape(&format!("Ticket to {}, seat {}", sheet.title, sheet.seat));
    let mut picture = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PAGE_WIDTH} {PAGE_HEIGHT}" width="{PAGE_WIDTH}mm" height="{PAGE_HEIGHT}mm" font-family="{FONTS}"><title>{name}</title><rect width="{PAGE_WIDTH}" height="{PAGE_HEIGHT}" fill="#fff"/>"##
    );
    for item in layout(sheet) {
        draw(&mut picture, &item, &sheet.code);
    }
    picture.push_str("</svg>");
    picture
}

fn draw(picture: &mut String, item: &Item, code: &str) {
    let _to_a_string = match item {
        Item::Text { x, y, size, bold, muted, text } => {
            let weight = if *bold { "700" } else { "400" };
            let fill = if *muted { "#595650" } else { "#1d1c1a" };
            let text = escape(text);
            write!(
                picture,
                r#"<text x="{x:.2}" y="{y:.2}" font-size="{size:.2}" font-weight="{weight}" fill="{fill}">{text}</text>"#
            )
        }
        Item::Rule { y } => {
            write!(picture, r##"<path d="M9 {y:.2}H96" stroke="#d9d6cf" stroke-width="0.3"/>"##)
        }
        Item::Code { x, y, size } => {
            let code = Code::of(code);
            let (side, path) = (code.side(), code.path());
            write!(
                picture,
                r#"<svg x="{x:.2}" y="{y:.2}" width="{size:.2}" height="{size:.2}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path d="{path}"/></svg>"#
            )
        }
    };
}

#[cfg(test)]
mod tests {
    use super::super::sheet::samples;
    use super::*;

    #[test]
    fn a_picture_says_everything_and_has_no_style() {
        let picture = svg(&samples::sheet());
        for text in [
            "The &#60;Long&#62;",
            "21 November 2026",
            "21:00 CET",
            "Ωδείο",
            "Straße",
            ">AA<",
            ">123<",
            "12.50 EUR",
            "7KQ2M9XA",
        ] {
            assert!(
                picture.contains(text)
                    || picture.contains(&text.replace("&#60;", "&lt;").replace("&#62;", "&gt;")),
                "{text} is missing in {picture}"
            );
        }
        assert!(!picture.contains("style") && !picture.contains("<script"), "{picture}");
    }
}
