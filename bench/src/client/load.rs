//! Streams that go on for as long as something else is measured.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wingbeat::Client;

use super::get;
use super::run::Job;
use crate::failure::{Failure, Outcome};
use crate::workload::Workload;

/// DoGets of a workload, each begun again at its end. Dropped, they break off.
pub(crate) struct Load {
    calls: JoinSet<Outcome>,
}

impl Load {
    /// Starts so many on the client's connection. All of them have been through once then.
    pub(crate) async fn start(client: &Client, workload: Workload, streams: u32) -> Outcome<Self> {
        let job = Job { workload, batch: workload.kind.batch() };
        let done = Arc::new(Semaphore::new(0));
        let mut calls = JoinSet::new();
        for _ in 0..streams {
            let (client, job, done) = (client.clone(), job.clone(), Arc::clone(&done));
            calls.spawn(async move {
                loop {
                    get::run(&client, &job).await?;
                    done.add_permits(1);
                }
            });
        }
        tokio::select! {
            _ = done.acquire_many(streams) => Ok(Self { calls }),
            ended = calls.join_next() => Err(why(ended)),
        }
    }

    /// Fails when one of them has ended.
    pub(crate) fn check(&mut self) -> Outcome {
        self.calls.try_join_next().map_or(Ok(()), |ended| Err(why(Some(ended))))
    }
}

type Joined = Result<Outcome, tokio::task::JoinError>;

fn why(ended: Option<Joined>) -> Failure {
    match ended {
        Some(Ok(Err(failure))) => failure,
        Some(Err(error)) => Failure::failed(error),
        _ => Failure::failed("the streams ended before the calls did"),
    }
}
