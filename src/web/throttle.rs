//! How often somebody may try to sign in, per client address and per account, and look at what is shared.
//!
//! Both are leaky buckets that follow our own clock. The tables are bounded: what has not been seen lately is dropped,
//! and when a flood of addresses fills them all the same, new ones wait like everybody who tried too often.

use crate::clock::Clock;
use crate::web::client;
use governor::clock::Reference as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest, Sha256};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Tries in a row, and how long one of them takes to come back.
const PER_ADDRESS: (NonZeroU32, Duration) = (NonZeroU32::new(20).unwrap(), Duration::from_secs(15));
const PER_ACCOUNT: (NonZeroU32, Duration) = (NonZeroU32::new(8).unwrap(), Duration::from_secs(30));
/// Pages for people without an account: many of them may sit behind one address.
const PER_STRANGER: (NonZeroU32, Duration) = (NonZeroU32::new(120).unwrap(), Duration::from_millis(500));
/// How many addresses, and how many accounts, are remembered at most.
const MOST_KEYS: usize = 20_000;

/// Our clock, as the limiter wants it.
#[derive(Clone, Debug)]
struct Pace(Clock);

impl governor::clock::Clock for Pace {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_secs(u64::try_from(self.0.now().seconds()).unwrap_or_default()))
    }
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Pace, NoOpMiddleware<Nanos>>;

/// Counts tries; clones count together.
#[derive(Clone)]
pub struct Throttle(Arc<Inner>);

struct Inner {
    pace: Pace,
    addresses: Limiter<IpAddr>,
    accounts: Limiter<[u8; 32]>,
    strangers: Limiter<IpAddr>,
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Throttle")
    }
}

/// Too many tries: how many seconds until the next one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// At least 1.
    pub wait_seconds: u64,
}

impl Throttle {
    /// Nobody has tried yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let pace = Pace(clock);
        let (addresses, accounts) = (limiter(PER_ADDRESS, &pace), limiter(PER_ACCOUNT, &pace));
        let strangers = limiter(PER_STRANGER, &pace);
        Self(Arc::new(Inner { pace, addresses, accounts, strangers }))
    }

    /// One more try from this address for this account, however the account's name is written.
    pub fn check(&self, address: IpAddr, account: &str) -> Result<(), TooMany> {
        let account = Sha256::digest(account.trim().to_lowercase().as_bytes()).into();
        self.take(&self.0.addresses, &client::neighbourhood(address))?;
        self.take(&self.0.accounts, &account)
    }

    /// One more try from this address where no account is named.
    pub fn check_address(&self, address: IpAddr) -> Result<(), TooMany> {
        self.take(&self.0.addresses, &client::neighbourhood(address))
    }

    /// One more look from this address at what is shared with people without an account.
    pub fn check_stranger(&self, address: IpAddr) -> Result<(), TooMany> {
        self.take(&self.0.strangers, &client::neighbourhood(address))
    }

    fn take<K: Clone + Eq + Hash>(&self, limiter: &Limiter<K>, key: &K) -> Result<(), TooMany> {
        if limiter.len() >= MOST_KEYS {
            limiter.retain_recent();
            limiter.shrink_to_fit();
            if limiter.len() >= MOST_KEYS {
                return Err(TooMany { wait_seconds: 60 });
            }
        }
        limiter.check_key(key).map_err(|no| {
            let now = governor::clock::Clock::now(&self.0.pace);
            let wait = Duration::from(no.earliest_possible().duration_since(now));
            TooMany { wait_seconds: wait.as_secs().max(1) }
        })
    }
}

fn limiter<K: Clone + Eq + Hash>((burst, back): (NonZeroU32, Duration), pace: &Pace) -> Limiter<K> {
    let quota = Quota::with_period(back).unwrap_or_else(|| Quota::per_minute(burst)).allow_burst(burst);
    RateLimiter::hashmap_with_clock(quota, pace.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Instant;

    fn throttle() -> (Throttle, Clock) {
        let clock = Clock::fixed(Instant::from_seconds(1_795_244_400));
        (Throttle::new(clock.clone()), clock)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_account_has_eight_tries_and_gets_one_back_every_thirty_seconds() {
        let (throttle, clock) = throttle();
        for host in 1..=8 {
            assert_eq!(throttle.check(ip(&format!("198.51.100.{host}")), "ana@example.org"), Ok(()));
        }
        let ninth = throttle.check(ip("198.51.100.9"), " Ana@Example.org ");
        assert_eq!(ninth, Err(TooMany { wait_seconds: 30 }));
        clock.advance(29);
        assert_eq!(throttle.check(ip("198.51.100.9"), "ana@example.org"), Err(TooMany { wait_seconds: 1 }));
        clock.advance(1);
        assert_eq!(throttle.check(ip("198.51.100.9"), "ana@example.org"), Ok(()));
        assert!(throttle.check(ip("198.51.100.9"), "ana@example.org").is_err());
    }

    #[test]
    fn an_address_has_twenty_tries_whatever_the_accounts() {
        let (throttle, _) = throttle();
        for n in 0..20 {
            assert_eq!(throttle.check(ip(&format!("2001:db8::{n}")), &format!("user{n}@example.org")), Ok(()));
        }
        assert!(throttle.check(ip("2001:db8::ffff"), "user21@example.org").is_err(), "the same /64");
        assert_eq!(throttle.check(ip("2001:db8:0:1::1"), "user21@example.org"), Ok(()), "another /64");
    }

    #[test]
    fn a_flood_of_addresses_fills_no_memory_and_does_not_last() {
        let (throttle, clock) = throttle();
        let address = |n: u32| IpAddr::from(std::net::Ipv4Addr::from(0x0b00_0000 + n));
        for n in 0..u32::try_from(MOST_KEYS).unwrap() {
            throttle.check_address(address(n)).unwrap();
        }
        assert_eq!(throttle.check_address(ip("198.51.100.1")), Err(TooMany { wait_seconds: 60 }));
        clock.advance(3_600);
        assert_eq!(throttle.check_address(ip("198.51.100.1")), Ok(()));
        assert_eq!(throttle.0.addresses.len(), 1, "the forgotten ones are gone");
    }
}
