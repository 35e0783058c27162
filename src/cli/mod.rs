//! The command line: one file or folder per command.
//!
//! ```text
//! arguments ──▶ Cli ──▶ serve      runs until a signal
//!                       render     what an Envoy would get, offline
//!                       lint       every mistake in manifests or in a live cluster
//!                       explain    why a Service is served as it is, and each address
//!                       convert    annotations of other products, in ours
//!                       status     who is connected to a running server, and how far each client is
//!                       bootstrap  what an Envoy or a gRPC client is started with
//!                       completions, man  for shells and the manual
//! ```
//!
//! What a command prints goes to stdout, all else to stderr. A command ends with an [`Exit`] or a [`Failure`]; the
//! failure is printed here, on one line.

mod bootstrap;
mod cluster;
mod completions;
mod convert;
mod exit;
mod explain;
mod http;
mod lint;
mod man;
mod manifests;
mod output;
mod render;
mod serve;
mod status;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};

use clap::{CommandFactory, Parser, Subcommand};

pub use exit::{Exit, Failure};

/// The command line as a whole.
#[derive(Debug, Parser)]
#[command(
    name = "chancery",
    version,
    about = "An Envoy xDS control plane: annotate a Kubernetes Service, and every client of it balances per request",
    after_help = "Exit codes: 0 ok, 1 the input is bad, 2 wrong usage, 3 the server could not be reached.",
    max_term_width = 120,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Render(render::Render),
    Lint(lint::Lint),
    Explain(explain::Explain),
    Convert(convert::Convert),
    Status(status::Status),
    Bootstrap(bootstrap::Bootstrap),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Every command with its flags, as the parser has them: for completions, the manual and the pages of `docs/`.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that `arguments` (with the program's own name first) ask for, and says how it went.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(answer) => return say(&answer),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let result = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Render(render) => render.run(&mut out),
        Command::Lint(lint) => lint.run(&mut out),
        Command::Explain(explain) => explain.run(&mut out),
        Command::Convert(convert) => convert.run(&mut out),
        Command::Status(status) => status.run(&mut out),
        Command::Bootstrap(bootstrap) => bootstrap.run(&mut out),
        Command::Completions(completions) => completions.run(&mut out),
        Command::Man(man) => man.run(&mut out),
    };
    let result = result.and_then(|exit| out.flush().map(|()| exit).map_err(Failure::from));
    result.unwrap_or_else(Failure::report)
}

/// Help and versions go to stdout and are no mistake; mistakes go to stderr.
fn say(answer: &clap::Error) -> Exit {
    // Whoever closed the pipe doesn't want to read it.
    let _ = answer.print();
    if answer.use_stderr() { Exit::Usage } else { Exit::Ok }
}

#[cfg(test)]
mod tests;
