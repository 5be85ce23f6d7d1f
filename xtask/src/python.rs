//! A virtual environment with pyarrow and SeaweedFS, below the build folder: for the interop
//! tests, the tests against S3 and the benchmark.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failure, execute};
use crate::workspace::{Workspace, output};

/// What pyarrow's wheels ask for.
const PYTHON_MIN: (u32, u32) = (3, 11);

/// The interpreter of a virtual environment that holds `requirements.txt`; made when missing,
/// made anew when the requirements or the Python behind it changed.
pub(crate) fn environment(workspace: &Workspace) -> Result<PathBuf, Failure> {
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

/// SeaweedFS's program in the environment of an interpreter.
pub(crate) fn weed(python: &Path) -> PathBuf {
    python.with_file_name(if cfg!(windows) { "weed.exe" } else { "weed" })
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
    Err(format!("Python {major}.{minor} or newer is needed: {found} (set PYTHON to choose one)"))
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
