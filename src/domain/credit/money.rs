//! Money in the smallest coin of its currency, as people write it.
//!
//! `1,200.00 EUR` is 120 000 cents. A comma before exactly three digits groups thousands, as in British English; a
//! comma that cannot do so is a decimal comma (`1.200,50 EUR`, `12,50 EUR`). What is left ambiguous is refused:
//! `1.200 EUR` has more decimals than the euro, and is neither 1.20 nor 1,200.

use crate::domain::wording;
use crate::language::say;
use std::fmt;
use thiserror::Error;

/// More smallest coins than any monthly fee has, so that a year of it still fits 64 bits.
const MINOR_MAX: i64 = 1_000_000_000_000_000;

/// Currencies without decimals, by ISO 4217.
const NO_DECIMALS: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies with three decimals, by ISO 4217.
const THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// A currency, by the three letters of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Three Latin letters, in either case. A currency need not be known here.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Self(letters.map(|b| b.to_ascii_uppercase())))
    }

    /// The three letters: `EUR`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals an amount has: EUR 2, JPY 0, KWD 3; 2 for one that is not known here.
    #[must_use]
    pub fn decimals(&self) -> usize {
        match self.code() {
            code if NO_DECIMALS.contains(&code) => 0,
            code if THREE_DECIMALS.contains(&code) => 3,
            _ => 2,
        }
    }
}

/// An amount of money, 0 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a text is no amount; each sentence says the mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// No three letters before or after the number.
    #[error("{}", say!("name the currency with its three letters, such as 1,200.00 EUR"))]
    NoCurrency,
    /// The number is none.
    #[error("{}", say!("write the amount with a point before its decimals, such as 1,200.00 EUR"))]
    NotAnAmount,
    /// Zero is no fee.
    #[error("{}", say!("a fee of nothing has no share to credit; leave it empty, or write the monthly fee"))]
    Nothing,
    /// More decimals than the currency has.
    #[error("{}", say!("{currency} has {decimals} decimals, this amount has more; write twelve hundred as 1,200 and not as 1.200", .currency.code(), .decimals))]
    TooFine {
        /// The currency.
        currency: Currency,
        /// How many decimals it has.
        decimals: usize,
    },
    /// More than 10¹⁵ of the smallest coin.
    #[error("{}", say!("this fee is larger than Nines counts; check the number of its digits"))]
    TooLarge,
}

impl Money {
    /// So many of the smallest coin, 1 to 10¹⁵.
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        match minor {
            ..=0 => Err(MoneyError::Nothing),
            1..=MINOR_MAX => Ok(Self { minor, currency }),
            _ => Err(MoneyError::TooLarge),
        }
    }

    /// Reads `1,200.00 EUR`, `EUR 1200`, `1.200,50 EUR`, `1 200 EUR`.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let is_letter = |c: char| c.is_alphabetic();
        let (code, number) = if text.starts_with(is_letter) {
            text.split_at(text.find(|c| !is_letter(c)).unwrap_or(text.len()))
        } else {
            let (number, code) = text.split_at(text.find(is_letter).unwrap_or(text.len()));
            (code, number)
        };
        let currency = Currency::parse(code).ok_or(MoneyError::NoCurrency)?;
        Self::new(minor(number.trim(), currency)?, currency)
    }

    /// How many of the currency's smallest coin.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// So many of the smallest coin of the same currency; what is below 0 is 0.
    pub(super) fn with_minor(self, minor: i64) -> Self {
        Self { minor: minor.max(0), ..self }
    }
}

impl fmt::Display for Money {
    /// What [`Money::parse`] reads, with its thousands apart: `1,200.00 EUR`, `1,200 JPY`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let digits = format!("{:0>width$}", self.minor, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let whole = wording::grouped(whole);
        let point = if decimals == 0 { "" } else { "." };
        write!(f, "{whole}{point}{fraction} {}", self.currency.code())
    }
}

