//! A planned read: the request bound to one version of its dataset.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use serde::{Deserialize, Serialize};

use super::piece::Piece;
use super::request::ReadRequest;
use crate::catalog::Dataset;

/// The form of [`ReadPlan`] that this crate writes.
pub(crate) const PLAN_FORM: u32 = 2;

/// A read that names the version it was planned on. It is what a ticket carries: small,
/// serialisable, checked again when it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadPlan {
    /// The form of this structure; 2.
    pub form: u32,
    /// The dataset's version.
    pub version: String,
    /// What is read.
    pub request: ReadRequest,
    /// Which piece of it, where that is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<Piece>,
}

/// A plan and what is known of its outcome.
#[derive(Clone, Debug)]
pub struct Planned {
    pub(crate) plan: ReadPlan,
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) schema: SchemaRef,
    pub(crate) rows: Option<u64>,
    pub(crate) bytes: Option<u64>,
    /// The parts that are read, as indices; `None` is all of them.
    pub(crate) parts: Option<Vec<usize>>,
    /// Whether every row of those is part of the outcome.
    pub(crate) is_unfiltered: bool,
}

impl Planned {
    /// The read of all of `dataset`.
    #[must_use]
    pub fn whole(dataset: Arc<Dataset>) -> Self {
        let request = ReadRequest::new(dataset.name().as_str());
        let version = dataset.version().to_owned();
        Self {
            plan: ReadPlan { form: PLAN_FORM, version, request, piece: None },
            schema: dataset.schema().clone(),
            rows: dataset.rows(),
            bytes: dataset.bytes(),
            parts: None,
            is_unfiltered: true,
            dataset,
        }
    }

    /// The plan itself.
    #[must_use]
    pub fn plan(&self) -> &ReadPlan {
        &self.plan
    }

    /// The dataset that it reads.
    #[must_use]
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// The schema of the batches that it will yield.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows that it will yield, where that is known: no filter, and a format that counts.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }

    /// The bytes on disk that it reads, where that is known: a whole Parquet or Arrow dataset.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }
}
