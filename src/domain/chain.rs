//! The chain of an agreement's reports: what it takes to believe that none was changed, removed or put elsewhere.
//!
//! Reports of an agreement are numbered 1, 2, 3, … in the order in which they were issued. The bytes of each name its
//! number and the SHA-256 of the bytes before it, so `hash(n)` depends on every report up to `n`; the hash of the newest
//! is kept beside the chain (its *head*), so that the newest cannot vanish unseen either. [`check`] compares what the
//! bytes claim with what was recorded and with what the bytes come to.
//!
//! ```
//! use nines::domain::chain::{Digest, Head, Link, check};
//! let first = Digest::of(b"report 1");
//! let second = Digest::of(b"report 2");
//! let link = |number, previous, digest| Link { number, claims: Some((number, previous)), recorded: Some(digest), digest };
//! let chain = [link(1, None, first), link(2, Some(first), second)];
//! let head = Head { number: 2, digest: Some(second) };
//! assert!(check(&chain, head).is_empty());
//! assert_eq!(check(&chain[..1], head)[0].to_string(), "report no. 2 is missing");
//! ```

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The SHA-256 of a report's bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes (FIPS 180-4).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads what [`Display`](fmt::Display) writes, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.bytes().map(digit).collect::<Option<_>>()?;
        let bytes: Vec<u8> =
            digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, one| byte << 4 | one)).collect();
        (digits.len() == 64).then(|| bytes.try_into().ok()).flatten().map(Self)
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One report as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number that it is kept under.
    pub number: i64,
    /// The number and the previous digest that its bytes claim; nothing in a report older than the chain, or in bytes that
    /// are no report any more.
    pub claims: Option<(i64, Option<Digest>)>,
    /// The digest that was recorded when it was issued; nothing for a report older than the chain.
    pub recorded: Option<Digest>,
    /// The digest of its bytes now.
    pub digest: Digest,
}

/// The newest report of a chain, as it was recorded beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 for a chain without a report.
    pub number: i64,
    /// Its digest; nothing if it is older than the chain.
    pub digest: Option<Digest>,
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// There is no report with this number.
    Missing(i64),
    /// Its bytes are not those that were recorded.
    Changed {
        /// Its number.
        number: i64,
        /// What was recorded.
        recorded: Digest,
        /// What the bytes come to.
        found: Digest,
    },
    /// Its bytes do not say which place they have in the chain.
    Silent(i64),
    /// Its bytes claim another number than it is kept under.
    Renumbered {
        /// The number that it is kept under.
        number: i64,
        /// The number that its bytes claim.
        claimed: i64,
    },
    /// Its bytes follow another report than the one that stands before it.
    Unlinked(i64),
    /// It is newer than the newest that was recorded.
    Unrecorded(i64),
    /// The newest report is another than the newest that was recorded.
    OtherHead(i64),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(number) => write!(f, "report no. {number} is missing"),
            Self::Changed { number, recorded, found } => write!(
                f,
                "report no. {number} was changed after it was issued: its SHA-256 is {found}, and {recorded} was recorded"
            ),
            Self::Silent(number) => write!(f, "report no. {number} does not name its place in the chain"),
            Self::Renumbered { number, claimed } => {
                write!(f, "report no. {number} says of itself that it is no. {claimed}: reports changed places")
            }
            Self::Unlinked(number) => write!(
                f,
                "report no. {number} does not follow the report before it: one of the two was changed or exchanged"
            ),
            Self::Unrecorded(number) => write!(f, "report no. {number} was added without being recorded"),
            Self::OtherHead(number) => {
                write!(f, "report no. {number} is not the one that was recorded as the newest")
            }
        }
    }
}

/// Everything that is wrong with a chain, by number. `links` may come in any order; reports older than the chain (without
/// a recorded digest) may stand at its beginning only.
#[must_use]
pub fn check(links: &[Link], head: Head) -> Vec<Broken> {
    let by_number: BTreeMap<i64, &Link> = links.iter().map(|link| (link.number, link)).collect();
    let mut broken = Vec::new();
    let mut chain_begun = false;
    for number in 1..=head.number {
        match by_number.get(&number) {
            None => broken.push(Broken::Missing(number)),
            Some(link) => {
                chain_begun = chain_begun || link.recorded.is_some() || link.claims.is_some();
                if chain_begun {
                    broken.extend(check_link(link, by_number.get(&(number - 1)).copied()));
                }
            }
        }
    }
    broken
        .extend(by_number.keys().filter(|number| !(1..=head.number).contains(*number)).map(|n| Broken::Unrecorded(*n)));
    let newest = by_number.get(&head.number).map(|link| link.recorded.unwrap_or(link.digest));
    if let (Some(newest), Some(digest)) = (newest, head.digest)
        && newest != digest
    {
        broken.push(Broken::OtherHead(head.number));
    }
    broken
}

