//! Credits as people type them into a form, and back in one canonical spelling.

use super::{Claim, Credit, Money, MoneyError, TIERS_MAX, Tier};
use crate::domain::target::{TargetError, WHOLE_PPM, percent_to_ppm, ppm_to_percent};
use crate::language::say;
use thiserror::Error;

/// The fields of a form about credits; a blank one says that nothing was agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditTexts {
    /// One tier a line, or between commas: `99.9: 10, 99: 25`, also `< 99.9 % → 10 %`.
    pub tiers: String,
    /// The most that is credited: `50 %`.
    pub cap: String,
    /// The monthly fee: `1,200.00 EUR`.
    pub fee: String,
    /// Until when a credit can be claimed: `30 days`, `2 periods`.
    pub claim: String,
}

/// A field of [`CreditTexts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditPart {
    /// The tiers.
    Tiers,
    /// The cap.
    Cap,
    /// The monthly fee.
    Fee,
    /// The claim deadline.
    Claim,
}

/// Why something is no credit; each sentence says the mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreditError {
    /// No tier, but something else.
    #[error("{}", say!("write at least one credit tier, such as 99.9: 10 (below 99.9 %, 10 % of the fee)"))]
    NoTiers,
    /// More tiers than a contract has.
    #[error("{}", say!("at most {most} credit tiers count here; leave out those that differ least", TIERS_MAX))]
    TooManyTiers,
    /// Not two percentages.
    #[error("{}", say!("“{tier}” is no credit tier; write the share below which it applies, a colon and the credit: 99.9: 10", .0))]
    NotATier(String),
    /// More digits than a millionth.
    #[error("{}", say!("the credit tier “{tier}” has a percentage with more than four decimals; round it to four", .0))]
    TooFine(String),
    /// A percentage out of its range.
    #[error("{}", say!("the credit tier “{tier}” needs two percentages above 0 and up to 100", .0))]
    NoShare(String),
    /// Two tiers with the same share.
    #[error("{}", say!("two credit tiers apply below {share} %; keep one of them", ppm_to_percent(*.below_ppm)))]
    Twice {
        /// The share, in parts per million.
        below_ppm: i64,
    },
    /// A higher share after a lower one.
    #[error("{}", say!("write the credit tiers from the highest share to the lowest: {higher} % comes before {lower} %", ppm_to_percent(.after.below_ppm), ppm_to_percent(.before.below_ppm)))]
    Order {
        /// The tier that stands first.
        before: Tier,
        /// The tier that stands after it.
        after: Tier,
    },
    /// A worse tier that credits no more.
    #[error("{}", say!("the credit tier below {share} % must credit more than {credit} %, which is credited below {higher} % already", ppm_to_percent(.after.below_ppm), ppm_to_percent(.before.credit_ppm), ppm_to_percent(.before.below_ppm)))]
    CreditsNoMore {
        /// The tier with the higher share.
        before: Tier,
        /// The tier with the lower share.
        after: Tier,
    },
    /// The cap is no percentage.
    #[error("{}", say!("write the cap as a percentage of the fee above 0 and up to 100, such as 50 %, or leave it empty"))]
    Cap,
    /// The fee is no amount.
    #[error("{}", say!("monthly fee: {problem}", .0))]
    Fee(#[from] MoneyError),
    /// The claim deadline is none.
    #[error("{}", say!("write the claim deadline as days or periods after the period, such as 30 days (3,660 at most) or 2 periods \
         (120 at most), or leave it empty"))]
    Claim,
}

impl CreditError {
    /// The field that has to be mended.
    #[must_use]
    pub const fn part(&self) -> CreditPart {
        match self {
            Self::Cap => CreditPart::Cap,
            Self::Fee(_) => CreditPart::Fee,
            Self::Claim => CreditPart::Claim,
            _ => CreditPart::Tiers,
        }
    }
}

/// See [`Credit::parse`].
pub(super) fn read(texts: &CreditTexts) -> Result<Option<Credit>, Vec<CreditError>> {
    let blank = |text: &str| text.trim().is_empty();
    let all = [&texts.tiers, &texts.cap, &texts.fee, &texts.claim];
    if all.iter().all(|text| blank(text)) {
        return Ok(None);
    }
    let mut wrong = Vec::new();
    let tiers = tiers(&texts.tiers).map_err(|error| wrong.push(error));
    let mut optional = |text: &str, error: Option<CreditError>| {
        if !blank(text) {
            wrong.extend(error);
        }
    };
    let (cap, fee, claim) = (share(&texts.cap), Money::parse(&texts.fee), claim(&texts.claim));
    optional(&texts.cap, cap.is_none().then_some(CreditError::Cap));
    optional(&texts.fee, fee.err().map(CreditError::Fee));
    optional(&texts.claim, claim.is_none().then_some(CreditError::Claim));
    match tiers {
        Ok(tiers) if wrong.is_empty() => {
            Credit::new(tiers, cap, fee.ok(), claim).map(Some).map_err(|error| vec![error])
        }
        _ => Err(wrong),
    }
}

