//! Addresses in logs and errors: enough to recognise one's own, not enough to write to.

use std::fmt::Write;

/// Text with every address in it masked: `550 <anna@example.org> unknown` is `550 <a…@example.org> unknown`.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if is_address_part(c) {
            word.push(c);
        } else {
            push_masked(&mut masked, &word);
            word.clear();
            masked.push(c);
        }
    }
    push_masked(&mut masked, &word);
    masked
}

fn is_address_part(c: char) -> bool {
    c.is_alphanumeric() || "@.!#$%&*+-/=?^_`{|}~'".contains(c)
}

fn push_masked(masked: &mut String, word: &str) {
    match word.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() => {
            let first: String = local.chars().take(1).collect();
            // writing to a String cannot fail
            _ = write!(masked, "{first}…@{domain}");
        }
        _ => masked.push_str(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("anna@example.org", "a…@example.org"),
            ("550 5.1.1 <Anna.Berg+sla@mail.example.org>: unknown", "550 5.1.1 <A…@mail.example.org>: unknown"),
            ("a@b.example, cc@d.example;", "a…@b.example, c…@d.example;"),
            ("ölaf@bücher.example", "ö…@bücher.example"),
            ("no address @ all, @home", "no address @ all, @home"),
            ("x@y@z.example", "x…@z.example"),
            ("", ""),
        ] {
            assert_eq!(mask(text), masked);
        }
    }
}
