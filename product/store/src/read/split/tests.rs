//! Tests of splitting, on datasets that no disk holds.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{DataType, Field, Schema};

use super::*;
use crate::catalog::{Dataset, DatasetKind, Facts, Part};
use crate::format::{Format, GroupList, ReadOptions};
use crate::name::DatasetName;
use crate::read::{ReadRequest, Resolved};
use crate::storage::Stamp;

const MIB: u64 = 1 << 20;

/// A dataset of files of so many row groups of 2 MiB and 10 rows each.
fn dataset(files: &[usize]) -> Arc<Dataset> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("x", DataType::Int64, true),
        Field::new("day", DataType::Int64, true),
    ]));
    let part = |(nth, &groups): (usize, &usize)| {
        let mut list = GroupList::default();
        (0..groups).for_each(|_| list.push(10, 2 * MIB));
        let options = ReadOptions::default();
        let (rows, schema) = (Some(list.rows()), schema.clone());
        let facts = Facts { schema, rows, groups: list, written: false, options };
        let day: ArrayRef = Arc::new(Int64Array::from(vec![nth as i64]));
        Part {
            path: PathBuf::from(format!("d/{nth:05}.parquet")),
            stamp: Stamp::unchanging(groups as u64 * 2 * MIB, None),
            schema_file: None,
            facts: Arc::new(facts),
            keys: vec![day],
        }
    };
    Arc::new(Dataset {
        name: DatasetName::parse("d").unwrap(),
        kind: DatasetKind::Hive,
        format: Format::Parquet,
        schema: schema.clone(),
        version: "v".to_owned(),
        path: PathBuf::from("d"),
        parts: files.iter().enumerate().map(part).collect(),
        keys: vec![1],
        table: None,
    })
}

fn planned(dataset: &Arc<Dataset>, request: &str) -> Planned {
    let request: ReadRequest = serde_json::from_str(request).unwrap();
    let resolved = Resolved::new(dataset.clone(), &request).unwrap();
    let whole = Planned::whole(dataset.clone());
    let plan = ReadPlan { request, ..whole.plan.clone() };
    let (rows, is_unfiltered) = (resolved.rows(), resolved.predicates.is_empty());
    let bytes = whole.bytes.filter(|_| resolved.is_whole());
    Planned { plan, rows, bytes, parts: Some(resolved.parts), is_unfiltered, ..whole }
}

fn split(planned: &Planned, bytes_target: u64) -> Vec<PlannedPiece> {
    planned.split(&SplitOptions { bytes_target, ..SplitOptions::default() })
}

/// Each file and row group that the pieces hold, in their order.
fn held(dataset: &Dataset, pieces: &[PlannedPiece]) -> Vec<(usize, usize)> {
    let mut held = Vec::new();
    for piece in pieces {
        for (part, _) in dataset.parts.iter().enumerate() {
            let groups = piece.plan.piece.unwrap().groups(part).unwrap_or(0..0);
            let count = dataset.parts[part].stamp.len / (2 * MIB);
            held.extend((0..count as usize).filter(|at| groups.contains(at)).map(|at| (part, at)));
        }
    }
    held
}

fn all(files: &[usize]) -> Vec<(usize, usize)> {
    let groups = files.iter().enumerate();
    groups.flat_map(|(part, &groups)| (0..groups).map(move |at| (part, at))).collect()
}

#[test]
fn every_row_group_is_in_one_piece_and_in_order() {
    let files = [1, 7, 1, 1, 1, 40, 2];
    let dataset = dataset(&files);
    let whole = planned(&dataset, r#"{"dataset": "d"}"#);
    for target in [MIB, 2 * MIB, 5 * MIB, 16 * MIB, 33 * MIB] {
        let pieces = split(&whole, target);
        assert_eq!(held(&dataset, &pieces), all(&files), "{target}");
        assert!(pieces.iter().all(|piece| piece.bytes.unwrap() <= target.max(2 * MIB)));
        let rows: u64 = pieces.iter().map(|piece| piece.rows.unwrap()).sum();
        assert_eq!(Some(rows), whole.rows());
        let keys: BTreeSet<_> = pieces.iter().map(|piece| &piece.key).collect();
        assert_eq!(keys.len(), pieces.len());
    }
    assert_eq!(split(&whole, 16 * MIB).len(), 7);
    let one = split(&whole, 1 << 40);
    assert_eq!((one.len(), one[0].plan.piece), (1, None));
}

#[test]
fn what_is_ruled_out_is_left_out() {
    let dataset = dataset(&[1; 20]);
    let some = r#"{"dataset": "d", "filter": [["day", ">=", 10], ["x", ">", 3]]}"#;
    let pieces = split(&planned(&dataset, some), 4 * MIB);
    assert_eq!(held(&dataset, &pieces), (10..20).map(|part| (part, 0)).collect::<Vec<_>>());
    assert_eq!(pieces.len(), 5);
    assert!(pieces.iter().all(|piece| piece.rows.is_none() && piece.bytes.is_none()));
    let by_day = r#"{"dataset": "d", "filter": [["day", "in", [3, 9]]]}"#;
    let pieces = split(&planned(&dataset, by_day), 1);
    assert_eq!(pieces.iter().map(|piece| piece.rows).collect::<Vec<_>>(), [Some(10); 2]);
    for counted in [r#"{"dataset": "d", "limit": 30}"#, r#"{"dataset": "d", "offset": 5}"#] {
        let pieces = split(&planned(&dataset, counted), 1);
        assert_eq!((pieces.len(), pieces[0].plan.piece), (1, None), "{counted}");
    }
    assert_eq!(split(&planned(&self::dataset(&[]), r#"{"dataset": "d"}"#), 1).len(), 1);
}

#[test]
fn a_hundred_gigabytes_in_ten_thousand_files_are_planned_at_once() {
    let files = [5; 10_000];
    let dataset = dataset(&files);
    let begun = Instant::now();
    let pieces = split(&planned(&dataset, r#"{"dataset": "d"}"#), 64 * MIB);
    let took = begun.elapsed();
    // 50 ms are the aim, for a release build on a machine with nothing else to do.
    assert!(took.as_millis() < 1000, "{took:?}");
    assert!((500..=1001).contains(&pieces.len()), "{}", pieces.len());
    let bytes: u64 = pieces.iter().map(|piece| piece.bytes.unwrap()).sum();
    assert_eq!(bytes, 100_000 * MIB);
    let longest = pieces.iter().map(|piece| serde_json::to_vec(&piece.plan).unwrap().len()).max();
    assert!(longest.unwrap() < 200, "{longest:?}");
}
