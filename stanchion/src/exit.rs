//! How the command ends: exit codes, and the one sentence a person reads when it fails.

use std::process::ExitCode;

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to report.
    Fine,
    /// It looked for something wrong and found it.
    FoundSomething,
}

/// Why a command could not do its work: one sentence, and the exit code that goes with it.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    const WENT_WRONG: u8 = 1;
    const USAGE: u8 = 2;
    const CONFIGURATION: u8 = 64;

    /// The command line contradicts itself: exit code 2.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self { code: Self::USAGE, sentence: sentence.into() }
    }

    /// The surroundings or the settings must be changed first: exit code 64.
    pub fn configuration(sentence: impl Into<String>) -> Self {
        Self { code: Self::CONFIGURATION, sentence: sentence.into() }
    }

    /// The sentence for a person.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { code: Self::WENT_WRONG, sentence: format!("{error:#}") }
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(failure.code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::SUCCESS,
            Exit::FoundSomething => Self::from(1),
        }
    }
}
