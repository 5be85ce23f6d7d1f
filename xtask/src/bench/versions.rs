//! What each contestant is made of, found where its build pins it.

use std::path::Path;
use std::process::Command;

use super::build::Built;
use super::case::WINGBEAT;
use super::results::Version;
use crate::workspace::{Workspace, output};

/// The versions of those that take part. What cannot be found out is left out.
pub(super) fn all(workspace: &Workspace, built: &Built) -> Vec<Version> {
    let of = |id: &str| match id {
        WINGBEAT => ours(workspace),
        "arrow-rs" => locked(
            &workspace.root.join("bench/peers/arrow-rs/Cargo.lock"),
            &["arrow-flight", "arrow-ipc", "tonic", "h2"],
        ),
        "python" | "cpp" => python(built, id),
        "go" => go(&workspace.root.join("bench/peers/go/go.mod")),
        "java" => java(&workspace.root.join("bench/peers/java/pom.xml")),
        _ => None,
    };
    let contestants = built.contestants.iter().map(|contestant| &contestant.id);
    let versions =
        contestants.filter_map(|id| Some(Version { contestant: id.clone(), text: of(id)? }));
    versions.collect()
}

fn ours(workspace: &Workspace) -> Option<String> {
    let packages = workspace.metadata["packages"].as_array()?;
    let package = packages.iter().find(|package| package["name"] == "wingbeat")?;
    let version = package["version"].as_str()?;
    let below = ["arrow-array", "h2"];
    let below = locked(&workspace.root.join("Cargo.lock"), &below)?;
    let compiler = output(Command::new("rustc").arg("--version")).ok()?;
    let compiler = compiler.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Some(format!("wingbeat {version}, {below}, {compiler}"))
}

/// The versions of these packages in a Cargo.lock.
fn locked(lock: &Path, names: &[&str]) -> Option<String> {
    let text = std::fs::read_to_string(lock).ok()?;
    let version = |name: &&str| Some(format!("{name} {}", locked_version(&text, name)?));
    let versions: Vec<String> = names.iter().filter_map(version).collect();
    (!versions.is_empty()).then(|| versions.join(", "))
}

fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

fn python(built: &Built, id: &str) -> Option<String> {
    let script = "import pyarrow, platform; \
                  print(pyarrow.__version__, pyarrow.cpp_version, platform.python_version())";
    let text = output(Command::new(built.python.as_ref()?).args(["-c", script])).ok()?;
    let mut words = text.split_whitespace();
    let (pyarrow, cpp, python) = (words.next()?, words.next()?, words.next()?);
    if id == "python" {
        return Some(format!("pyarrow {pyarrow}, Python {python}"));
    }
    let compiler = output(Command::new("g++").arg("-dumpfullversion")).ok();
    let compiler = compiler.map(|version| format!(", g++ {}", version.trim())).unwrap_or_default();
    Some(format!("Arrow C++ {cpp} as in the wheel of pyarrow{compiler}"))
}

fn go(manifest: &Path) -> Option<String> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let library = required(&text, "github.com/apache/arrow-go/")?;
    let tool = output(Command::new("go").arg("version")).ok();
    let tool = tool.and_then(|text| Some(text.split_whitespace().nth(2)?.to_owned()));
    let grpc = required(&text, "google.golang.org/grpc");
    let parts = [Some(format!("arrow-go {library}")), grpc.map(|it| format!("grpc-go {it}")), tool];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// The version of a module in a go.mod.
fn required(text: &str, module: &str) -> Option<String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("require ").trim());
    let line = lines.into_iter().find(|line| line.starts_with(module))?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

fn java(pom: &Path) -> Option<String> {
    let text = std::fs::read_to_string(pom).ok()?;
    let library = artifact(&text, "flight-core")?;
    // Java tells its version on standard error, in the first line.
    let told = Command::new("java").arg("-version").output().ok();
    let told = told.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    let told = told.and_then(|text| Some(text.split('"').nth(1)?.to_owned()));
    let tool = told.map(|version| format!(", Java {version}")).unwrap_or_default();
    Some(format!("flight-core {library}{tool}"))
}

/// The version of an artifact in a pom.xml, looked up where it is a property.
fn artifact(pom: &str, name: &str) -> Option<String> {
    let (_, rest) = pom.split_once(&format!("<artifactId>{name}</artifactId>"))?;
    let version = element(rest, "version")?;
    match version.strip_prefix("${").and_then(|name| name.strip_suffix('}')) {
        Some(property) => element(pom, property).map(str::to_owned),
        None => Some(version.to_owned()),
    }
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(value, _)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::{artifact, locked_version, required};

    #[test]
    fn a_lock_file_names_versions() {
        let lock = "[[package]]\nname = \"h2\"\nversion = \"0.4.12\"\nsource = \"x\"\n";
        assert_eq!(locked_version(lock, "h2"), Some("0.4.12"));
        assert_eq!(locked_version(lock, "h"), None);
    }

    #[test]
    fn a_go_mod_names_versions() {
        let text = "module x\nrequire github.com/apache/arrow-go/v18 v18.4.1\nrequire (\n\t\
                    google.golang.org/grpc v1.75.0 // indirect\n)\n";
        let arrow = required(text, "github.com/apache/arrow-go/");
        assert_eq!(arrow.as_deref(), Some("v18.4.1"));
        assert_eq!(required(text, "google.golang.org/grpc").as_deref(), Some("v1.75.0"));
    }

    #[test]
    fn a_pom_names_versions() {
        let pom = "<properties><arrow.version>18.3.0</arrow.version></properties><dependency>\
                   <artifactId>flight-core</artifactId><version>${arrow.version}</version>";
        assert_eq!(artifact(pom, "flight-core").as_deref(), Some("18.3.0"));
        assert_eq!(artifact(pom, "other"), None);
    }
}
