//! What was measured, and what is said of it.
//!
//! ```text
//! *.json ──▶ results ──▶ rows of summaries ──▶ table ──▶ terminal
//!                   └──▶ charts ──▶ *.svg          └──▶ page: docs/performance.md
//! ```

mod charts;
mod figures;
mod page;
mod results;
mod row;
mod rows;
mod saved;
mod summary;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub use figures::Figures;
pub use saved::{Machine, Saved};

use crate::subject::Programs;
use results::Results;

/// What the clients of a load generator received.
#[derive(Debug, Clone, Default)]
pub struct Receptions {
    /// By change: when each client had it.
    pub changes: BTreeMap<u32, Vec<u64>>,
    /// How many bytes of bodies, all clients together.
    pub bytes: u64,
    /// How many clients have everything that they asked for.
    pub complete: usize,
}

/// What is reported, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Write docs/performance.md and its plots anew; not from a quick run
    #[arg(long)]
    write: bool,
    /// Where the results are [default: bench beside the programs' directory]
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Sums up what was measured before.
pub fn run(options: Options) -> anyhow::Result<()> {
    let Options { write, output } = options;
    let directory = output.map_or_else(|| Programs::find().map(|programs| programs.output()), Ok)?;
    show(&directory)?;
    if write {
        page::write(&Results::read(&directory)?, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")))?;
    }
    Ok(())
}

/// Prints the table of the results in a directory, and draws the plots beside them.
pub fn show(directory: &Path) -> anyhow::Result<()> {
    let results = Results::read(directory)?;
    println!("\n{}\n{}", table::table(&rows::rows(&results)), table::NOTE);
    draw(&results, directory)
}

/// Draws all plots for which there is something.
fn draw(results: &Results, directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, chart) in charts::charts(results) {
        let path = directory.join(format!("{name}.svg"));
        fs::write(&path, chart.svg()?).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}
