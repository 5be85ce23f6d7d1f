//! Router placeholder
/// Router.
#[derive(Debug)]
pub struct Router;
