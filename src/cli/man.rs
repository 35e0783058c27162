//! `chancery man`: the manual, a page for each command.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::Roff;

use super::{Exit, Failure, command};

/// The section of the manual for commands that users run.
const SECTION: &str = "1";

/// Print a page of the manual, or write all of them to a directory
///
/// Prints the page of the named command, or of chancery itself, in roff. With --out, writes the pages of all commands
/// (chancery.1, chancery-serve.1, ...) to a directory, which is created; packages put them into share/man/man1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery man | man -l -
  chancery man bootstrap envoy | man -l -
  chancery man --out ~/.local/share/man/man1")]
pub(super) struct Man {
    /// Command whose page is printed [default: chancery itself]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Vec<String>,

    /// Directory to write the pages of all commands to
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { command: path, out: directory } = self;
        let mut root = command();
        // Gives each command its full name.
        root.build();
        let Some(directory) = directory else {
            out.write_all(&page(find(&root, &path)?)?)?;
            return Ok(Exit::Ok);
        };
        let mut pages = Vec::new();
        collect(&root, &mut pages);
        write(&directory, pages).with_context(|| format!("--out {}", directory.display())).map_err(Failure::input)?;
        Ok(Exit::Ok)
    }
}

fn find<'a>(root: &'a Command, path: &[String]) -> Result<&'a Command, Failure> {
    path.iter().try_fold(root, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            let names: Vec<_> = visible(command).map(Command::get_name).collect();
            let of = command.get_bin_name().unwrap_or("chancery");
            Failure::usage(anyhow!("{of} has no command {name:?}; expected one of {}", names.join(", ")))
        })
    })
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|part| !part.is_hide_set())
}

/// The command and all below it.
fn collect<'a>(command: &'a Command, pages: &mut Vec<&'a Command>) {
    pages.push(command);
    visible(command).for_each(|part| collect(part, pages));
}

fn write(directory: &PathBuf, commands: Vec<&Command>) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for command in commands {
        fs::write(directory.join(format!("{}.{SECTION}", title(command))), page(command)?)?;
    }
    Ok(())
}

/// `chancery-bootstrap-envoy`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let page = Page::new(command.clone())
        .section(SECTION)
        .source(concat!("chancery ", env!("CARGO_PKG_VERSION")))
        .manual("Chancery Manual");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        page.render_options_section(&mut text)?;
    }
    if visible(command).next().is_some() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(after) = command.get_after_help() {
        notes(&after.to_string(), &mut text)?;
    }
    Ok(text)
}

/// What stands below the flags in `--help`: examples, whose lines must stay as they are.
fn notes(after: &str, text: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    for paragraph in after.split("\n\n") {
        let (title, lines) = paragraph.split_once('\n').unwrap_or(("Notes", paragraph));
        roff.control("SH", [title.trim_end_matches(':').to_uppercase().as_str()]);
        roff.control("nf", []);
        for line in lines.lines() {
            roff.text([line.into()]);
        }
        roff.control("fi", []);
    }
    roff.to_writer(text)
}
