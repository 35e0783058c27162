//! `chancery completions`: what a shell needs to complete our commands and flags.

use std::io::Write;

use clap::Args;
use clap_complete::{Generator as _, Shell};

use super::{Exit, Failure, command};

/// Print a completion script for a shell
///
/// Bash and fish load what is in the directories below at the first Tab; zsh reads its directories when it starts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # For one session
  source <(chancery completions bash)
  # For good
  chancery completions bash > ~/.local/share/bash-completion/completions/chancery
  chancery completions zsh > \"${fpath[1]}/_chancery\"
  chancery completions fish > ~/.config/fish/completions/chancery.fish")]
pub(super) struct Completions {
    /// Shell to complete for
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let mut command = command();
        command.set_bin_name("chancery");
        command.build();
        self.shell.try_generate(&command, out)?;
        Ok(Exit::Ok)
    }
}
