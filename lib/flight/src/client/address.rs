//! Addresses as users write them.

use wingbeat_net::{Address, AddressError};

use crate::{Error, Result};

pub(super) fn parse(address: &str) -> Result<Address> {
    address.parse().map_err(bad_address)
}

/// The error of an address that is none.
pub(crate) fn bad_address(error: AddressError) -> Error {
    // The text of the error names the address.
    Error::invalid_argument(error.to_string()).with_source(error)
}
