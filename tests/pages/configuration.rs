//! `docs/configuration.md`: made from the flags that the parser has.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::Write as _;
use std::fs;

use chancery::app::config::{Config, FleetLayer, Layer};
use chancery::telemetry::log::FILTER_VARIABLE;
use clap::{Arg, Args as _, Command, FromArgMatches as _};

use crate::{COMMAND, cell};

/// What stands above the reference, with a file that has every key.
const INTRODUCTION: &str = include_str!("configuration.md");

/// Nothing accepts it that doesn't accept everything.
const NONSENSE: &str = "\u{1}";

/// A flag of `serve`, or a key of a fleet.
struct Setting {
    name: String,
    about: String,
    default: Option<String>,
    argument: Arg,
    command: Command,
}

#[test]
fn the_page_is_what_the_parser_has() {
    rig::page::is_current("docs/configuration.md", &page(), COMMAND);
}

#[test]
fn the_example_is_accepted_and_has_every_key() {
    let (_, rest) = INTRODUCTION.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    if let Err(error) = load(example) {
        panic!("{error}");
    }
    for setting in serve().iter().filter(|setting| setting.is_key()).chain(&fleet()) {
        let name = &setting.name;
        let lines = example.lines().map(|line| line.trim_start_matches([' ', '#']));
        assert!(lines.into_iter().any(|line| line.starts_with(&format!("{name}:"))), "no {name}:");
    }
    assert!(INTRODUCTION.contains(FILTER_VARIABLE));
}

#[test]
fn a_default_that_is_shown_is_the_one_in_force() {
    for setting in serve() {
        let Some(default) = setting.default.as_deref().filter(|value| setting.accepts(value)) else { continue };
        let layer = |arguments: &[&str]| {
            let command = Layer::augment_args(Command::new("serve").no_binary_name(true));
            Layer::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
        };
        let argument = format!("--{}={default}", setting.name);
        assert_eq!(
            Config::load(layer(&[&argument]), None).unwrap(),
            Config::load(layer(&[]), None).unwrap(),
            "{argument}"
        );
    }
}

/// The flags of `serve`, without their dashes.
pub fn flags() -> BTreeSet<String> {
    serve().into_iter().map(|setting| setting.name).collect()
}

/// What clap adds to every command is none of our settings.
fn settings(command: &Command) -> Vec<Setting> {
    let ours = command.get_arguments().filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"));
    ours.map(|argument| Setting::new(argument, command)).collect()
}

fn serve() -> Vec<Setting> {
    settings(chancery::command().find_subcommand("serve").unwrap())
}

fn fleet() -> Vec<Setting> {
    settings(&FleetLayer::augment_args(Command::new("fleet")))
}

fn load(file: &str) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chancery.yaml");
    fs::write(&path, file).unwrap();
    Config::load(Layer::default(), Some(path)).map_err(|error| error.to_string())
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## All settings\n\n| Key and flag | Default | |\n|---|---|---|\n");
    for setting in serve() {
        let Setting { name, about, .. } = &setting;
        writeln!(page, "| [`{name}`](#{name}) | {} | {} |", cell(&setting.default()), cell(about)).unwrap();
    }
    page.push_str("\n## Reference\n");
    for setting in serve() {
        section(&mut page, &setting);
    }
    page.push_str("\n## Fleets\n\n");
    page.push_str("Keys below `fleets.NAME` of the configuration file; the name `*` is the default of all fleets.\n");
    for setting in fleet() {
        section(&mut page, &setting);
    }
    page
}

fn section(page: &mut String, setting: &Setting) {
    let Setting { name, about, argument, .. } = setting;
    write!(page, "\n### `{name}`\n\n{about}.\n\n").unwrap();
    if let Some(variable) = argument.get_env() {
        let value = argument.get_value_names().unwrap().join(" ");
        let value = if argument.is_require_equals_set() { format!("[={value}]") } else { format!(" {value}") };
        writeln!(page, "- Flag: `--{name}{value}`").unwrap();
        writeln!(page, "- Environment variable: `{}`", variable.display()).unwrap();
        let key = if setting.is_key() { format!("`{name}`") } else { "none".to_owned() };
        writeln!(page, "- Key: {key}").unwrap();
    }
    write!(page, "- Values: {}\n- Default: {}\n", setting.values(), setting.default()).unwrap();
}

impl Setting {
    fn new(argument: &Arg, command: &Command) -> Self {
        let help = argument.get_long_help().or_else(|| argument.get_help()).unwrap().to_string();
        let (about, default) = match help.split_once(" [default: ") {
            Some((about, default)) => (about.to_owned(), Some(default.strip_suffix(']').unwrap().to_owned())),
            None => (help, None),
        };
        let name = argument.get_long().unwrap().to_owned();
        Self { name, about, default, argument: argument.clone(), command: command.clone() }
    }

    /// Whether the configuration file has it.
    fn is_key(&self) -> bool {
        load(&format!("{}: ~\n", self.name)).is_ok()
    }

    /// What it says to this value; `Ok` if it takes it.
    fn hear(&self, value: &str) -> Result<(), clap::Error> {
        let argument = format!("--{}={value}", self.name);
        self.command.clone().no_binary_name(true).try_get_matches_from([argument]).map(drop)
    }

    /// Whether it takes this value, and not just any.
    fn accepts(&self, value: &str) -> bool {
        self.hear(value).is_ok() && self.hear(NONSENSE).is_err()
    }

    fn values(&self) -> String {
        let named: Vec<_> =
            self.argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
        let list = if self.argument.get_value_delimiter().is_some() { "; a list" } else { "" };
        if let [first, rest @ ..] = &named[..] {
            let rest: Vec<_> = rest.iter().map(|value| format!(" or `{}`", value.get_name())).collect();
            return format!("`{}`{}", first.get_name(), rest.concat());
        }
        match self.hear(NONSENSE) {
            Err(error) => {
                let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                let (_, expected) = reason.split_once("expected ").unwrap();
                format!("{expected}{list}")
            }
            Ok(()) => match self.argument.get_value_names().unwrap()[0].as_str() {
                "DIR" => "a directory".to_owned(),
                "FILE" => "a file".to_owned(),
                _ => format!("a name{list}"),
            },
        }
    }

    fn default(&self) -> String {
        match self.default.as_deref() {
            Some(value) if self.accepts(value) => format!("`{value}`"),
            Some(words) => words.to_owned(),
            None if self.accepts("false") => "`false`".to_owned(),
            None => "none".to_owned(),
        }
    }
}
