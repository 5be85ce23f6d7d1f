//! The commands, one file each.

mod action;
mod completion;
mod demo;
mod describe;
mod exchange;
mod get;
mod info;
mod input;
mod ls;
mod passwd;
mod ping;
mod put;
mod query;
mod rm;
mod serve;
mod session;

pub(crate) use self::input::format_of_name;
use crate::args::Command;
use crate::exit::Outcome;
use crate::until_interrupted;

/// Runs a command to its end.
pub(crate) async fn run(command: Command) -> Outcome {
    match command {
        // A server has its own way to stop.
        Command::Serve(args) => serve::run(args).await,
        command => until_interrupted(run_client(command)).await,
    }
}

async fn run_client(command: Command) -> Outcome {
    match command {
        Command::Serve(_) => Ok(()),
        Command::Ls(args) => ls::run(args).await,
        Command::Info(args) => info::run(args).await,
        Command::Schema(args) => info::run_schema(args).await,
        Command::Get(args) => get::run(args).await,
        Command::Put(args) => put::run(args).await,
        Command::Rm(args) => rm::run(args).await,
        Command::Exchange(args) => exchange::run(args).await,
        Command::Actions(args) => action::run_list(args).await,
        Command::Action(args) => action::run(args).await,
        Command::Poll(args) => query::poll(args).await,
        Command::Cancel(args) => query::cancel(args).await,
        Command::Session(command) => session::run(command).await,
        Command::Ping(args) => ping::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Passwd(args) => passwd::run(&args),
        Command::Completion(args) => completion::run(&args),
    }
}
