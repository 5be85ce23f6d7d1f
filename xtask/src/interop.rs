//! `cargo xtask interop`: real processes on both sides, ours against pyarrow's C++.
//!
//! Needs Python; everything else is fetched into a virtual environment below the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failure, Stages, cargo, execute};
use crate::workspace::{Workspace, output};

/// What pyarrow's wheels ask for.
const PYTHON_MIN: (u32, u32) = (3, 11);

/// Prepares Python, or says what is missing; gives the interpreter to run the suite with.
pub(crate) fn prepare(workspace: &Workspace, stages: &mut Stages) -> PathBuf {
    let mut python = PathBuf::new();
    stages.check("python environment", || {
        python = environment(workspace)?;
        Ok(())
    });
    python
}

/// Builds our programs and runs the suite in `interop/python`.
pub(crate) fn run(workspace: &Workspace, stages: &mut Stages, python: &Path, pytest: &[String]) {
    let mut build = cargo();
    build.current_dir(&workspace.root).args(["build", "--locked", "--bins"]);
    build.args(["-p", "wingbeat-interop", "-p", "wingbeat-cli"]);
    stages.command("programs for the interop tests", &mut build);
    let mut command = Command::new(python);
    command.current_dir(workspace.root.join("interop/python"));
    command.args(["-m", "pytest", "-p", "no:cacheprovider"]).args(pytest);
    command.env("WINGBEAT_BIN", workspace.program("wingbeat"));
    command.env("WINGBEAT_INTEROP_BIN", workspace.program("wingbeat-interop"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    stages.command("interop tests", &mut command);
}

/// The interpreter of a virtual environment that holds `requirements.txt`; made when missing,
/// made anew when the requirements or the Python behind it changed.
fn environment(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let requirements = workspace.root.join("interop/python/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements)
        .map_err(|error| format!("{}: {error}", requirements.display()))?;
    let (base, version) = find_python()?;
    let wanted = format!("{version}\n{wanted}");
    let folder = workspace.target.join("interop-venv");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("wingbeat-stamp");
    if python.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        println!("using {}", folder.display());
        return Ok(python);
    }
    println!("preparing {} (once)", folder.display());
    create(&base, &folder)?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // Wheels only: building pyarrow from source takes hours and fails in unclear ways.
    install.args(["--only-binary", ":all:", "--requirement"]).arg(&requirements);
    execute(&mut install)?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

fn create(python: &str, folder: &Path) -> Result<(), Failure> {
    let mut command = Command::new(python);
    execute(command.args(["-m", "venv", "--clear"]).arg(folder)).map_err(|failure| {
        format!("{failure}\npython's venv module is needed (Debian: apt-get install python3-venv)")
    })
}

/// The first Python that is new enough, and its version as text.
fn find_python() -> Result<(String, String), Failure> {
    let chosen = std::env::var("PYTHON").ok();
    let candidates: Vec<&str> = match &chosen {
        Some(python) => vec![python.as_str()],
        None => vec!["python3", "python"],
    };
    let mut found = Vec::new();
    for candidate in candidates {
        let script = "import sys; print('%d.%d' % sys.version_info[:2])";
        let Ok(text) = output(Command::new(candidate).args(["-c", script])) else { continue };
        if version(&text).is_some_and(|version| version >= PYTHON_MIN) {
            return Ok((candidate.to_owned(), text.trim().to_owned()));
        }
        found.push(format!("{candidate} is {}", text.trim()));
    }
    let found = if found.is_empty() { "none was found".to_owned() } else { found.join(", ") };
    let (major, minor) = PYTHON_MIN;
    Err(format!(
        "the interop tests need Python {major}.{minor} or newer: {found} (set PYTHON to choose one)"
    ))
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(version("3.11\n"), Some((3, 11)));
        assert!(version("3.9") < version("3.10"));
        assert_eq!(version("Python"), None);
    }
}
