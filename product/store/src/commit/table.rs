//! Uploads to Delta tables: what a mode means to what stands there.
//!
//! Locally a table that is made stands whole in the staging area, log and all, before it is given
//! its place in one step: no file of it is ever seen without its log. Additions publish their
//! files first, which nobody sees before the log names them. Makers and droppers hold the commit
//! lock alone, those who add share it: among them the log itself decides who is first.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use super::occupant::{Occupant, OccupantKind};
use super::outcome::Commit;
use super::publish::{ambiguous, recorded};
use super::remove::check_whole;
use super::stage::{StageOptions, WriteMode};
use super::target::Target;
use crate::delta::{Layout, Recorded, Table};
use crate::{Format, Store, StoreError};

/// How an upload to a table begins.
pub(super) enum Beginning {
    /// It was committed before.
    Done(Commit),
    /// Its files are laid out like this.
    Layout(Layout),
}

/// Whether an upload goes to a table.
pub(super) fn is_wanted(options: &StageOptions, occupants: &[Occupant]) -> bool {
    match options.mode {
        WriteMode::Append | WriteMode::CreateAppend => true,
        WriteMode::Create => options.as_table,
        WriteMode::Replace => {
            let stands = matches!(occupants, [one] if one.is_table());
            options.as_table || (stands && options.explicit)
        }
    }
}

/// Decides how an upload to a table is written, before the first batch.
pub(super) fn begin(
    store: &Store,
    target: &Target,
    schema: &SchemaRef,
    options: &StageOptions,
    mut occupants: Vec<Occupant>,
) -> Result<Beginning, StoreError> {
    if options.format.is_some_and(|format| format != Format::Parquet) {
        return Err(StoreError::request("the files of a Delta table are parquet"));
    }
    if let Some(upload_id) = &options.upload_id
        && let Some(commit) = occupants.iter().find_map(|found| recorded(found, upload_id))
    {
        return Ok(Beginning::Done(commit));
    }
    if occupants.len() > 1 {
        return Err(ambiguous(&target.name, &occupants));
    }
    let occupant = occupants.pop();
    if let Some(table) = occupant.as_ref().filter(|occupant| occupant.is_table()) {
        let table = open(store, &table.path)?;
        if let Some(commit) = repeated(store, &table, options.upload_id.as_deref())? {
            return Ok(Beginning::Done(commit));
        }
        check_mode(target, options.mode, options.explicit)?;
        let layout = match options.mode {
            WriteMode::Replace => Layout::overwriting(&table, schema)?,
            _ => Layout::appending(&table, schema)?,
        };
        return Ok(Beginning::Layout(layout));
    }
    check_place(target, options.mode, options.explicit, occupant.as_ref())?;
    Ok(Beginning::Layout(Layout::making(schema)?))
}

/// Whether a mode lets an upload touch a table that is there.
pub(super) fn check_mode(
    target: &Target,
    mode: WriteMode,
    explicit: bool,
) -> Result<(), StoreError> {
    let name = target.name.clone();
    match mode {
        WriteMode::Create => Err(StoreError::AlreadyExists { name }),
        WriteMode::Replace if !explicit => {
            Err(StoreError::Protected { name, found: "a Delta table", action: "replaced" })
        }
        _ => Ok(()),
    }
}

/// Whether a table may be made where this stands, or nothing.
pub(super) fn check_place(
    target: &Target,
    mode: WriteMode,
    explicit: bool,
    occupant: Option<&Occupant>,
) -> Result<(), StoreError> {
    let name = target.name.clone();
    if mode == WriteMode::Append && occupant.is_none() {
        let hint = Some("append adds to a table that is there, create_append makes it".to_owned());
        return Err(StoreError::NotFound { name, hint });
    }
    if let Some((ending, _)) = &target.ending
        && occupant.is_none()
    {
        let reason = format!("a table is a folder, and its name does not end in {ending}");
        return Err(StoreError::InvalidName { name, reason });
    }
    let Some(occupant) = occupant else { return Ok(()) };
    match mode {
        WriteMode::Append | WriteMode::CreateAppend => Err(StoreError::Unsupported {
            reason: format!(
                "dataset {name:?} is {}, and only Delta tables are added to; write it to a table \
                 with the mode create_append under another name, or drop it first",
                if matches!(occupant.kind, OccupantKind::Folder(_)) {
                    "a plain folder"
                } else {
                    "a single file"
                }
            ),
        }),
        WriteMode::Create => Err(StoreError::AlreadyExists { name }),
        WriteMode::Replace => match occupant.protected() {
            Some(found) if !explicit => {
                Err(StoreError::Protected { name, found, action: "replaced" })
            }
            _ => check_whole(occupant),
        },
    }
}

/// The table in a folder.
pub(super) fn open(store: &Store, folder: &Path) -> Result<Arc<Table>, StoreError> {
    let path = folder.strip_prefix(store.root()).unwrap_or(folder);
    store.tables().newest(path)
}

/// The commit of an upload id that a table remembers.
pub(super) fn repeated(
    store: &Store,
    table: &Arc<Table>,
    upload_id: Option<&str>,
) -> Result<Option<Commit>, StoreError> {
    let Some(upload_id) = upload_id else { return Ok(None) };
    let recorded = store.tables().recorded(table, upload_id)?;
    Ok(recorded.map(|Recorded { version, rows, bytes }| Commit {
        rows,
        bytes,
        version,
        format: Format::Parquet,
        upload_id: Some(upload_id.to_owned()),
    }))
}
