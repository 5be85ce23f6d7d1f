//! Bad samples, each of which must be found, and good ones, which must not.

use std::path::{Path, PathBuf};

use super::check;
use super::links::Links;

/// What tidy says about one file, warnings marked.
fn findings(path: &str, content: &str) -> Vec<String> {
    let files = ["README.md", "docs/guide.md", "lib/wire/src/lib.rs"].map(PathBuf::from);
    let found = check(Path::new(path), content, &Links::new(&files));
    found.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn clean(path: &str, content: &str) {
    assert_eq!(findings(path, content), Vec::<String>::new());
}

/// Exactly one finding, at this line, whose text has these words.
#[track_caller]
fn caught(path: &str, content: &str, line: usize, words: &str) {
    let found = findings(path, content);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(&format!("{path}:{line}: ")), "{found:#?}");
    assert!(found[0].contains(words), "{found:#?}");
}

#[test]
fn a_file_opens_with_its_purpose() {
    clean("a.rs", "//! Geese.\n\nfn honk() {}\n");
    caught("a.rs", "fn honk() {}\n", 1, "does not open with");
    caught("a.rs", "// Geese.\nfn honk() {}\n", 1, "does not open with");
}

#[test]
fn lines_have_100_columns() {
    let exactly = format!("//! G.\n// {}\n", "x".repeat(97));
    clean("a.rs", &exactly);
    caught("a.rs", &format!("//! G.\n// {}\n", "x".repeat(98)), 2, "100 columns");
    clean("a.rs", &format!("//! G.\n// <https://example.org/{}>\n", "x".repeat(98)));
    // Characters count, not bytes.
    clean("a.rs", &format!("//! G.\n// {}\n", "ä".repeat(97)));
    caught("a.py", &format!("# {}\n", "x".repeat(120)), 1, "100 columns");
}

#[test]
fn white_space_is_clean() {
    caught("a.rs", "//! G. \n", 1, "white space");
    caught("a.md", "# A\n\nb\t\n".replace('\t', "  ").as_str(), 3, "white space");
    caught("a.rs", "//! G.", 1, "no new line");
    caught("a.rs", "//! G.\n\n", 2, "empty lines");
    caught("a.py", "if x:\n\ty()\n", 2, "a tab");
}

#[test]
fn files_are_short() {
    let file = |lines: usize| format!("//! G.\n{}", "const _: () = ();\n".repeat(lines - 1));
    clean("a.rs", &file(350));
    caught("a.rs", &file(351), 351, "warning: ");
    caught("a.rs", &file(601), 601, "the limit is 600");
    // Tests have more room.
    clean("lib/x/tests/a.rs", &file(1000));
    caught("lib/x/tests/a.rs", &file(1001), 1001, "the limit is 1000");
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "const _: () = ();\n".repeat(97));
    clean("a.rs", &format!("{}{tests}", file(350)));
    let tests = tests.replace("mod tests {", "mod tests {\n");
    caught("a.rs", &format!("{}{tests}", file(10)), 11, "move them to x/tests.rs");
}

#[test]
fn functions_are_short() {
    let function = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
    clean("a.rs", &format!("//! G.\n{}", function(70)));
    caught("a.rs", &format!("//! G.\n{}", function(71)), 2, "`f` has 71 lines");
    caught("a.rs", &format!("//! G.\nimpl A {{\n{}}}\n", function(71)), 3, "`f` has 71 lines");
    caught("a.rs", &format!("//! G.\ntrait A {{\n{}}}\n", function(71)), 3, "`f` has 71 lines");
    caught("a.rs", &format!("//! G.\nmod m {{\n{}}}\n", function(71)), 3, "`f` has 71 lines");
}

#[test]
fn no_test_is_switched_off() {
    caught("a.rs", "//! G.\n#[test]\n#[ignore]\nfn f() {}\n", 3, "#[ignore]");
    caught("a.rs", "//! G.\n#[ignore = \"slow\"]\nfn f() {}\n", 2, "#[ignore]");
    caught("a.rs", "//! G.\n#[should_panic]\nfn f() {}\n", 2, "#[should_panic]");
    caught(
        "a.rs",
        "//! G.\nmod m {\n#[should_panic(expected = \"x\")]\nfn f() {}\n}\n",
        3,
        "panic",
    );
    // A word in a text is no attribute.
    clean("a.rs", "//! G.\nconst S: &str = \"#[ignore]\";\n");
}

