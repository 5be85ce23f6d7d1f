//! The crates of the workspace and the dependencies that their manifests name.

use serde_json::Value;

use crate::run::Failure;

/// Every crate of the workspace.
pub(super) struct Graph {
    pub(super) crates: Vec<Crate>,
}

/// One crate and what it names, by package name.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// One line of a manifest.
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// Which table of the manifest a dependency stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// For `build.rs`.
    Build,
    /// For tests, examples and benches only; no user of the crate gets it.
    Dev,
    /// Part of the crate.
    Normal,
}

impl Graph {
    /// Reads the answer of `cargo metadata --no-deps`.
    pub(super) fn from_metadata(metadata: &Value) -> Result<Self, Failure> {
        let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
        let crates = packages.iter().map(read_crate).collect::<Result<_, _>>()?;
        Ok(Self { crates })
    }

    /// Whether a crate of this name is in the workspace.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.crates.iter().any(|member| member.name == name)
    }
}

fn read_crate(package: &Value) -> Result<Crate, Failure> {
    let name = package["name"].as_str().ok_or("a package without a name")?.to_owned();
    let dependencies = package["dependencies"].as_array().ok_or("a package without a list")?;
    let dependencies = dependencies.iter().map(read_dependency).collect::<Result<_, _>>()?;
    Ok(Crate { name, dependencies })
}

fn read_dependency(dependency: &Value) -> Result<Dependency, Failure> {
    let name = dependency["name"].as_str().ok_or("a dependency without a name")?.to_owned();
    let kind = match dependency["kind"].as_str() {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    };
    Ok(Dependency { name, kind })
}
