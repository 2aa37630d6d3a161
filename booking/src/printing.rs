//! What a ticket looks like where it leaves the screen's hands: as a picture, on paper, in a calendar. One layout in
//! millimetres is drawn by two pens, so that the picture and the paper say the same.

pub mod calendar;
pub mod code;
mod layout;
mod pdf;
pub mod sheet;
mod svg;
mod type_size;

pub use pdf::pdf;
pub use sheet::{Sheet, readable};
pub use svg::{code_svg, svg};
