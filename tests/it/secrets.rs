//! Nothing that is printed tells a secret.

use up42::simulator::{Fault, Simulator};
use up42::{Client, Search};

use crate::dakar;

#[test]
fn no_debug_and_no_error_tells_a_secret() {
    let simulator = Simulator::start().unwrap();
    let builder = Client::builder().simulator(simulator.clone()).account("me", "hunter2");
    let mut told = format!("{builder:?} {builder:#?}");
    let client = builder.build().unwrap();
    told += &format!("{client:?} {client:#?} {simulator:?}");
    told += &client.credits().unwrap_err().to_string();
    let client = Client::builder().simulator(simulator.clone()).build().unwrap();
    let scenes = client.catalog().search(Search::new(dakar()).limit(2)).unwrap();
    simulator.inject(Fault::expired_url().always());
    let quicklooks = client.catalog().download_quicklooks(&scenes).unwrap();
    told += &quicklooks.iter().map(|one| format!("{:?}", one.outcome)).collect::<String>();
    assert!(told.contains("failed"), "{told}");
    for secret in [
        "hunter2",
        Simulator::PASSWORD,
        Simulator::PROJECT_API_KEY,
        "Signature",
        "ignature=",
        "eyJ",
        "Expires=",
    ] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}