/// See [`Credit::texts`].
pub(super) fn write(credit: &Credit) -> CreditTexts {
    let tiers: Vec<String> = credit.tiers.iter().map(|tier| tier_text(*tier)).collect();
    let counted = |n: i64, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    CreditTexts {
        tiers: tiers.join(", "),
        cap: credit.cap_ppm.map(|ppm| format!("{} %", ppm_to_percent(ppm))).unwrap_or_default(),
        fee: credit.fee.map(|fee| fee.to_string()).unwrap_or_default(),
        claim: match credit.claim {
            Some(Claim::Days(n)) => counted(n, "day"),
            Some(Claim::Periods(n)) => counted(n, "period"),
            None => String::new(),
        },
    }
}

/// A tier as a form shows it: `99.9: 10`.
pub(super) fn tier_text(tier: Tier) -> String {
    format!("{}: {}", ppm_to_percent(tier.below_ppm), ppm_to_percent(tier.credit_ppm))
}

/// Does the second of two neighbours follow the first?
pub(super) fn check_order(before: Tier, after: Tier) -> Result<(), CreditError> {
    if before.below_ppm == after.below_ppm {
        Err(CreditError::Twice { below_ppm: after.below_ppm })
    } else if before.below_ppm < after.below_ppm {
        Err(CreditError::Order { before, after })
    } else if before.credit_ppm >= after.credit_ppm {
        Err(CreditError::CreditsNoMore { before, after })
    } else {
        Ok(())
    }
}

fn tiers(text: &str) -> Result<Vec<Tier>, CreditError> {
    let text = text.replace("→", ":").replace("->", ":").replace("=>", ":");
    let mut tiers = Vec::new();
    for line in text.split(['\n', ';']) {
        for piece in pieces(line) {
            let piece = piece.trim().trim_end_matches(',').trim_end();
            if !piece.is_empty() {
                tiers.push(tier(piece)?);
            }
        }
    }
    tiers.windows(2).try_for_each(|pair| match pair {
        [before, after] => check_order(*before, *after),
        _ => Ok(()),
    })?;
    match tiers.len() {
        0 => Err(CreditError::NoTiers),
        1..=TIERS_MAX => Ok(tiers),
        _ => Err(CreditError::TooManyTiers),
    }
}

/// The tiers of a line. A comma before a blank parts two of them; one between digits does so only where there is more
/// than one colon, for otherwise it is a decimal comma.
fn pieces(line: &str) -> Vec<&str> {
    let part =
        |piece| if str::matches(piece, ':').count() > 1 { str::split(piece, ',').collect() } else { vec![piece] };
    line.split(", ").flat_map(part).collect()
}

fn tier(piece: &str) -> Result<Tier, CreditError> {
    let shown = || piece.chars().take(40).collect::<String>();
    let (below, credit) = piece.split_once(':').ok_or_else(|| CreditError::NotATier(shown()))?;
    let below = below.trim();
    let below = below.strip_prefix('<').or_else(|| below.strip_prefix("below")).unwrap_or(below);
    let ppm = |text: &str| match percent_to_ppm(text) {
        Ok(ppm) if (1..=WHOLE_PPM).contains(&ppm) => Ok(ppm),
        Ok(_) => Err(CreditError::NoShare(shown())),
        Err(TargetError::TooFine) => Err(CreditError::TooFine(shown())),
        Err(_) => Err(CreditError::NotATier(shown())),
    };
    Ok(Tier { below_ppm: ppm(below)?, credit_ppm: ppm(credit)? })
}

fn share(text: &str) -> Option<i64> {
    percent_to_ppm(text).ok().filter(|ppm| (1..=WHOLE_PPM).contains(ppm))
}

