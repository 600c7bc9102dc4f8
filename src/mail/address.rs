//! Our addresses as lettre's.

use crate::domain::model::EmailAddress;
use lettre::Address;

/// The address with its domain in ASCII, as every server understands it; the reason if lettre refuses it.
pub(super) fn address(address: &EmailAddress) -> Result<Address, String> {
    let (local, domain) = address.as_str().rsplit_once('@').unwrap_or((address.as_str(), ""));
    let domain = url::Host::parse(domain).map_err(|error| format!("its domain is not valid: {error}"))?;
    Address::new(local, domain.to_string()).map_err(|error| format!("it is not valid: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_of_any_language_become_ascii() {
        let of = |text: &str| address(&EmailAddress::parse(text).unwrap()).map(|a| a.to_string());
        assert_eq!(of("anna@bücher.example").unwrap(), "anna@xn--bcher-kva.example");
        assert_eq!(of("anna+sla@Example.ORG").unwrap(), "anna+sla@example.org");
        assert_eq!(of("root@localhost").unwrap(), "root@localhost");
        assert!(of("a..b@example.org").unwrap_err().contains("not valid"));
    }
}
