//! A memory as a row of numbers, so that whoever keeps it needs to know nothing of what is in it.
//!
//! Counts and seconds stay below 2^53, so a 64-bit float holds them exactly.

use crate::domain::ratio::{float, nearest};
use std::slice::Iter;
use thiserror::Error;

/// Numbers that are no memory of the method that is to read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("these numbers are no memory of this method; forget them and learn anew")]
pub struct BrokenMemory;

/// Writes a memory down.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<f64>);

impl Writer {
    pub(super) fn number(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(super) fn count(&mut self, value: i64) {
        self.0.push(float(value));
    }

    /// As many numbers as the reader knows of.
    pub(super) fn numbers(&mut self, values: &[f64]) {
        self.0.extend_from_slice(values);
    }

    /// As many counts as the reader knows of.
    pub(super) fn counts(&mut self, values: &[i64]) {
        self.0.extend(values.iter().map(|value| float(*value)));
    }

    /// Something that may be missing takes two numbers.
    pub(super) fn maybe(&mut self, value: Option<i64>) {
        self.count(i64::from(value.is_some()));
        self.count(value.unwrap_or_default());
    }

    /// A length, then that many numbers.
    pub(super) fn list(&mut self, values: &[f64]) {
        self.count(i64::try_from(values.len()).unwrap_or(i64::MAX));
        self.numbers(values);
    }
}

/// Reads a memory back, in the order in which it was written.
#[derive(Debug)]
pub(super) struct Reader<'a>(Iter<'a, f64>);

impl<'a> Reader<'a> {
    pub(super) fn new(numbers: &'a [f64]) -> Self {
        Self(numbers.iter())
    }

    pub(super) fn number(&mut self) -> Result<f64, BrokenMemory> {
        self.0.next().copied().filter(|value| value.is_finite()).ok_or(BrokenMemory)
    }

    pub(super) fn count(&mut self) -> Result<i64, BrokenMemory> {
        let value = self.number()?;
        let whole = value.fract() == 0.0 && value.abs() < 9e15;
        if whole { Ok(nearest(value)) } else { Err(BrokenMemory) }
    }

    pub(super) fn maybe(&mut self) -> Result<Option<i64>, BrokenMemory> {
        let (there, value) = (self.count()?, self.count()?);
        match there {
            0 => Ok(None),
            1 => Ok(Some(value)),
            _ => Err(BrokenMemory),
        }
    }

    /// A count that is an index or a length.
    pub(super) fn index(&mut self) -> Result<usize, BrokenMemory> {
        usize::try_from(self.count()?).ok().ok_or(BrokenMemory)
    }

    /// A list of at most `most` numbers.
    pub(super) fn list(&mut self, most: usize) -> Result<Vec<f64>, BrokenMemory> {
        let length = self.index()?;
        if length > most {
            return Err(BrokenMemory);
        }
        (0..length).map(|_| self.number()).collect()
    }

    /// Nothing may be left over.
    pub(super) fn end(mut self) -> Result<(), BrokenMemory> {
        if self.0.next().is_none() { Ok(()) } else { Err(BrokenMemory) }
    }
}
