//! Arguments that are bytes: as they stand, or `@FILE`.

use crate::exit::{Failure, Outcome};

/// The bytes of `argument`; `@FILE` reads a file, `@-` stdin, `@@x` is the text `@x`.
pub(crate) fn read_bytes(argument: &str) -> Outcome<Vec<u8>> {
    let Some(file) = argument.strip_prefix('@') else {
        return Ok(argument.as_bytes().to_vec());
    };
    if file.starts_with('@') {
        return Ok(file.as_bytes().to_vec());
    }
    if file == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(file).map_err(|e| Failure::usage(format_args!("cannot read {file}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_for_themselves_or_name_a_file() {
        assert_eq!(read_bytes("abc").unwrap(), b"abc");
        assert_eq!(read_bytes("@@abc").unwrap(), b"@abc");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [0, 1, 2]).unwrap();
        assert_eq!(read_bytes(&format!("@{}", file.path().display())).unwrap(), [0, 1, 2]);
        assert!(matches!(read_bytes("@/no/such/file"), Err(Failure::Usage(_))));
    }
}
