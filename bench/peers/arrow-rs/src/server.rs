//! `server`: sends workloads, takes them, and sends them back.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use arrow_schema::{DataType, Field, Schema};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use crate::Error;
use crate::workload::Workload;

/// Prints `listening on URI`, then serves until SIGTERM or SIGINT.
pub(crate) async fn run(uri: &str) -> Result<(), Error> {
    let stopped = stopped()?;
    let service = FlightServiceServer::new(Workloads::default())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let server = Server::builder().add_service(service);
    if let Some(path) = uri.strip_prefix("grpc+unix://") {
        let listener = UnixListener::bind(path)?;
        println!("listening on {uri}");
        let incoming = UnixListenerStream::new(listener);
        return Ok(server.serve_with_incoming_shutdown(incoming, stopped).await?);
    }
    let (scheme, address) = uri.split_once("://").ok_or("no address")?;
    // As `serve` has it, which does not tell the port.
    let incoming = TcpIncoming::bind(address.parse()?)?.with_nodelay(Some(true));
    println!("listening on {scheme}://{}", incoming.local_addr()?);
    Ok(server.serve_with_incoming_shutdown(incoming, stopped).await?)
}

fn stopped() -> Result<impl Future<Output = ()>, Error> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The service. A workload's batch is built when it is first asked for.
#[derive(Default)]
struct Workloads {
    batches: Mutex<HashMap<String, RecordBatch>>,
}

impl Workloads {
    fn batch(&self, workload: &Workload) -> Result<RecordBatch, Error> {
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(batch) = batches.get(workload.name()) {
            return Ok(batch.clone());
        }
        let batch = workload.batch()?;
        batches.insert(workload.name().to_owned(), batch.clone());
        Ok(batch)
    }
}

type Answer<T> = Result<Response<T>, Status>;
type Stream<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl FlightService for Workloads {
    type HandshakeStream = Stream<HandshakeResponse>;
    type ListFlightsStream = Stream<FlightInfo>;
    type DoGetStream = Stream<FlightData>;
    type DoPutStream = Stream<PutResult>;
    type DoActionStream = Stream<arrow_flight::Result>;
    type ListActionsStream = Stream<ActionType>;
    type DoExchangeStream = Stream<FlightData>;

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<FlightInfo> {
        let schema = Schema::new(vec![Field::new("x", DataType::Int64, true)]);
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new("one"));
        let info = FlightInfo::new().try_with_schema(&schema).map_err(internal)?;
        let info = info.with_descriptor(request.into_inner()).with_endpoint(endpoint);
        Ok(Response::new(info.with_total_records(-1).with_total_bytes(-1)))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Answer<Self::DoGetStream> {
        let ticket = request.into_inner().ticket;
        let name = std::str::from_utf8(&ticket).map_err(internal)?;
        let workload = Workload::parse(name).map_err(not_found)?;
        let batches = workload.repeat(self.batch(&workload).map_err(internal)?);
        let encoder = workload.encode(None, batches).map_err(internal)?;
        Ok(Response::new(encoder.map_err(Status::from).boxed()))
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoPutStream> {
        let messages = request.into_inner().map_err(FlightError::from);
        let mut decoder = FlightRecordBatchStream::new_from_flight_data(messages);
        let mut batches = 0_u64;
        while decoder.try_next().await?.is_some() {
            batches += 1;
        }
        let result = PutResult { app_metadata: batches.to_string().into() };
        Ok(Response::new(stream::iter([Ok(result)]).boxed()))
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Answer<Self::DoExchangeStream> {
        let mut messages = request.into_inner();
        let first = messages.message().await?.ok_or_else(|| not_found("no message"))?;
        let path = first.flight_descriptor.as_ref().and_then(|it| it.path.first());
        let workload = Workload::parse(path.map_or("", |path| path)).map_err(not_found)?;
        // Arrow C++ sends the descriptor in a message of its own, which the decoder does not take.
        let first = (!first.data_header.is_empty()).then_some(Ok(first));
        let messages = stream::iter(first).chain(messages).map_err(FlightError::from);
        let batches = FlightRecordBatchStream::new_from_flight_data(messages);
        let encoder = workload.encode(None, batches).map_err(internal)?;
        Ok(Response::new(encoder.map_err(Status::from).boxed()))
    }

    async fn handshake(
        &self,
        _: Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Self::HandshakeStream> {
        unimplemented()
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Answer<Self::ListFlightsStream> {
        unimplemented()
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Answer<PollInfo> {
        unimplemented()
    }

    async fn get_schema(&self, _: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        unimplemented()
    }

    async fn do_action(&self, _: Request<Action>) -> Answer<Self::DoActionStream> {
        unimplemented()
    }

    async fn list_actions(&self, _: Request<Empty>) -> Answer<Self::ListActionsStream> {
        unimplemented()
    }
}

fn unimplemented<T>() -> Answer<T> {
    Err(Status::unimplemented("not part of the benchmark"))
}

fn not_found(error: impl ToString) -> Status {
    Status::not_found(error.to_string())
}

fn internal(error: impl ToString) -> Status {
    Status::internal(error.to_string())
}
