//! A scoring service: features go in, scores come out, batch by batch, over one DoExchange. The
//! next batch of features may travel while the scores of the last are on their way back.
//!
//! `cargo run -p wingbeat-examples --bin scoring` starts the service on a free port and uses it.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::sync::Arc;

use wingbeat::arrow::array::{Array as _, AsArray as _, Float64Array, RecordBatch};
use wingbeat::arrow::datatypes::{DataType, Field, Float64Type, Schema, SchemaRef};
use wingbeat::{
    CallContext, Client, Error, Exchange, FlightDescriptor, FlightService, Result, Server,
};

/// A linear model: one weight for each feature.
struct Scorer {
    weights: Vec<f64>,
    scores: SchemaRef,
}

impl Scorer {
    fn new(weights: Vec<f64>) -> Self {
        let score = Field::new("score", DataType::Float64, false);
        Self { weights, scores: Arc::new(Schema::new(vec![score])) }
    }

    fn check(&self, features: &Schema) -> Result<()> {
        let are_numbers =
            features.fields().iter().all(|field| *field.data_type() == DataType::Float64);
        if features.fields().len() == self.weights.len() && are_numbers {
            return Ok(());
        }
        let expected = self.weights.len();
        Err(Error::invalid_argument(format!("expected {expected} columns of type Float64")))
    }

    /// Arithmetic on whole columns; a missing feature counts as zero.
    fn score(&self, features: &RecordBatch) -> Result<RecordBatch> {
        let mut scores = vec![0.0; features.num_rows()];
        for (column, weight) in features.columns().iter().zip(&self.weights) {
            let column = column.as_primitive::<Float64Type>();
            for (row, score) in scores.iter_mut().enumerate() {
                if column.is_valid(row) {
                    *score += weight * column.value(row);
                }
            }
        }
        let scores = Arc::new(Float64Array::from(scores));
        Ok(RecordBatch::try_new(self.scores.clone(), vec![scores])?)
    }
}

impl FlightService for Scorer {
    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        let (mut sender, mut receiver) = exchange.split();
        if let Some(features) = receiver.schema().await? {
            self.check(&features)?;
        }
        sender.start(self.scores.clone()).await?;
        // The call ends when this method returns; a client that breaks off ends it here.
        while let Some(features) = receiver.next_batch().await? {
            sender.send(self.score(&features)?).await?;
        }
        Ok(())
    }
}

async fn use_scorer(client: &Client) -> Result<()> {
    let (mut sender, mut receiver) = client.do_exchange(FlightDescriptor::path(["scores"])).split();
    let sending = async {
        for i in 0..3 {
            let x = Float64Array::from(vec![f64::from(i), 1.0]);
            let y = Float64Array::from(vec![Some(10.0), None]);
            let features =
                RecordBatch::try_from_iter([("x", Arc::new(x) as _), ("y", Arc::new(y) as _)])?;
            sender.send(features).await?;
        }
        sender.finish(); // the scores still come
        Ok::<_, Error>(())
    };
    let receiving = async {
        while let Some(scores) = receiver.next_batch().await? {
            let scores = scores.column(0).as_primitive::<Float64Type>();
            println!("scores {:?}", scores.values().as_ref());
        }
        Ok::<_, Error>(())
    };
    tokio::try_join!(sending, receiving)?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::bind("grpc://127.0.0.1:0").await?;
    let client = Client::new(server.local_addr().to_string())?;
    tokio::select! {
        served = server.serve(Scorer::new(vec![2.0, 0.5])) => served,
        used = use_scorer(&client) => used,
    }
}
