//! A client that hangs up must not leave a node working for nobody.

use crate::house::{gateway, organization};
use crate::wire::{Front, STREAM, StandIn, until};

#[tokio::test]
async fn hanging_up_mid_stream_or_before_the_answer_ends_the_request_on_the_node() {
    let gateway = gateway();
    let acme = organization("acme");
    let node = StandIn::listen().await;
    gateway.admit(&acme, &node.address());
    let front = Front::of(&gateway, "acme").await;
    for begun in [true, false] {
        let mut client = front.post("/source/atl06p").await;
        let mut call = node.accept().await;
        if begun {
            call.write(&format!("{STREAM}5\r\nfirst\r\n")).await;
            client.read_until("first").await;
        }
        drop(client);
        // Ends only if the gateway closes its connection to the node.
        call.read_to_end().await;
        until("nothing is counted", || gateway.in_flight(&acme, &node.address()) == 0).await;
    }
}
