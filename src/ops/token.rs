//! Random tokens, and how they are compared and hidden.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// 32 random bytes in base64url: 43 characters that nobody guesses.
pub fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a token: its SHA-256. The token itself has enough randomness not to need salt or stretching.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The token as a page may show it: another text each time, so that compressing pages does not give it away (BREACH).
pub fn mask(token: &str) -> Result<String, getrandom::Error> {
    let mut pad = vec![0; token.len()];
    getrandom::fill(&mut pad)?;
    let hidden = token.bytes().zip(&pad).map(|(byte, pad)| byte ^ pad).collect::<Vec<_>>();
    pad.extend(hidden);
    Ok(URL_SAFE_NO_PAD.encode(pad))
}

/// Is `masked` this token? Takes as long wherever they differ.
#[must_use]
pub fn is_masked(masked: &str, token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(masked) else { return false };
    let Some((pad, hidden)) = bytes.split_at_checked(token.len()) else { return false };
    let shown = hidden.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect::<Vec<_>>();
    hidden.len() == pad.len() && shown.ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_behind_any_mask_and_no_other_is() {
        let (token, other) = (random().unwrap(), random().unwrap());
        let (one, two) = (mask(&token).unwrap(), mask(&token).unwrap());
        assert_ne!(one, two);
        assert!(is_masked(&one, &token) && is_masked(&two, &token));
        assert!(!is_masked(&one, &other));
        for text in ["", "!", &token, &one[..40], &format!("{one}AAAA")] {
            assert!(!is_masked(text, &token), "{text}");
        }
    }
}
