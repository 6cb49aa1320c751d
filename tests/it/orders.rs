//! Tests of orders: search, choose, estimate, buy.

use std::time::Duration;

use up42::catalog::{Scenes, Search};
use up42::orders::{OrderFilter, OrderPlacement, OrderPlan, OrderStatus, PlacedOrders};
use up42::products::EulaState;
use up42::simulator::{Clock, Fault, Simulator};
use up42::{Aoi, Client, ErrorKind};

use crate::wait::{PATIENCE, repeat_until};
use crate::{client_of, fast, harbour};

const MINUTE: Duration = Duration::from_secs(60);

fn scenes(client: &Client, collection: &str, limit: usize) -> Scenes {
    let search =
        Search::new(harbour()).between("2019-01-01", "2022-12-31").collections([collection]).limit(limit);
    client.catalog().search(search).unwrap()
}

fn plan(client: &Client, product: &str, limit: usize) -> OrderPlan {
    let collection = product.split('/').next().unwrap();
    scenes(client, collection, limit).order(&client.data_product(product).unwrap()).aoi(harbour())
}

/// Returns whether the response of the first order was lost, so that the order may exist.
pub fn is_lost(placed: &PlacedOrders) -> bool {
    placed.iter().next().is_some_and(|one| matches!(one.outcome, OrderPlacement::Lost(_)))
}

#[test]
fn scenes_are_searched_selected_estimated_and_ordered() {
    let (simulator, client) = fast();
    let order = plan(&client, "phr/display", 3).tags(["harbour"]);
    let estimate = order.estimate().unwrap();
    assert_eq!((estimate.len(), estimate.failed().len()), (3, 0));
    assert!(simulator.orders().is_empty(), "an estimate places nothing");

    let before = client.balance().unwrap();
    let placed = order.place().unwrap();
    assert_eq!((placed.orders().len(), placed.failed().len()), (3, 0), "{placed:?}");
    assert_eq!(before - client.balance().unwrap(), estimate.total(), "held");

    let placed = placed.wait(PATIENCE).unwrap();
    assert!(placed.orders().iter().all(|order| order.status == OrderStatus::Fulfilled), "{placed:?}");
    assert_eq!(before - client.balance().unwrap(), estimate.total(), "captured");
    let orders = placed.orders().with_credits().unwrap().to_dataframe().unwrap();
    assert_eq!(
        orders.column("credits").unwrap().i64().unwrap().iter().flatten().sum::<i64>(),
        estimate.total()
    );
    assert_eq!(client.orders(OrderFilter::new().tags(["harbour"])).unwrap().len(), 3);
    assert_eq!(client.orders(OrderStatus::Created).unwrap().len(), 0);
    let coverage = placed.orders().iter().next().unwrap().coverage().unwrap();
    assert!(coverage.covered.percent.unwrap() > 0.0);
}

#[test]
fn placing_a_plan_again_buys_nothing() {
    let (simulator, client) = fast();
    let order = plan(&client, "phr/display", 2);
    order.place().unwrap();
    let again = order.place().unwrap();
    assert!(again.iter().all(|one| matches!(one.outcome, OrderPlacement::Existing(_))), "{again:?}");
    assert_eq!(simulator.orders().len(), 2);
    // Another name makes another order of the same images.
    assert_eq!(order.name("again").place().unwrap().orders().len(), 2);
    assert_eq!(simulator.orders().len(), 4);
}

