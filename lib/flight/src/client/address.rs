//! Addresses as users write them.

use wingbeat_net::{Address, AddressError};

use crate::{Error, Result};

pub(super) fn parse(address: &str) -> Result<Address> {
    address.parse().map_err(|error| bad_address(address, error))
}

/// The error of an address that is none.
pub(crate) fn bad_address(address: &str, error: AddressError) -> Error {
    Error::invalid_argument(format!("{address:?} is no address: {error}")).with_source(error)
}
