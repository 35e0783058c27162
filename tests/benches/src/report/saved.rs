//! What was measured, in files.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// All that was measured of one scenario, in all rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved<T> {
    /// On what.
    pub machine: Machine,
    /// How many rounds there were.
    pub rounds: u32,
    /// Whether it was only to see that it works: figures of such a run say little.
    pub quick: bool,
    /// Whether it left out servers or numbers of clients.
    #[serde(default)]
    pub partial: bool,
    /// One entry a measurement, in the order in which they were made.
    pub measured: Vec<T>,
}

/// The machine that all of it shared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Machine {
    /// The name of its processor.
    pub processor: String,
    /// How many cores it has.
    pub cores: usize,
    /// Its memory, in bytes.
    pub memory: u64,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let read = |path: &str, key: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
        };
        let memory = read("/proc/meminfo", "MemTotal");
        Self {
            processor: read("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory.trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024,
        }
    }
}

impl<T: Serialize + DeserializeOwned> Saved<T> {
    /// Of a run that begins.
    pub fn new(rounds: u32, quick: bool, partial: bool) -> Self {
        Self { machine: Machine::this(), rounds, quick, partial, measured: Vec::new() }
    }

    /// Writes it as `NAME.json` into a directory.
    pub fn write(&self, directory: &Path, name: &str) -> anyhow::Result<()> {
        fs::create_dir_all(directory)?;
        let path = directory.join(format!("{name}.json"));
        fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| format!("can't write {}", path.display()))
    }

    /// Reads it from there; none if it was never written.
    pub fn read(directory: &Path, name: &str) -> anyhow::Result<Option<Self>> {
        let path = directory.join(format!("{name}.json"));
        let Ok(text) = fs::read(&path) else { return Ok(None) };
        serde_json::from_slice(&text)
            .map(Some)
            .with_context(|| format!("{}: not what this program writes", path.display()))
    }
}
