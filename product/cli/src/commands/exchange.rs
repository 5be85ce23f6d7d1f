//! `wingbeat exchange`: batches through a DoExchange service.

use std::pin::pin;

use wingbeat::{BatchStream, ExchangeReceiver, ExchangeSender};

use super::get::write_all;
use super::input::Input;
use crate::args::ExchangeArgs;
use crate::connect::{client, parse_url};
use crate::exit::{Failure, Outcome};
use crate::output::Choice;
use crate::target::Target;

pub(super) async fn run(args: ExchangeArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let descriptor = Target::new(&url, &args.flight)?.descriptor()?;
    Choice::new(&args.output)?;
    let client = client(&url, &args.flight.connect)?;
    let input = Input::open(std::slice::from_ref(&args.input), args.input_format).await?;
    let source = BatchStream::from_blocking(input.schema(), input);
    let (sender, receiver) = client.do_exchange(descriptor).split();
    // Both directions at once: a service may answer before it has read everything.
    let sending = send_all(sender, source);
    let receiving = async {
        let answer = answers(receiver).await?;
        write_all(answer, None, None, &args.output).await
    };
    let (mut sending, mut receiving) = (pin!(sending), pin!(receiving));
    tokio::select! {
        // The end of the answer is the end of the call, whatever was not sent yet.
        done = &mut receiving => done,
        sent = &mut sending => {
            sent?;
            receiving.await
        }
    }
}

/// What comes back, as a stream of batches.
async fn answers(mut receiver: ExchangeReceiver) -> Outcome<BatchStream> {
    let Some(schema) = receiver.schema().await? else {
        return Err(Failure::local("the server answered without a schema"));
    };
    let chunks = futures_util::stream::try_unfold(receiver, |mut receiver| async {
        Ok::<_, wingbeat::Error>(receiver.next().await?.map(|chunk| (chunk, receiver)))
    });
    Ok(BatchStream::from_stream(schema, chunks))
}

/// Sends every batch of `source`, then half-closes. Where the other side takes no more, this ends
/// as well: the receiver says why.
async fn send_all(mut sender: ExchangeSender, mut source: BatchStream) -> Outcome {
    if sender.start(source.schema().clone()).await.is_err() {
        return Ok(());
    }
    while let Some(chunk) = source.next().await? {
        if sender.send(chunk).await.is_err() {
            return Ok(());
        }
    }
    sender.finish();
    Ok(())
}
