//! Writes the definition of the resource where it is installed from, and what the chart has from the code: the same, and the
//! rights. Or the definition alone, to the file that is named.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use todochat_operator::{
    crd::crds_yaml,
    rbac::{AT_HOME, CLUSTER, EVERYWHERE, rules_yaml},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn main() -> ExitCode {
    let written = match std::env::args_os().nth(1) {
        Some(file) => fs::write(PathBuf::from(file), crds_yaml()),
        None => write_all(Path::new(ROOT)),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("what is generated could not be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_all(root: &Path) -> io::Result<()> {
    let chart = root.join("charts/todochat-operator/files");
    fs::write(root.join("crds/todochats.yaml"), crds_yaml())?;
    fs::write(chart.join("todochats.yaml"), crds_yaml())?;
    fs::write(chart.join("rbac/everywhere.yaml"), rules_yaml(EVERYWHERE))?;
    fs::write(chart.join("rbac/cluster.yaml"), rules_yaml(CLUSTER))?;
    fs::write(chart.join("rbac/home.yaml"), rules_yaml(AT_HOME))
}
