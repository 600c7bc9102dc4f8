//! Which addresses Nines connects to: the guard against being used to reach what only this machine can reach.
//!
//! Loopback and private ranges are allowed, because Prometheus lives there. Link-local addresses and the metadata
//! services of clouds give away credentials of the machine itself, so they are refused unless a source allows them.
//! An address that hides such an IPv4 address (mapped, NAT64, 6to4) counts as that address.

use crate::language::say;
use crate::source::SourceError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;

/// Metadata services outside the link-local ranges: Alibaba Cloud, Azure, Oracle Cloud, and AWS and Google Cloud over
/// IPv6.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Why a host is not connected to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Link-local or a metadata service: a source may allow it.
    #[error("{}", say!("{host} is a link-local address or a cloud's metadata service, which Nines does not connect to unless the source allows it", .host))]
    Guarded {
        /// As it was asked for, and the address behind a name.
        host: String,
    },
    /// Never the address of a server.
    #[error("{}", say!("{host} is not the address of a server; enter the address that the server listens on", .host))]
    NoServer {
        /// As it was asked for, and the address behind a name.
        host: String,
    },
    /// The name exists, but without an address.
    #[error("{}", say!("{host} has no address", .host))]
    NoAddress {
        /// The name.
        host: String,
    },
}

impl From<AddressError> for SourceError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::NoAddress { .. } => Self::Unreachable(error.to_string()),
            AddressError::Guarded { .. } | AddressError::NoServer { .. } => Self::Refused(error.to_string()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Guarded,
    NoServer,
}

/// May this address be connected to?
pub fn check(ip: IpAddr, allow_link_local: bool) -> Result<(), AddressError> {
    let host = || ip.to_string();
    match kind(ip) {
        Kind::NoServer => Err(AddressError::NoServer { host: host() }),
        Kind::Guarded if !allow_link_local => Err(AddressError::Guarded { host: host() }),
        Kind::Guarded | Kind::Open => Ok(()),
    }
}

/// The addresses of a name that may be connected to, in the resolver's order; refused if none is left.
pub fn admitted(
    name: &str,
    found: impl IntoIterator<Item = SocketAddr>,
    allow_link_local: bool,
) -> Result<Vec<SocketAddr>, AddressError> {
    let mut refused = None;
    let mut left = Vec::new();
    for address in found {
        match check(address.ip(), allow_link_local) {
            Ok(()) => left.push(address),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        _ if !left.is_empty() => Ok(left),
        None => Err(AddressError::NoAddress { host: name.to_owned() }),
        Some(error) => Err(named(name, error)),
    }
}

/// Says the name too, unless it is the address.
fn named(name: &str, error: AddressError) -> AddressError {
    let with = |host: String| if host == name { host } else { format!("{name} ({host})") };
    match error {
        AddressError::Guarded { host } => AddressError::Guarded { host: with(host) },
        AddressError::NoServer { host } => AddressError::NoServer { host: with(host) },
        AddressError::NoAddress { .. } => error,
    }
}

fn kind(ip: IpAddr) -> Kind {
    if METADATA.contains(&ip) {
        return Kind::Guarded;
    }
    match ip {
        IpAddr::V4(ip) if ip.is_link_local() => Kind::Guarded,
        IpAddr::V4(ip) if ip.octets().starts_with(&[0]) || ip.is_multicast() || ip.is_broadcast() => Kind::NoServer,
        IpAddr::V4(_) => Kind::Open,
        IpAddr::V6(ip) if ip.is_unspecified() || ip.is_multicast() => Kind::NoServer,
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Kind::Guarded,
        IpAddr::V6(ip) if ip.is_loopback() => Kind::Open,
        IpAddr::V6(ip) => hidden(ip).map_or(Kind::Open, |ip| kind(IpAddr::V4(ip))),
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped or compatible, NAT64, or 6to4.
fn hidden(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(ips: &[&str]) -> Vec<SocketAddr> {
        ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 80)).collect()
    }

    #[test]
    fn link_local_and_metadata_addresses_need_permission_in_every_spelling() {
        for text in [
            "169.254.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::ffff:100.100.100.200",
            "::ffff:168.63.129.16",
            "64:ff9b::c000:c0",
        ] {
            let ip = text.parse().unwrap();
            assert!(matches!(check(ip, false), Err(AddressError::Guarded { .. })), "{text}");
            assert_eq!(check(ip, true), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_whatever_is_allowed() {
        for text in
            ["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "255.255.255.255", "::", "ff02::1", "::ffff:0.0.0.0"]
        {
            assert!(matches!(check(text.parse().unwrap(), true), Err(AddressError::NoServer { .. })), "{text}");
        }
    }

    #[test]
    fn loopback_private_and_public_addresses_are_open() {
        for text in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.100.100.201",
            "168.63.129.17",
            "192.0.0.191",
            "169.253.255.255",
            "8.8.8.8",
            "::1",
            "fd00::1",
            "fec0::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "64:ff9b::808:808",
            "2002:a00:1::1",
        ] {
            assert_eq!(check(text.parse().unwrap(), false), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_name_keeps_its_open_addresses_and_is_refused_without_any() {
        let both = sockets(&["169.254.169.254", "10.0.0.1", "fe80::1"]);
        assert_eq!(admitted("db.example", both, false), Ok(sockets(&["10.0.0.1"])));
        let error = admitted("db.example", sockets(&["169.254.169.254"]), false).unwrap_err();
        assert_eq!(error, AddressError::Guarded { host: "db.example (169.254.169.254)".to_owned() });
        assert!(matches!(SourceError::from(error), SourceError::Refused(_)));
        let error = admitted("db.example", [], false).unwrap_err();
        assert_eq!(SourceError::from(error), SourceError::Unreachable("db.example has no address".to_owned()));
    }
}
