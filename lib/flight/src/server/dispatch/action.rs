//! DoAction: the registered standard actions go to the methods of their names, all others to
//! `do_action`.

use bytes::Bytes;
use wingbeat_wire::message::{
    Action, ActionResult, CancelFlightInfoRequest, CloseSessionRequest, GetSessionOptionsRequest,
    Message, RenewFlightEndpointRequest, SetSessionOptionsRequest, pack_any, unpack_any,
};

use super::replies::many;
use super::request::read_one;
use super::{Answer, Call};
use crate::{Code, Error, Origin, ReplyStream, Resource, Result, StandardAction};

pub(super) fn do_action(call: Call) -> Answer {
    many(async move {
        let dispatcher = &call.dispatcher;
        let action: Action = read_one(call.body, dispatcher.limits()).await?;
        call.cx.check(Resource::Action(&action)).await?;
        match dispatcher.features.standard(&action.r#type) {
            Some(standard) => {
                let result = run(&*dispatcher.service, &call.cx, standard, action.body).await?;
                Ok(ReplyStream::once(ActionResult::new(result)))
            }
            None => dispatcher.service.dyn_do_action(&call.cx, action).await,
        }
    })
}

/// Runs a standard action: body in, body out.
async fn run(
    service: &dyn crate::DynFlightService,
    cx: &crate::CallContext,
    action: StandardAction,
    body: Bytes,
) -> Result<Bytes> {
    Ok(match action {
        // There are clients that pack this request, and no other of these, into a
        // `google.protobuf.Any`, and want the same back.
        StandardAction::CancelFlightInfo => {
            let packed = unpack_any(&body);
            let is_packed = packed.is_some();
            let request: CancelFlightInfoRequest = decode(packed.unwrap_or(body))?;
            let result = service.dyn_cancel_flight_info(cx, request).await?.encode();
            match is_packed {
                true => pack_any("CancelFlightInfoResult", &result),
                false => result,
            }
        }
        StandardAction::RenewFlightEndpoint => {
            let request: RenewFlightEndpointRequest = decode(body)?;
            service.dyn_renew_flight_endpoint(cx, request).await?.encode()
        }
        StandardAction::SetSessionOptions => {
            let request: SetSessionOptionsRequest = decode(body)?;
            service.dyn_set_session_options(cx, request).await?.encode()
        }
        StandardAction::GetSessionOptions => {
            let request: GetSessionOptionsRequest = decode(body)?;
            service.dyn_get_session_options(cx, request).await?.encode()
        }
        StandardAction::CloseSession => {
            let request: CloseSessionRequest = decode(body)?;
            service.dyn_close_session(cx, request).await?.encode()
        }
    })
}

fn decode<M: Message>(body: Bytes) -> Result<M> {
    M::decode(body).map_err(|error| {
        Error::from_decode(&error, Code::InvalidArgument).with_origin(Origin::Caller)
    })
}