fn claim(text: &str) -> Option<Claim> {
    let text = text.trim();
    let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let count: i64 = count.parse().ok()?;
    match unit.trim() {
        "d" | "day" | "days" => (1..=3660).contains(&count).then_some(Claim::Days(count)),
        "w" | "week" | "weeks" => (1..=500).contains(&count).then_some(Claim::Days(count * 7)),
        "period" | "periods" => (1..=120).contains(&count).then_some(Claim::Periods(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(tiers: &str, cap: &str, fee: &str, claim: &str) -> CreditTexts {
        let [tiers, cap, fee, claim] = [tiers, cap, fee, claim].map(str::to_owned);
        CreditTexts { tiers, cap, fee, claim }
    }

    #[test]
    fn tiers_are_read_in_every_spelling() {
        let canonical = texts("99.9: 10, 99: 25, 95: 100", "", "", "");
        for spelling in [
            "99.9: 10, 99.0: 25, 95.0: 100",
            "99.9:10,99.0:25,95:100",
            "99.9: 10\n99: 25\n\n95: 100\n",
            "< 99.9 % → 10 %\r\n< 99 % → 25 %\r\n< 95 % → 100 %",
            "below 99.9 % -> 10 %; below 99 -> 25; 95 => 100",
            "99,9: 10, 99,0: 25, 95: 100,",
        ] {
            let credit = Credit::parse(&texts(spelling, "", "", "")).unwrap_or_else(|e| panic!("{spelling:?}: {e:?}"));
            assert_eq!(credit.unwrap().texts(), canonical, "{spelling:?}");
        }
        let whole = Credit::parse(&texts("100: 10, 99,99: 25", " 12,5 ", "1200 eur", "2w")).unwrap().unwrap();
        assert_eq!(whole.texts(), texts("100: 10, 99.99: 25", "12.5 %", "1,200.00 EUR", "14 days"));
        assert_eq!(Credit::parse(&texts(" \n", " ", "", "")), Ok(None), "nothing was agreed");
    }

    #[test]
    fn a_mistake_names_its_part_and_the_mend() {
        let tier = |below_ppm, credit_ppm| Tier { below_ppm, credit_ppm };
        let shown = |text: &str| text.to_owned();
        for (text, error) in [
            ("99.9", CreditError::NotATier(shown("99.9"))),
            ("99.9: ten", CreditError::NotATier(shown("99.9: ten"))),
            ("<= 99.9: 10", CreditError::NotATier(shown("<= 99.9: 10"))),
            ("99,9:10,99,0:25", CreditError::NotATier(shown("99"))),
            ("99.9: 10: 20", CreditError::NotATier(shown("99.9: 10: 20"))),
            ("99.99999: 10", CreditError::TooFine(shown("99.99999: 10"))),
            ("99.9: 0", CreditError::NoShare(shown("99.9: 0"))),
            ("101: 10", CreditError::NoShare(shown("101: 10"))),
            ("99.9: 10, 99.90: 25", CreditError::Twice { below_ppm: 999_000 }),
            ("95: 10, 99: 25", CreditError::Order { before: tier(950_000, 100_000), after: tier(990_000, 250_000) }),
            (
                "99: 25, 95: 25",
                CreditError::CreditsNoMore { before: tier(990_000, 250_000), after: tier(950_000, 250_000) },
            ),
        ] {
            assert_eq!(Credit::parse(&texts(text, "", "", "")), Err(vec![error]), "{text:?}");
        }
        let order = Credit::parse(&texts("95: 10, 99: 25", "", "", "")).unwrap_err();
        assert_eq!(
            order[0].to_string(),
            "write the credit tiers from the highest share to the lowest: 99 % comes before 95 %"
        );
        let many: Vec<String> = (1..=21).map(|n| format!("{}: {n}", 100 - n)).collect();
        assert_eq!(Credit::parse(&texts(&many.join("\n"), "", "", "")), Err(vec![CreditError::TooManyTiers]));
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let wrong = Credit::parse(&texts("", "0 %", "12", "soon")).unwrap_err();
        assert_eq!(
            wrong,
            [CreditError::NoTiers, CreditError::Cap, CreditError::Fee(MoneyError::NoCurrency), CreditError::Claim]
        );
        let parts: Vec<_> = wrong.iter().map(CreditError::part).collect();
        assert_eq!(parts, [CreditPart::Tiers, CreditPart::Cap, CreditPart::Fee, CreditPart::Claim]);
        for claim in
            ["0 days", "3661 days", "121 periods", "30", "days", "-1 days", "2 months", "99999999999999999999 d"]
        {
            let wrong = Credit::parse(&texts("99: 1", "", "", claim));
            assert_eq!(wrong, Err(vec![CreditError::Claim]), "{claim:?}");
        }
    }

    proptest! {
        #[test]
        fn a_credit_reads_back_from_its_texts(credit in super::super::tests::credits()) {
            prop_assert_eq!(Credit::parse(&credit.texts()), Ok(Some(credit)));
        }

        #[test]
        fn no_text_panics(tiers in "[0-9.,:<%→ \n;-]{0,30}", other in ".{0,12}") {
            if let Ok(Some(credit)) = Credit::parse(&texts(&tiers, &other, &other, &other)) {
                prop_assert_eq!(Credit::parse(&credit.texts()), Ok(Some(credit)));
            }
            let _ = Credit::parse(&texts(&tiers, "", "", ""));
        }
    }
}
