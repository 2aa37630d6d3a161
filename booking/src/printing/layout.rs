//! Where everything stands on a ticket: a page of A6 (105 by 148 mm), which a phone shows whole and a printer takes.

use super::sheet::Sheet;
use super::type_size::{lines, width};

/// The page, mm.
pub(super) const PAGE_WIDTH: f32 = 105.0;
/// The page, mm.
pub(super) const PAGE_HEIGHT: f32 = 148.0;
/// The code with its margin, mm. A scanner needs 25.
pub(super) const CODE_SIZE: f32 = 50.0;

const MARGIN: f32 = 9.0;
const INNER: f32 = PAGE_WIDTH - 2.0 * MARGIN;
const TITLE_SIZE: f32 = 6.2;
const LINE_GAP: f32 = 1.25;

/// What is drawn.
pub(super) enum Item {
    /// A line of text, its baseline at `y`.
    Text {
        /// From the left.
        x: f32,
        /// From the top.
        y: f32,
        /// The size of the letters.
        size: f32,
        /// Bold.
        bold: bool,
        /// In grey.
        muted: bool,
        /// The words.
        text: String,
    },
    /// A rule across the page.
    Rule {
        /// From the top.
        y: f32,
    },
    /// The code.
    Code {
        /// From the left.
        x: f32,
        /// From the top.
        y: f32,
        /// The side with the margin.
        size: f32,
    },
}

/// Places things from the top down.
struct Desk {
    items: Vec<Item>,
    y: f32,
}

impl Desk {
    fn text(&mut self, text: &str, size: f32, bold: bool, muted: bool, most: usize) {
        for line in lines(text, bold, size, INNER, most) {
            self.y += size * LINE_GAP;
            self.items.push(Item::Text { x: MARGIN, y: self.y, size, bold, muted, text: line });
        }
    }

    fn at(&mut self, x: f32, y: f32, size: f32, bold: bool, text: &str) {
        self.items.push(Item::Text { x, y, size, bold, muted: !bold, text: text.to_owned() });
    }
}

/// The items of a ticket.
pub(super) fn layout(sheet: &Sheet) -> Vec<Item> {
    let mut desk = Desk { items: Vec::new(), y: 0.0 };
    desk.at(MARGIN, 10.5, 3.0, false, "Ticket");
    let reference = width(&sheet.reference, true, 3.6);
    desk.at(PAGE_WIDTH - MARGIN - reference, 10.5, 3.6, true, &sheet.reference);
    desk.items.push(Item::Rule { y: 13.5 });
    desk.y = 14.5;
    desk.text(&sheet.title, TITLE_SIZE, true, false, 2);
    desk.y += 2.0;
    desk.text(&sheet.day, 4.0, true, false, 1);
    desk.text(&sheet.time, 4.0, true, false, 1);
    desk.y += 1.0;
    desk.text(&sheet.theatre, 3.4, false, false, 1);
    desk.text(&sheet.address, 3.4, false, true, 1);
    let y = desk.y + 4.0;
    desk.items.push(Item::Rule { y });
    let columns = [
        ("Screen", &sheet.screen, 0.0, 44.0),
        ("Row", &sheet.row, 48.0, 16.0),
        ("Seat", &sheet.number, 68.0, 19.0),
    ];
    for (name, value, x, widest) in columns {
        desk.at(MARGIN + x, y + 5.0, 2.8, false, name);
        let size =
            [6.0, 4.6, 3.4].into_iter().find(|size| width(value, true, *size) <= widest).unwrap_or(3.4);
        let value = lines(value, true, size, widest, 1).remove(0);
        desk.at(MARGIN + x, y + 11.5, size, true, &value);
    }
    let price = format!("{} · {}", sheet.category, sheet.price);
    desk.at(MARGIN, y + 17.0, 3.2, false, &lines(&price, false, 3.2, INNER, 1).remove(0));
    let code_y = PAGE_HEIGHT - CODE_SIZE - 9.0;
    desk.items.push(Item::Code { x: (PAGE_WIDTH - CODE_SIZE) / 2.0, y: code_y, size: CODE_SIZE });
    let note = format!("Seat {}. Lets one person in, once.", sheet.seat);
    let x = (PAGE_WIDTH - width(&note, false, 2.8)) / 2.0;
    desk.at(x, PAGE_HEIGHT - 6.0, 2.8, false, &note);
    desk.items
}

#[cfg(test)]
mod tests {
    use super::super::sheet::samples;
    use super::*;

    #[test]
    fn nothing_leaves_the_page_and_nothing_covers_the_code() {
        let long = "Überlänge ".repeat(30);
        let every_field_long = Sheet {
            title: long.clone(),
            day: long.clone(),
            time: long.clone(),
            theatre: long.clone(),
            address: long.clone(),
            screen: long.clone(),
            row: long.clone(),
            number: long.clone(),
            category: long,
            ..samples::sheet()
        };
        for sheet in [samples::sheet(), every_field_long] {
            let items = layout(&sheet);
            let code_top = PAGE_HEIGHT - CODE_SIZE - 9.0;
            for item in &items {
                let Item::Text { x, y, size, bold, text, .. } = item else { continue };
                assert!(*x >= MARGIN - 0.1 || *y > code_top + CODE_SIZE, "{text}");
                assert!(x + width(text, *bold, *size) <= PAGE_WIDTH - MARGIN + 0.1, "{text}");
                assert!(*y < code_top || *y > code_top + CODE_SIZE, "{text} at {y}");
            }
        }
    }
}
