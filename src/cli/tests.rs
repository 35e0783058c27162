use super::*;

#[test]
fn the_arguments_make_sense_to_clap() {
    Cli::command().debug_assert();
}

/// In its own help, or in that of the command it is a part of.
#[test]
fn every_command_has_an_example() {
    fn check(command: &clap::Command, path: &str, examples: &str) {
        let examples = format!("{examples}{}", command.get_after_help().map(ToString::to_string).unwrap_or_default());
        let is_leaf = command.get_subcommands().next().is_none();
        assert!(!is_leaf || examples.contains(&format!("\n  {path}")), "{path}:\n{examples}");
        assert!(command.get_about().is_some(), "{path}");
        for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
            check(part, &format!("{path} {}", part.get_name()), &examples);
        }
    }
    check(&Cli::command(), "chancery", "");
}
