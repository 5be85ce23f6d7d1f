//! The condition under which an upload in parts takes its place.
//!
//! S3 takes the same conditions where parts are put together as where an object is put in one
//! piece, but object_store has no word for them there. So the client of a bucket knows the
//! conditions of the uploads that are under way, and adds the header to the request that
//! completes one. Signatures name the headers that they cover, and this is none of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};
use url::form_urlencoded;

/// What must stand at an object's place when it is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Nothing.
    Nothing,
    /// The object with this tag.
    Tag(String),
}

impl Expect {
    fn header(&self) -> (&'static str, &str) {
        match self {
            Self::Nothing => ("if-none-match", "*"),
            Self::Tag(tag) => ("if-match", tag),
        }
    }
}

/// The conditions of uploads under way, by their ids. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    by_upload: Arc<Mutex<HashMap<String, Expect>>>,
}

impl Conditions {
    /// Lets an upload complete only where what it expects is there, until the guard goes.
    pub(super) fn add(&self, upload: &str, expect: Expect) -> Condition {
        self.lock().insert(upload.to_owned(), expect);
        Condition { conditions: self.clone(), upload: upload.to_owned() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Expect>> {
        self.by_upload.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The condition of the upload that a request completes.
    fn of(&self, request: &HttpRequest) -> Option<Expect> {
        if request.method() != "POST" {
            return None;
        }
        let query = request.uri().query()?;
        let (_, upload) =
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "uploadId")?;
        self.lock().get(&*upload).cloned()
    }
}

/// One upload's condition, while it is under way.
#[derive(Debug)]
pub(super) struct Condition {
    conditions: Conditions,
    upload: String,
}

impl Drop for Condition {
    fn drop(&mut self) {
        self.conditions.lock().remove(&self.upload);
    }
}

impl HttpConnector for Conditions {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Conditional { inner, conditions: self.clone() }))
    }
}

/// A client that adds them.
#[derive(Debug)]
struct Conditional {
    inner: HttpClient,
    conditions: Conditions,
}

#[async_trait]
impl HttpService for Conditional {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some(expect) = self.conditions.of(&request) {
            let (name, value) = expect.header();
            // A tag came as the value of a header, or would not be taken as one either.
            let value =
                value.parse().map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
            request.headers_mut().insert(name, value);
        }
        self.inner.execute(request).await
    }
}
