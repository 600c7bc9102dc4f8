//! What the values are, and how the value axis writes them.

use crate::language;

/// What the values of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Percentages as people read them: 99.95 is `99.95 %`.
    Percent,
    /// A multiple, such as a burn rate: `14.4×`.
    Factor,
    /// A count.
    Events,
    /// A duration in seconds, written in the unit that suits its size.
    Seconds,
}

/// How one axis writes its values: divided by `divisor`, followed by `suffix`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Notation {
    /// What one of the shown unit is worth.
    pub divisor: f64,
    /// Sign or abbreviation, with its leading space.
    pub suffix: &'static str,
}

impl Unit {
    /// The notation that suits an axis whose largest distance from zero is `largest`.
    pub(super) fn notation(self, largest: f64) -> Notation {
        // Each from the size at which at least three of it fit on the axis.
        const SECONDS: [(f64, f64, &str); 5] = [
            (3.0 * 86_400.0, 86_400.0, " d"),
            (3.0 * 3_600.0, 3_600.0, " h"),
            (180.0, 60.0, " min"),
            (1.0, 1.0, " s"),
            (0.0, 0.001, " ms"),
        ];
        const EVENTS: [(f64, f64, &str); 4] = [(1e10, 1e9, " bn"), (1e7, 1e6, " M"), (1e4, 1e3, " k"), (0.0, 1.0, "")];
        let pick = |table: &[(f64, f64, &'static str)]| {
            let row = table.iter().find(|(from, ..)| largest >= *from);
            row.map_or(Notation { divisor: 1.0, suffix: "" }, |&(_, divisor, suffix)| Notation { divisor, suffix })
        };
        match self {
            Self::Percent => Notation { divisor: 1.0, suffix: " %" },
            Self::Factor => Notation { divisor: 1.0, suffix: "×" },
            Self::Events => pick(&EVENTS),
            Self::Seconds => pick(&SECONDS),
        }
    }

    /// The finest step that means something, in the unit itself.
    pub(super) const fn least_step(self) -> f64 {
        match self {
            Self::Percent | Self::Factor | Self::Seconds => 1e-6,
            Self::Events => 1.0,
        }
    }
}

impl Notation {
    /// The label of `value` with that many decimals: `99.95 %`, `−20 %`, `1,500`.
    pub(super) fn label(&self, value: f64, decimals: usize) -> String {
        let digits = format!("{:.decimals$}", (value / self.divisor).abs());
        let (whole, fraction) = digits.split_once('.').map_or((digits.as_str(), ""), |(w, f)| (w, f));
        let is_zero = digits.bytes().all(|b| matches!(b, b'0' | b'.'));
        // "0 k" says nothing that "0" does not; a zero of a measure keeps its unit.
        let suffix = if is_zero && matches!(self.suffix, " k" | " M" | " bn") { "" } else { self.suffix };
        let sign = if value < 0.0 && !is_zero { "−" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        let number = format!("{sign}{}{point}{fraction}", with_thousands(whole));
        match suffix {
            " d" | " h" | " min" | " s" => language::counted(&number, suffix.trim_start()),
            _ => format!("{number}{suffix}"),
        }
    }
}

fn with_thousands(digits: &str) -> String {
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_people_read_them() {
        let label = |unit: Unit, largest, value, decimals| unit.notation(largest).label(value, decimals);
        assert_eq!(label(Unit::Percent, 100.0, 99.95, 2), "99.95 %");
        assert_eq!(label(Unit::Percent, 100.0, -20.0, 0), "−20 %");
        assert_eq!(label(Unit::Percent, 100.0, -0.001, 0), "0 %", "no negative zero");
        assert_eq!(label(Unit::Factor, 20.0, 14.4, 1), "14.4×");
        assert_eq!(label(Unit::Events, 9_999.0, 1_500.0, 0), "1,500");
        assert_eq!(label(Unit::Events, 20_000.0, 15_000.0, 0), "15 k");
        assert_eq!(label(Unit::Seconds, 0.4, 0.25, 0), "250 ms");
        assert_eq!(label(Unit::Seconds, 600.0, 300.0, 0), "5 min");
        assert_eq!(label(Unit::Seconds, 1e6, 172_800.0, 0), "2 d");
    }
}