#[test]
fn notes_have_an_issue_or_a_reason() {
    let note = |text: &str| format!("//! G.\n// {}{text}\n", concat!("TO", "DO"));
    caught("a.rs", &note(" later"), 2, "without an issue");
    clean("a.rs", &note("(#12): later"));
    let fault = |text: &str| format!("//! G.\n// {}{text}\n", concat!("FIX", "ME"));
    caught("a.rs", &fault(":"), 2, "without a reason");
    clean("a.rs", &fault(": rounds down, as the specification's example does"));
}

#[test]
fn tests_do_not_sleep() {
    let test = "//! G.\nfn f() {\n    std::thread::sleep(t);\n}\n";
    caught("lib/x/tests/a.rs", test, 3, "sleep");
    caught("lib/x/src/a/tests.rs", test, 3, "sleep");
    clean("lib/x/src/a.rs", test);
    clean("lib/x/tests/a.rs", &test.replace("(t);", "(t); // the clock itself is under test"));
    let inside =
        "//! G.\n#[cfg(test)]\nmod tests {\n    fn f() {\n        time::sleep(t);\n    }\n}\n";
    caught("lib/x/src/a.rs", inside, 5, "sleep");
}

#[test]
fn tasks_have_an_owner() {
    let task = "//! G.\nfn f() {\n    tokio::spawn(g());\n}\n";
    caught("lib/x/src/a.rs", task, 3, "without an owner");
    clean("lib/x/tests/a.rs", task);
    clean("lib/x/src/a.rs", &task.replace("tokio", "// ends with the token\n    tokio"));
    let owned = task.replace("tokio::spawn(g())", "x = AbortOnDropHandle::new(tokio::spawn(g()))");
    clean("lib/x/src/a.rs", &owned);
}

#[test]
fn an_index_holds_no_code() {
    clean("lib/x/src/lib.rs", "//! G.\n\nmod goose;\n\npub use goose::Goose;\n");
    caught("lib/x/src/lib.rs", "//! G.\nstruct Goose;\n", 2, "mod and use lines only");
    caught("lib/x/src/a/mod.rs", "//! G.\nmod a {}\n", 2, "mod and use lines only");
    caught("lib/x/src/lib.rs", "//! G.\npub use goose::*;\n", 2, "by name");
    caught("lib/x/src/a.rs", "//! G.\npub(crate) use goose::{a, b::*};\n", 2, "by name");
    clean("lib/x/src/a.rs", "//! G.\nuse super::*;\n");
    clean("lib/x/tests/support/mod.rs", "//! G.\nstruct Goose;\n");
}

#[test]
fn what_does_not_parse_is_said() {
    caught("a.rs", "//! G.\nfn {\n", 2, "does not parse");
}

#[test]
fn manifests_inherit() {
    let good = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n\n[dependencies]\n\
                bytes.workspace = true\ntokio = { workspace = true, features = [\"rt\"] }\n";
    clean("lib/a/Cargo.toml", good);
    caught("lib/a/Cargo.toml", "[package]\nname = \"a\"\n", 1, "not inherited");
    let versioned = good.replace("bytes.workspace = true", "bytes = \"1\"");
    caught("lib/a/Cargo.toml", &versioned, 8, "a version of its own");
    let dev = good.replace("[dependencies]", "[target.'cfg(unix)'.dev-dependencies]");
    let dev = dev.replace("bytes.workspace = true", "bytes = \"1\"");
    caught("lib/a/Cargo.toml", &dev, 8, "a version of its own");
    clean("Cargo.toml", "[workspace]\nmembers = []\n\n[workspace.dependencies]\nbytes = \"1\"\n");
    clean("bench/peers/a/Cargo.toml", "[package]\n[workspace]\n[dependencies]\nbytes = \"1\"\n");
}

#[test]
fn links_lead_somewhere() {
    clean("README.md", "# A b\n\n[g](docs/guide.md) [s](lib/wire) [x](https://a.b/c) [h](#a-b)\n");
    clean("docs/guide.md", "[up](../README.md#anything)\n");
    clean("README.md", "`[no](link)`\n\n```\n[no](link)\n```\n");
    caught("README.md", "# A\n\n[g](docs/none.md)\n", 3, "docs/none.md");
    caught("README.md", "[h](#c)\n", 1, "#c");
    caught("docs/guide.md", "[out](../../README.md)\n", 1, "leads nowhere");
    caught("docs/guide.md", "[g](guide.md) and [h](README.md)\n", 1, "README.md");
}