/// What is wrong with one report that has a place in the chain, as far as the one before it can tell.
#[must_use]
pub fn check_link(link: &Link, before: Option<&Link>) -> Vec<Broken> {
    let mut broken = Vec::new();
    let number = link.number;
    match link.recorded {
        Some(recorded) if recorded != link.digest => {
            broken.push(Broken::Changed { number, recorded, found: link.digest });
        }
        Some(_) => {}
        None => broken.push(Broken::Unrecorded(number)),
    }
    let Some((claimed, previous)) = link.claims else {
        broken.push(Broken::Silent(number));
        return broken;
    };
    if claimed != number {
        broken.push(Broken::Renumbered { number, claimed });
    }
    // the report before may itself be missing, which is said once
    let follows = match before {
        Some(before) => previous == Some(before.recorded.unwrap_or(before.digest)),
        None => number > 1 || previous.is_none(),
    };
    if !follows {
        broken.push(Broken::Unlinked(number));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector "abc" of FIPS 180-4.
    #[test]
    fn a_digest_is_sha_256_in_hexadecimal_and_reads_itself_back() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), text);
        assert_eq!(Digest::parse(text), Some(Digest::of(b"abc")));
        for wrong in ["", "ba", &text[1..], &format!("{text}0"), &text.to_uppercase(), &text.replace('b', "g")] {
            assert_eq!(Digest::parse(wrong), None, "{wrong}");
        }
    }

    fn chain(length: i64) -> (Vec<Link>, Head) {
        let mut links: Vec<Link> = Vec::new();
        for number in 1..=length {
            let previous = links.last().map(|link| link.digest);
            let digest = Digest::of(format!("{number} after {previous:?}").as_bytes());
            links.push(Link { number, claims: Some((number, previous)), recorded: Some(digest), digest });
        }
        let head = Head { number: length, digest: links.last().map(|link| link.digest) };
        (links, head)
    }

    #[test]
    fn an_untouched_chain_is_whole_in_any_order_and_an_empty_one_too() {
        let (mut links, head) = chain(5);
        links.reverse();
        assert_eq!(check(&links, head), []);
        assert_eq!(check(&[], Head::default()), []);
    }

    #[test]
    fn every_removed_report_is_missed_the_newest_and_the_first_too() {
        let (links, head) = chain(4);
        for gone in 0..4 {
            let mut left = links.clone();
            left.remove(gone);
            let number = links[gone].number;
            assert_eq!(check(&left, head), [Broken::Missing(number)]);
        }
        // and if those after it are moved up, they say so themselves
        let mut left = links;
        left.remove(1);
        left[1].number = 2;
        left[2].number = 3;
        let broken = check(&left, Head { number: 3, ..head });
        assert!(
            broken.contains(&Broken::Renumbered { number: 2, claimed: 3 }) && broken.contains(&Broken::Unlinked(2))
        );
    }

    #[test]
    fn two_reports_that_change_places_are_told() {
        let (links, head) = chain(4);
        for (a, b) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            let mut moved = links.clone();
            (moved[a].number, moved[b].number) = (links[b].number, links[a].number);
            let broken = check(&moved, head);
            assert!(broken.iter().filter(|one| matches!(one, Broken::Renumbered { .. })).count() == 2, "{broken:?}");
        }
    }

    /// Somebody changes a report and its recorded digest alike: the next one still names the old digest, or the head does.
    #[test]
    fn a_change_that_is_recorded_too_breaks_the_link_after_it() {
        let (links, head) = chain(3);
        let forged = Digest::of(b"forged");
        for at in 0..3 {
            let mut left = links.clone();
            (left[at].digest, left[at].recorded) = (forged, Some(forged));
            let expected = if at < 2 { Broken::Unlinked(links[at + 1].number) } else { Broken::OtherHead(3) };
            assert_eq!(check(&left, head), [expected]);
            let mut left = links.clone();
            left[at].digest = forged;
            assert!(matches!(check(&left, head)[..], [Broken::Changed { .. }]), "unrecorded, it is told at once");
        }
    }

    #[test]
    fn reports_older_than_the_chain_stand_before_it_and_nowhere_else() {
        let old = Digest::of(b"old");
        let first = Digest::of(b"first");
        let links = [
            Link { number: 1, claims: None, recorded: None, digest: old },
            Link { number: 2, claims: Some((2, Some(old))), recorded: Some(first), digest: first },
            Link { number: 3, claims: None, recorded: None, digest: Digest::of(b"smuggled in") },
        ];
        assert_eq!(check(&links[..2], Head { number: 2, digest: Some(first) }), []);
        let broken = check(&links, Head { number: 3, digest: None });
        assert_eq!(broken, [Broken::Unrecorded(3), Broken::Silent(3)]);
        let more = [links[0], links[1], Link { number: 3, ..links[1] }];
        assert_eq!(check(&more, Head { number: 2, digest: Some(first) }), [Broken::Unrecorded(3)]);
    }
}
