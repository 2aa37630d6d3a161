//! The line: what a drop's first second is made of, a million in line, and many who listen.

pub mod million;
pub mod streams;
pub mod visits;
