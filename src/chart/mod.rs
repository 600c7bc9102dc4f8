//! Draws a series as SVG (pages) or PNG (mail).

mod fit;
mod font;
mod thin;
mod time_axis;
mod unit;
mod value_axis;

pub use unit::Unit;
