//! The data files of Arrow's integration tests, each as JSON and, for peers that do not read that,
//! as an Arrow IPC stream that the Arrow crates write.

use std::path::Path;

use serde_json::json;
use wingbeat::Result;
use wingbeat_testkit::json::{file_kinds, read};

use crate::files;
use crate::report::Report;

/// Writes `NAME.json` and `NAME.arrows` of each; reports the names in their order.
pub(crate) fn write(folder: &Path) -> Result<Report> {
    std::fs::create_dir_all(folder)?;
    let mut names = Vec::new();
    for kind in file_kinds() {
        let text = kind.generate();
        std::fs::write(folder.join(kind.name).with_extension("json"), &text)?;
        let (schema, batches) = read(text.as_bytes())?;
        let stream = folder.join(kind.name).with_extension("arrows");
        let mut stream = files::Writer::create(&stream, &schema)?;
        for batch in &batches {
            stream.write(batch)?;
        }
        stream.finish()?;
        names.push(kind.name);
    }
    Ok(json!({"names": names}))
}
