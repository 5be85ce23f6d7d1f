//! Which service an action is for.

use futures_util::{StreamExt as _, stream};
use wingbeat_wire::message::{
    Action, ActionResult, ActionType, CancelFlightInfoRequest, FlightDescriptor, FlightEndpoint,
    FlightInfo, Message, RenewFlightEndpointRequest,
};

use super::Router;
use super::route::{Route, distinct};
use crate::{CallContext, Code, Error, Method, Origin, ReplyStream, Result};

type Results = Result<ReplyStream<ActionResult>>;

impl Router {
    pub(super) async fn route_action(&self, cx: &CallContext, action: Action) -> Results {
        match action.r#type.as_str() {
            CancelFlightInfoRequest::ACTION_TYPE => self.cancel(cx, action).await,
            RenewFlightEndpointRequest::ACTION_TYPE => self.renew(cx, action).await,
            _ => self.offer(cx, action).await,
        }
    }

    /// Goes where the flight came from.
    async fn cancel(&self, cx: &CallContext, action: Action) -> Results {
        let mut request: CancelFlightInfoRequest = decode(&action)?;
        let Some(info) = request.info.take() else { return self.offer(cx, action).await };
        let (route, info) = self.inward(info)?;
        let body = CancelFlightInfoRequest { info: Some(info) }.encode();
        route.service.dyn_do_action(cx, Action { body, ..action }).await
    }

    /// Goes where the endpoint came from; what comes back is an endpoint as well.
    async fn renew(&self, cx: &CallContext, action: Action) -> Results {
        let mut request: RenewFlightEndpointRequest = decode(&action)?;
        let Some(endpoint) = request.endpoint.take() else {
            return self.offer(cx, action).await;
        };
        let (route, endpoint) = self.inward_endpoint(endpoint)?;
        let body = RenewFlightEndpointRequest { endpoint: Some(endpoint) }.encode();
        let results = route.service.dyn_do_action(cx, Action { body, ..action }).await?;
        let route = route.clone();
        Ok(ReplyStream::from_stream(results.map(move |result| {
            let endpoint = FlightEndpoint::decode(result?.body)?;
            Ok(ActionResult::new(route.outward_endpoint(endpoint).encode()))
        })))
    }

    /// An endpoint as the service knows it that handed it out.
    pub(super) fn inward_endpoint(
        &self,
        mut endpoint: FlightEndpoint,
    ) -> Result<(&Route, FlightEndpoint)> {
        let (route, ticket) = self.by_ticket(endpoint.ticket.take().unwrap_or_default())?;
        endpoint.ticket = Some(ticket);
        Ok((route, endpoint))
    }

    /// A FlightInfo as the service knows it that handed it out.
    pub(super) fn inward(&self, mut info: FlightInfo) -> Result<(&Route, FlightInfo)> {
        let mut found = None;
        for endpoint in &mut info.endpoints {
            let Some(ticket) = endpoint.ticket.take() else { continue };
            let (route, ticket) = self.by_ticket(ticket)?;
            endpoint.ticket = Some(ticket);
            found = found.or(Some(route));
        }
        match info.flight_descriptor.take() {
            Some(FlightDescriptor::Unknown) | None => {}
            Some(descriptor) => {
                let (route, descriptor) = self.resolve(&descriptor)?;
                info.flight_descriptor = Some(descriptor);
                found = found.or(Some(route));
            }
        }
        let route = found.or(self.fallback.as_ref()).ok_or_else(|| {
            Error::invalid_argument("the FlightInfo was not given out by this service")
        })?;
        Ok((route, info))
    }

    /// Offers an action to one service after the other, or to the one that it names.
    async fn offer(&self, cx: &CallContext, action: Action) -> Results {
        if let Some((name, r#type)) = action.r#type.rsplit_once('/')
            && let Some(route) = self.routes.iter().find(|route| route.name() == name)
        {
            let action = Action { r#type: r#type.to_owned(), body: action.body };
            return route.service.dyn_do_action(cx, action).await;
        }
        for route in distinct(self.all()) {
            match route.service.dyn_do_action(cx, action.clone()).await {
                Err(error) if error.code() == Code::Unimplemented => {}
                answer => return answer,
            }
        }
        let text = format!("no service here does the action {:?}", action.r#type);
        Err(Error::unimplemented(text))
    }

    /// The actions of all services. Those registered with the server are listed once.
    pub(super) async fn join_actions(&self, cx: &CallContext) -> Result<ReplyStream<ActionType>> {
        let mut all: Vec<ActionType> = Vec::new();
        for route in distinct(self.all()) {
            let actions = match route.service.dyn_list_actions(cx).await {
                Err(error) if error.code() == Code::Unimplemented => continue,
                answer => answer?.collect().await?,
            };
            for mut action in actions {
                if all.iter().any(|other| other.r#type == action.r#type) {
                    if cx.actions().contains(&action) || route.prefix().is_empty() {
                        continue;
                    }
                    action.r#type = format!("{}/{}", route.name(), action.r#type);
                }
                all.push(action);
            }
        }
        match all.is_empty() && self.all().next().is_none() {
            true => Err(Method::ListActions.unimplemented()),
            false => Ok(ReplyStream::from_stream(stream::iter(all).map(Ok))),
        }
    }
}

fn decode<M: Message>(action: &Action) -> Result<M> {
    M::decode(action.body.clone()).map_err(|error| {
        Error::from_decode(&error, Code::InvalidArgument).with_origin(Origin::Caller)
    })
}
