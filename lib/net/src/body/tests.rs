//! Bodies without a connection.
