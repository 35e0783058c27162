//! Completions and man pages, as packages make them of the program.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

/// The exit code, stdout and stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(CHANCERY).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The full names of all commands that users see, `chancery bootstrap envoy` among them.
fn commands() -> Vec<String> {
    fn collect(command: &clap::Command, name: &str, all: &mut Vec<String>) {
        all.push(name.to_owned());
        for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
            collect(part, &format!("{name} {}", part.get_name()), all);
        }
    }
    let mut all = Vec::new();
    collect(&chancery::command(), "chancery", &mut all);
    all
}

#[test]
fn every_shell_gets_a_script_that_knows_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, err) = run(&["completions", shell]);
        assert_eq!((code, err.as_str()), (0, ""));
        for command in commands().iter().filter_map(|name| name.split(' ').nth(1)) {
            assert!(script.contains(command), "{shell}: no {command}");
        }
        assert!(script.contains("max-connection-age"), "{shell}");
    }
    let (code, out, err) = run(&["completions", "tcsh"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("bash, elvish, fish, powershell, zsh"), "{err}");
}

#[test]
fn bash_completes_commands_and_flags() {
    let complete = |words: &str, current: usize| {
        let (_, mut script, _) = run(&["completions", "bash"]);
        let test = format!(
            "\nCOMP_WORDS=({words}); COMP_CWORD={current}\n_chancery chancery \"${{COMP_WORDS[{current}]}}\" \
             \"${{COMP_WORDS[{current} - 1]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        script.push_str(&test);
        let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        String::from_utf8(bash.wait_with_output().unwrap().stdout).unwrap()
    };
    assert_eq!(complete("chancery ser", 1), "serve\n");
    assert_eq!(complete("chancery serve --xds", 2), "--xds-listen\n");
    assert_eq!(complete("chancery bootstrap e", 2), "envoy\n");
}

#[test]
fn a_page_has_the_flags_and_examples_of_its_command() {
    let (code, page, err) = run(&["man", "serve"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(page.contains("\n.TH chancery-serve 1 "), "{page}");
    // A hyphen that is copied from a page must be one.
    for flag in super::configuration::flags() {
        assert!(page.contains(&format!("\\-\\-{}", flag.replace('-', "\\-"))), "no {flag}");
    }
    assert!(page.contains("CHANCERY_XDS_LISTEN"));
    assert!(page.contains("\n.SH EXAMPLES\n.nf\n"), "{page}");
    let (code, page, _) = run(&["man"]);
    assert_eq!(code, 0);
    assert!(page.contains("\n.TH chancery 1 ") && page.contains("chancery\\-serve(1)"), "{page}");
}

#[test]
fn all_pages_go_to_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("share/man/man1");
    assert_eq!(run(&["man", "--out", out.to_str().unwrap()]), (0, String::new(), String::new()));
    let written: BTreeSet<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(written, commands().iter().map(|name| format!("{}.1", name.replace(' ', "-"))).collect());
}

#[test]
fn a_page_that_cannot_be_made_is_named() {
    let (code, out, err) = run(&["man", "sevre"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("error: chancery has no command \"sevre\"; expected one of serve, "), "{err}");
    assert_eq!(run(&["man", "serve", "--out", "x"]).0, 2);
    let file = tempfile::NamedTempFile::new().unwrap();
    let (code, _, err) = run(&["man", "--out", file.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(err.starts_with("error: --out "), "{err}");
}