#[test]
fn an_order_with_a_lost_answer_is_found_and_not_sent_twice() {
    let (simulator, client) = fast();
    simulator.inject(Fault::lost_answer().on("POST /v2/orders").times(2));
    let order = plan(&client, "phr/display", 2);
    // An estimate would be retried: only placing loses its responses here.
    let placed = order.place().unwrap();
    assert_eq!((placed.orders().len(), simulator.orders().len()), (2, 2), "{placed:?}");

    // A late list hides the order: it may exist, and is reported as lost at the deadline.
    let soon = Duration::from_millis(300);
    let late = Simulator::builder().clock(Clock::manual()).list_lag(MINUTE).start().unwrap();
    let client = client_of(&late);
    late.inject(Fault::lost_answer().on("POST /v2/orders"));
    let place = || plan(&client, "phr/display", 1).timeout(soon).place().unwrap();
    let placed = repeat_until(place, is_lost);
    // Running the cell again does not change that.
    let again = place();
    assert!(is_lost(&again), "{again:?}");
    plan(&client, "phr/display", 1).name("other").place().unwrap();
    plan(&client, "phr/display", 1).name("other").place().unwrap();
    assert_eq!(late.orders().len(), 2, "the second one is known by its id, and is not listed yet");
    late.clock().advance(2 * MINUTE);
    assert_eq!((placed.refresh().unwrap().orders().len(), late.orders().len()), (1, 2));
    // Tags that the user sets do not remove the tag by which the order is found.
    placed.refresh().unwrap().orders().iter().next().unwrap().tag(["dakar"]).unwrap();
    late.clock().advance(2 * MINUTE);
    plan(&client, "phr/display", 1).place().unwrap();
    assert_eq!(late.orders().len(), 2);
}

#[test]
fn two_programs_buy_a_plan_once_despite_a_late_list() {
    let folder = tempfile::tempdir().unwrap();
    let late = Simulator::builder().clock(Clock::manual()).list_lag(MINUTE).start().unwrap();
    // Clients share only the folder, as separate programs do.
    let client = || Client::builder().simulator(late.clone()).batches(folder.path()).build().unwrap();
    let placed: Vec<_> = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| plan(&client(), "phr/display", 3).place().unwrap()));
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let ids = |index: usize| placed[index].orders().iter().map(|order| order.id.clone()).collect::<Vec<_>>();
    assert_eq!((late.orders().len(), ids(0).len()), (3, 3), "{placed:?}");
    assert_eq!(ids(0), ids(1), "the one finds what the other bought");

    // One program lost the response; the other records it as lost too.
    late.inject(Fault::lost_answer().on("POST /v2/orders"));
    let soon = Duration::from_millis(300);
    let name = |client: Client| plan(&client, "phr/display", 1).name("lost").timeout(soon).place().unwrap();
    repeat_until(|| name(client()), is_lost);
    let again = name(client());
    assert!(is_lost(&again), "{again:?}");
    late.clock().advance(2 * MINUTE);
    let again = name(client());
    assert!(matches!(again.iter().next().unwrap().outcome, OrderPlacement::Existing(_)), "{again:?}");
    assert_eq!(late.orders().len(), 4);

    // A refused order leaves no reservation.
    late.add_credits(-client().balance().unwrap());
    let name = |client: Client| plan(&client, "phr/display", 1).name("poor").place().unwrap();
    assert!(matches!(name(client()).iter().next().unwrap().outcome, OrderPlacement::Refused(_)));
    late.add_credits(10_000);
    assert!(matches!(name(client()).iter().next().unwrap().outcome, OrderPlacement::Placed(_)));
}

#[test]
fn items_are_accepted_and_refused_individually() {
    let (simulator, client) = fast();
    let square = |west: f64, side: f64| {
        let aoi = Aoi::from_bbox([west, 14.68, west + side, 14.68 + side]).unwrap();
        up42::serde_json::json!({"type": "Feature", "properties": {"name": format!("{side}")}, "geometry": aoi.to_geojson()})
    };
    let features = up42::serde_json::json!({"type": "FeatureCollection", "features": [square(-17.5, 0.01), square(-17.48, 0.5), square(-17.47, 0.02)]});
    let aoi = Aoi::from_geojson(&features.to_string()).unwrap();
    let order = scenes(&client, "spot", 1).order(&client.data_product("spot/display").unwrap()).aoi(&aoi);
    let estimate = order.estimate().unwrap();
    let (failed, second) = (estimate.failed(), &estimate[1]);
    assert!(estimate.len() == 3 && failed.len() == 1 && second.credits.is_err(), "{failed:?}");
    assert_eq!(failed[0].0, second.label);
    assert!(failed[0].1.to_string().contains("exceeds the largest of 1000 sqkm"), "{failed:?}");
    let placed = order.place().unwrap();
    assert_eq!((placed.orders().len(), placed.failed().len()), (2, 1), "{placed:?}");
    let error = order.name("limited").max_credits(100_000).place().unwrap_err();
    assert!(error.to_string().contains("` has no price: "), "{error}");
    assert!(error.to_string().contains("exceeds the largest of 1000 sqkm"), "{error}");
    assert_eq!(simulator.orders().len(), 2, "nothing was placed");
}