/// The number in smallest coins.
fn minor(number: &str, currency: Currency) -> Result<i64, MoneyError> {
    let decimals = currency.decimals();
    let mark = decimal_mark(number);
    let (whole, fraction) = mark.and_then(|mark| number.rsplit_once(mark)).unwrap_or((number, ""));
    let digits = ungrouped(whole).ok_or(MoneyError::NotAnAmount)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || (mark.is_some() && fraction.is_empty()) {
        return Err(MoneyError::NotAnAmount);
    }
    if fraction.len() > decimals {
        return Err(MoneyError::TooFine { currency, decimals });
    }
    format!("{digits}{fraction:0<decimals$}").parse().or(Err(MoneyError::TooLarge))
}

/// The sign between the whole part and the decimals, if there is one.
fn decimal_mark(number: &str) -> Option<char> {
    let last = number.rfind(['.', ',']).and_then(|at| number.get(at..))?;
    let mark = last.chars().next()?;
    let alone = number.matches(['.', ',']).count() == 1;
    let groups = number.matches(mark).count() > 1 || (alone && mark == ',' && last.len() == 4);
    (!groups).then_some(mark)
}

/// The digits of a whole number whose thousands may stand apart, all by the same sign.
fn ungrouped(whole: &str) -> Option<String> {
    let sign = whole.chars().find(|c| !c.is_ascii_digit());
    if sign.is_some_and(|sign| !matches!(sign, ',' | '.' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')) {
        return None;
    }
    let groups: Vec<&str> = sign.map_or_else(|| vec![whole], |sign| whole.split(sign).collect());
    let (first, rest) = groups.split_first()?;
    let digits = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let apart = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    (digits && apart).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, minor, canonical) in [
            ("1,200.00 EUR", 120_000, "1,200.00 EUR"),
            ("1200 eur", 120_000, "1,200.00 EUR"),
            ("EUR 1,200", 120_000, "1,200.00 EUR"),
            ("1.200,50 EUR", 120_050, "1,200.50 EUR"),
            ("1200,5 EUR", 120_050, "1,200.50 EUR"),
            ("1 200.5EUR", 120_050, "1,200.50 EUR"),
            ("1'234'567.89 CHF", 123_456_789, "1,234,567.89 CHF"),
            ("1,234,567 USD", 123_456_700, "1,234,567.00 USD"),
            ("0.05 EUR", 5, "0.05 EUR"),
            ("1,200 JPY", 1_200, "1,200 JPY"),
            ("1,200 KWD", 1_200_000, "1,200.000 KWD"),
            ("1.2 KWD", 1_200, "1.200 KWD"),
            ("7 XYZ", 700, "7.00 XYZ"),
        ] {
            let money = Money::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!((money.minor(), money.to_string().as_str()), (minor, canonical), "{text:?}");
        }
    }

    #[test]
    fn what_is_ambiguous_or_no_amount_is_refused() {
        let eur = Currency::parse("EUR").unwrap();
        let jpy = Currency::parse("JPY").unwrap();
        for (text, error) in [
            ("1.200 EUR", MoneyError::TooFine { currency: eur, decimals: 2 }),
            ("12.5 JPY", MoneyError::TooFine { currency: jpy, decimals: 0 }),
            ("1,2000 EUR", MoneyError::TooFine { currency: eur, decimals: 2 }),
            ("1200", MoneyError::NoCurrency),
            ("€ 1200", MoneyError::NoCurrency),
            ("1200 euro", MoneyError::NoCurrency),
            ("", MoneyError::NoCurrency),
            ("EUR", MoneyError::NotAnAmount),
            ("-5 EUR", MoneyError::NotAnAmount),
            ("12,00,000 EUR", MoneyError::NotAnAmount),
            ("1,2,3.00 EUR", MoneyError::NotAnAmount),
            ("1,200 300 EUR", MoneyError::NotAnAmount),
            ("12. EUR", MoneyError::NotAnAmount),
            ("0.00 EUR", MoneyError::Nothing),
            ("99999999999999999999 EUR", MoneyError::TooLarge),
            ("10,000,000,000,000.01 EUR", MoneyError::TooLarge),
        ] {
            assert_eq!(Money::parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_reads_back_from_its_text(minor in 1..=MINOR_MAX, code in "[A-Z]{3}|JPY|KWD|EUR") {
            let money = Money::new(minor, Currency::parse(&code).unwrap()).unwrap();
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}|[0-9., A-Z]{0,20}") {
            if let Ok(money) = Money::parse(&text) {
                prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
            }
        }
    }
}
