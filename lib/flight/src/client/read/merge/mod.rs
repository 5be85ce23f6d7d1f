//! Several endpoints as one stream: workers that read them, queues in between, and a budget.

mod budget;
mod lane;
mod merged;
mod queues;
mod worker;

pub(super) use self::merged::Merged;
