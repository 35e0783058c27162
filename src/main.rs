//! The `chancery` binary.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    chancery::run(env::args_os())
}
