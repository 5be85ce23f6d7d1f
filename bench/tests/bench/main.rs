//! The program as the orchestrator runs it: a server, clients, and the lines they print.

mod program;
mod runs;
