//! One stream over TLS, for the contestants that have it, and which cipher each agrees on.

use std::process::Command;

use super::super::case::{Case, Measure, Transport};
use super::super::cipher;
use super::super::runner::{Runner, Turn};
use super::super::workload::WORKLOADS;
use crate::process::Trouble;

/// The workload of this part.
pub(in super::super) const LARGE: &str = "large";

/// DoGet of `large`. The certificate is made for this run.
pub(in super::super) fn run(runner: &mut Runner<'_>) {
    let with_tls: Vec<String> =
        runner.contestants.iter().filter(|one| one.has_tls).map(|one| one.id.clone()).collect();
    if let Err(trouble) = certificate(runner) {
        println!("no certificate, and so no TLS: {}", trouble.reason);
        return;
    }
    for id in &with_tls {
        match agreed(runner, id) {
            Ok(cipher) => {
                println!("{id} uses {cipher}");
                runner.results.ciphers.insert(id.clone(), cipher);
            }
            Err(trouble) => println!("which cipher {id} uses is not known: {}", trouble.reason),
        }
    }
    let Some(workload) = WORKLOADS.iter().find(|workload| workload.name == LARGE) else { return };
    let argument = workload.argument(runner.settings.length);
    let turns: Vec<Turn> = with_tls
        .iter()
        .map(|id| Case::same(Measure::Get, id, LARGE).with_transport(Transport::Tls))
        .map(|case| Turn { case, argument: argument.clone() })
        .collect();
    runner.alternate(&turns, Runner::transfer);
}

fn certificate(runner: &Runner<'_>) -> Result<(), Trouble> {
    let program = runner.limit.ok_or_else(|| "wingbeat-bench is not built".to_owned())?;
    let folder = runner.tls_folder();
    let made = Command::new(program).args(["make", "certificate"]).arg(&folder).status();
    match made {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("wingbeat-bench make certificate: {status}").into()),
        Err(error) => Err(error.to_string().into()),
    }
}

/// What a contestant agrees on with itself.
fn agreed(runner: &mut Runner<'_>, id: &str) -> Result<String, Trouble> {
    let server = runner.server(id, Transport::Tls)?.uri.clone();
    let relay = cipher::Relay::start(server.trim_start_matches("grpc+tls://"))?;
    runner.client(id, &["latency", &format!("grpc+tls://{}", relay.address()), "1"])?;
    Ok(relay.cipher()?)
}
