//! judgement.