#[test]
fn an_exhausted_budget_or_balance_stops_the_rest() {
    let (simulator, client) = fast();
    let budgets = client.budgets().unwrap();
    let pilot = budgets.get("Pilot").unwrap();
    let order = plan(&client, "phr/display", 20);
    let prices: Vec<i64> =
        order.estimate().unwrap().iter().map(|one| *one.credits.as_ref().unwrap()).collect();
    assert!(prices.iter().sum::<i64>() > pilot.limit.unwrap(), "{prices:?}");
    let placed = order.clone().budget_id(&pilot.id).place().unwrap();
    let refused = placed.failed();
    assert!(!refused.is_empty() && placed.orders().len() > 3, "{placed:?}");
    assert!(refused.iter().all(|(_, error)| error.kind() == ErrorKind::Credits), "{refused:?}");
    let usage = client.budgets().unwrap().get("Pilot").unwrap().clone();
    assert!(usage.consumed.unwrap() <= usage.limit.unwrap() && usage.remaining.unwrap() < 100, "{usage:?}");

    simulator.add_credits(-client.balance().unwrap() + 30);
    let placed = order.name("poor").place().unwrap();
    let refused = placed.failed();
    assert!(refused.len() > 10 && refused.iter().all(|(_, error)| error.kind() == ErrorKind::Credits));
    let error = plan(&client, "phr/display", 3).name("dear").max_credits(5).place().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credits);
    assert!(error.to_string().contains("more than the limit of 5: raise `.max_credits(…)`"), "{error}");
}

#[test]
fn a_plan_with_max_credits_requests_its_prices_once() {
    let (simulator, client) = fast();
    let placed = plan(&client, "phr/display", 20).max_credits(1_000_000).place().unwrap();
    let requests = simulator.requests();
    let estimates = requests.iter().filter(|request| request.path == "/v2/orders/estimate").count();
    assert_eq!((placed.orders().len(), estimates), (20, 20), "each scene once");
}

#[test]
fn a_product_without_an_accepted_licence_is_not_bought() {
    let (simulator, client) = fast();
    let product = client.data_product("pneo/display").unwrap();
    assert_eq!(product.eula, EulaState::NotAccepted);
    let order = scenes(&client, "pneo", 1).order(&product).aoi(harbour());
    assert!(order.estimate().unwrap().total() > 0, "a price may be known");
    let error = order.place().unwrap_err();
    assert!(error.to_string().contains("the EULA of data product `pneo/display` is not accepted"), "{error}");
    assert!(simulator.orders().is_empty());
    simulator.accept_eula(product.eula_id.as_ref().unwrap());
    assert_eq!(order.place().unwrap().orders().len(), 1);
}

