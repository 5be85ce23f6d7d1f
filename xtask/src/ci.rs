//! `cargo xtask ci`: what has to hold before a change lands. The cheap stages come first.

use crate::run::{Stages, cargo};
use crate::workspace::Workspace;
use crate::{bench, deny, instructions, layers, test, tidy};

/// All stages, ending with all tests and a look at whether the benchmark works.
pub(crate) fn run(workspace: &Workspace, stages: &mut Stages) {
    let cargo = |args: &[&str]| {
        let mut command = cargo();
        command.current_dir(&workspace.root).args(args);
        command
    };
    stages.command("format", &mut cargo(&["fmt", "--all", "--check"]));
    stages.check("tidy", || tidy::run(workspace));
    stages.check("layers", || layers::run(workspace));
    let shipped = ["clippy", "--workspace", "--lib", "--bins", "--examples", "--locked"];
    stages.command("clippy", cargo(&shipped).args(["--", "-D", "warnings"]));
    // What clippy.toml allows inside of test functions, the functions that they call may do too.
    let tests = ["clippy", "--workspace", "--tests", "--benches", "--locked"];
    let in_tests = ["unwrap_used", "expect_used", "panic", "disallowed_methods"];
    let in_tests = in_tests.map(|lint| format!("-Aclippy::{lint}"));
    let mut tests = cargo(&tests);
    stages.command("clippy on tests", tests.args(["--", "-Dwarnings"]).args(in_tests));
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    stages.command("rustdoc", doc.env("RUSTDOCFLAGS", "-D warnings -D missing_docs"));
    stages.check("licences and bans", || deny::run(workspace));
    instructions::check(workspace, stages, "");
    test::run(workspace, stages, false);
    bench::smoke(workspace, stages);
}
