//! [`Node`]: a server that hands out ranges of ids, fails on demand, and notes who came.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use futures_util::stream;
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{
    BatchStream, CallContext, Client, Code, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, HeaderMap, RenewFlightEndpointRequest, Result, Server, StandardAction, Ticket,
};

use crate::support::ids;

/// What a node does. A ticket is `START END`: the ids from the one to the other.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What GetFlightInfo answers.
    pub(crate) info: FlightInfo,
    /// How many ids a batch has.
    pub(crate) rows: i64,
    /// What it says about reading again.
    pub(crate) version: Option<&'static str>,
    /// Fails the next DoGet after so many batches.
    pub(crate) fail_after: Option<usize>,
    pub(crate) fails_always: bool,
    pub(crate) code: Code,
    /// Every DoGet waits for a permit of that before its first batch.
    pub(crate) gate: Option<Arc<Semaphore>>,
    /// Leaves out all rows but the first ten.
    pub(crate) is_short: bool,
    /// Streams do not end by themselves.
    pub(crate) is_endless: bool,
    pub(crate) renews: bool,
}

/// What a node has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) tickets: Vec<String>,
    pub(crate) headers: Vec<HeaderMap>,
    /// The other ends of the connections with DoGets.
    pub(crate) peers: HashSet<String>,
    /// How many streams are open now, and were at the most.
    pub(crate) open: usize,
    pub(crate) open_max: usize,
    /// How many batches were made.
    pub(crate) batches: usize,
    pub(crate) renewed: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) plan: Arc<Mutex<Plan>>,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Default for Node {
    fn default() -> Self {
        let plan = Plan {
            info: FlightInfo::default(),
            rows: 10,
            version: None,
            fail_after: None,
            fails_always: false,
            is_short: false,
            code: Code::Unavailable,
            gate: None,
            is_endless: false,
            renews: true,
        };
        Self { plan: Arc::new(Mutex::new(plan)), seen: Arc::default() }
    }
}

/// A node that is served, until this is dropped.
pub(crate) struct Served {
    pub(crate) node: Node,
    pub(crate) client: Client,
    pub(crate) uri: String,
    _serving: AbortOnDropHandle<Result<()>>,
}

impl Served {
    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.node.plan.lock().unwrap()
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.node.seen.lock().unwrap()
    }
}

/// Serves a node on a free port.
pub(crate) async fn node() -> Served {
    serve(Server::bind("grpc://127.0.0.1:0").await.unwrap())
}

/// Serves a node with a server that is set up already.
pub(crate) fn serve(server: Server) -> Served {
    let node = Node::default();
    let uri = server.local_addr().to_string();
    let server = server.standard_actions([StandardAction::RenewFlightEndpoint]);
    let serving = AbortOnDropHandle::new(tokio::spawn(server.serve(node.clone())));
    let client = Client::new(&uri).unwrap();
    Served { node, client, uri, _serving: serving }
}

/// An address where nobody is.
pub(crate) async fn nobody() -> String {
    Server::bind("grpc://127.0.0.1:0").await.unwrap().local_addr().to_string()
}

/// Counts a stream while it is open.
struct Open(Node);

impl Open {
    fn new(node: &Node) -> Self {
        let mut seen = node.seen.lock().unwrap();
        seen.open += 1;
        seen.open_max = seen.open_max.max(seen.open);
        drop(seen);
        Self(node.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.seen.lock().unwrap().open -= 1;
    }
}

impl FlightService for Node {
    async fn get_flight_info(&self, _: &CallContext, _: FlightDescriptor) -> Result<FlightInfo> {
        Ok(self.plan.lock().unwrap().info.clone())
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let ticket = String::from_utf8(ticket.ticket.to_vec())?;
        {
            let mut seen = self.seen.lock().unwrap();
            seen.tickets.push(ticket.clone());
            seen.headers.push(cx.headers().clone());
            seen.peers.insert(format!("{:?}", cx.peer().unwrap()));
        }
        let (start, end) =
            ticket.split_once(' ').ok_or_else(|| Error::not_found("no such range"))?;
        let (start, mut end): (i64, i64) = (start.parse()?, end.parse()?);
        let (rows, fail_after, code, gate, is_endless) = {
            let mut plan = self.plan.lock().unwrap();
            if let Some(version) = plan.version {
                cx.set_header("wingbeat-version", version)?;
                cx.set_header("wingbeat-order", "stable")?;
            }
            let fail_after = plan.fail_after;
            if !plan.fails_always {
                plan.fail_after = None;
            }
            if plan.is_short {
                end = start + 10;
            }
            (plan.rows, fail_after, plan.code, plan.gate.clone(), plan.is_endless)
        };
        let open = Open::new(self);
        let chunks = stream::unfold((start, 0), move |(at, made)| {
            let (node, gate) = (open.0.clone(), gate.clone());
            async move {
                if let (0, Some(gate)) = (made, gate) {
                    gate.acquire().await.unwrap().forget();
                }
                if fail_after == Some(made) {
                    return Some((Err(Error::new(code, "a fault on demand")), (at, made + 1)));
                }
                if at >= end {
                    if is_endless {
                        std::future::pending::<()>().await;
                    }
                    return None;
                }
                let next = (at + rows).min(end);
                node.seen.lock().unwrap().batches += 1;
                Some((Ok(ids(at..next)), (next, made + 1)))
            }
        });
        Ok(BatchStream::from_stream(ids(0..0).schema(), chunks))
    }

    /// Adds a second hour each time, and a mark to the ticket's end, where it does not matter.
    async fn renew_flight_endpoint(
        &self,
        _: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        if !self.plan.lock().unwrap().renews {
            return Err(Error::unimplemented("nothing is renewed here"));
        }
        let endpoint = request.endpoint.unwrap();
        let ticket = endpoint.ticket.clone().unwrap();
        let ticket = String::from_utf8(ticket.ticket.to_vec()).unwrap();
        self.seen.lock().unwrap().renewed.push(ticket.clone());
        let (start, end) = ticket.split_once(' ').unwrap();
        let end: i64 = end.parse().unwrap();
        // Another ticket for the same rows, so that one sees which was read.
        let renewed = Ticket::new(format!("{start} {end:06}"));
        let until = SystemTime::now() + Duration::from_secs(3600);
        Ok(FlightEndpoint { ticket: Some(renewed), ..endpoint }.with_expiration_time(until))
    }
}
