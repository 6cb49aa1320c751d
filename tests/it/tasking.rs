//! Tests of tasking: feasibility, prices, and decisions.

use std::time::Duration;

use up42::orders::{Order, OrderFilter, OrderStatus};
use up42::simulator::{Clock, Fault, Simulator};
use up42::{Aoi, Client, ErrorKind};

use crate::client_of;

const HOUR: Duration = Duration::from_secs(3600);

fn ordered() -> (Simulator, Client, Order) {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let client = client_of(&simulator);
    let product = client.data_product("phr-tasking/standard").unwrap();
    let plan = product.order().aoi(Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72]).unwrap());
    let plan = plan
        .param("acquisitionStart", "2026-12-01T00:00:00Z")
        .param("acquisitionEnd", "2026-12-31T00:00:00Z");
    let placed = plan.place().unwrap();
    // The display name among the parameters does not make another order.
    let again = plan.param("displayName", "harbour").place().unwrap();
    let order = placed.orders().iter().next().unwrap().clone();
    assert_eq!(
        (again.orders().iter().next().unwrap().id.as_str(), simulator.orders().len()),
        (&*order.id, 1)
    );
    (simulator, client, order)
}

#[test]
fn an_accepted_study_and_quotation_lead_to_a_charge() {
    let (simulator, client, order) = ordered();
    let before = client.balance().unwrap();
    assert_eq!(order.refresh().unwrap().sub_status.as_deref(), Some("FEASIBILITY_WAITING_UPLOAD"));
    assert!(client.tasking().feasibility_studies().unwrap().is_empty());
    simulator.clock().advance(HOUR);

    let waiting = OrderFilter::new().tasking().sub_status(["FEASIBILITY_WAITING_RESPONSE"]);
    assert_eq!(client.orders(waiting).unwrap().len(), 1);
    let studies = client.tasking().feasibility_studies_of(&order).unwrap();
    let study = studies.undecided().next().unwrap().clone();
    let error = study.accept("another").unwrap_err();
    assert!(error.to_string().contains("there is no option `another`, but `"), "{error}");
    // The response is lost, and the decision is not sent twice.
    simulator.inject(Fault::lost_answer().on("PATCH /v2/tasking"));
    let decided = study.accept(&study.options[1].id).unwrap();
    assert_eq!(decided.accepted_option.as_ref(), Some(&study.options[1].id));
    let error = study.accept(&study.options[0].id).unwrap_err();
    assert!(error.to_string().contains("Resource (FeasibilityStudy) is write-protected."), "{error}");

    simulator.clock().advance(HOUR);
    assert_eq!(client.balance().unwrap(), before, "nothing is held before the price is accepted");
    let quotation = client.tasking().quotations().unwrap().undecided().next().unwrap().clone();
    assert_eq!(quotation.accept().unwrap().decision, "ACCEPTED");
    assert_eq!(client.balance().unwrap(), before - quotation.credits);
    assert_eq!(quotation.reject().unwrap_err().kind(), ErrorKind::InvalidInput);

    simulator.clock().advance(HOUR);
    let order = quotation.order().unwrap();
    assert_eq!(
        (order.status.clone(), order.cost().unwrap()),
        (OrderStatus::Fulfilled, Some(quotation.credits))
    );
    assert_eq!(order.items().unwrap().len(), 1);
}

#[test]
fn a_rejected_quotation_ends_the_order_and_costs_nothing() {
    let (simulator, client, order) = ordered();
    let before = client.balance().unwrap();
    simulator.clock().advance(HOUR);
    let study = client.tasking().feasibility_studies().unwrap().iter().next().unwrap().clone();
    study.accept(&study.options[0].id).unwrap();
    simulator.clock().advance(HOUR);
    simulator.add_credits(-client.balance().unwrap());
    let quotation = client.tasking().quotations_of(&order).unwrap().iter().next().unwrap().clone();
    assert_eq!(quotation.accept().unwrap_err().kind(), ErrorKind::Credits);
    assert_eq!(quotation.reject().unwrap().decision, "REJECTED");
    simulator.clock().advance(HOUR);
    assert_eq!(order.refresh().unwrap().status, OrderStatus::Cancelled);
    assert_eq!(client.balance().unwrap(), 0);
    assert!(before > 0);
}