#[test]
fn invalid_plans_are_refused_without_a_request() {
    let (simulator, client) = fast();
    let message = |plan: OrderPlan| plan.place().unwrap_err().to_string();
    let good = || plan(&client, "phr/display", 1);
    assert!(
        message(good().param("pixelCoding", "9bits"))
            .ends_with("parameter `pixelCoding`: `9bits` is none of `8bits`, `12bits`")
    );
    assert!(
        message(good().param("pixelcoding", "8bits"))
            .contains("there is no parameter `pixelcoding`: did you mean `pixelCoding`, ")
    );
    assert!(
        message(good().param("licenseSeats", 500))
            .ends_with("parameter `licenseSeats`: 500 is more than 100")
    );
    let display = client.data_product("phr/display").unwrap();
    assert!(
        message(scenes(&client, "spot", 1).order(&display).aoi(harbour()))
            .contains("order the scenes of each collection apart")
    );
    assert!(
        message(scenes(&client, "phr", 1).order(&display))
            .ends_with("it has no area: give one by `.aoi(&aoi)`")
    );
    let far = Aoi::from_bbox([10.0, 50.0, 10.1, 50.1]).unwrap();
    assert!(message(good().aoi(far)).contains("lies over no part of the area"));
    assert!(message(display.order().aoi(harbour())).contains("it has no scenes: search for some"));
    assert!(simulator.orders().is_empty());
    let sent = simulator.requests().iter().filter(|request| request.path.starts_with("/v2/orders")).count();
    assert_eq!(sent, 0);
}

#[test]
fn orders_can_fail_hang_be_cancelled_and_have_unknown_statuses() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let client = client_of(&simulator);
    let before = client.balance().unwrap();
    simulator.inject(Fault::failing_job("FAILED_PERMANENTLY").on("POST /v2/orders"));
    let failing = plan(&client, "phr/display", 1).name("failing").place().unwrap().orders();
    assert!(client.balance().unwrap() < before, "held");
    let cancelled = plan(&client, "phr/display", 1).name("cancelled").place().unwrap().orders();
    let cancelled = cancelled.iter().next().unwrap();
    assert_eq!(cancelled.cancel().unwrap().status, OrderStatus::Cancelled);
    assert_eq!(cancelled.cancel().unwrap().status, OrderStatus::Cancelled, "and again");

    simulator.clock().advance(10 * MINUTE);
    let failed = failing.refresh().unwrap();
    let failed = failed.iter().next().unwrap();
    assert!(failed.status == OrderStatus::FailedPermanently && failed.status.is_failed());
    assert_eq!((client.balance().unwrap(), failed.cost().unwrap()), (before, None), "released");
    let error = failed.cancel().unwrap_err().to_string();
    assert!(error.contains("it is failed permanently: only an order that is created"), "{error}");

    simulator.inject(Fault::unknown_status("ON_THE_MOON").on("GET /v2/orders"));
    let odd = client.order(&failed.id).unwrap();
    assert_eq!(odd.status, OrderStatus::Unknown("ON_THE_MOON".into()));
    assert!(!odd.status.is_terminal());
    let error = client.orders(OrderFilter::new().status(["fullfilled"])).unwrap_err().to_string();
    assert!(error.contains("there is no order status `FULLFILLED`"), "{error}");
    let error = client.order("../users").unwrap_err().to_string();
    assert!(error.contains("`../users` is not a valid order id: "), "{error}");
}

#[test]
fn a_mosaic_is_ordered_part_by_part() {
    let (_, client) = fast();
    let aoi = Aoi::from_bbox([-17.55, 14.55, -17.15, 14.95]).unwrap();
    let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    let mosaic = client.catalog().search(search).unwrap().mosaic(&aoi).unwrap();
    let order = mosaic.order(&client.data_product("phr/display").unwrap());
    let km2: f64 = order.items().unwrap().iter().map(|item| item.area_km2()).sum();
    assert!((km2 / (aoi.area_km2() * mosaic.percent() / 100.0) - 1.0).abs() < 0.01, "{km2}");
    let error = order.aoi(&aoi).items().unwrap_err().to_string();
    assert!(error.ends_with("a mosaic has the areas already: leave `.aoi(…)` out"), "{error}");
}

#[test]
fn orders_persist_with_a_simulator_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::simulator_in(folder.path()).unwrap();
    let placed = plan(&client, "phr/display", 1).place().unwrap();
    let id = placed.orders().iter().next().unwrap().id.clone();
    drop((client, placed));
    let client = Client::simulator_in(folder.path()).unwrap();
    assert_eq!(client.order(&id).unwrap().id, id);
    client.as_simulator().unwrap().clock().advance(10 * MINUTE);
    assert!(client.order(&id).unwrap().cost().unwrap().is_some());
}
