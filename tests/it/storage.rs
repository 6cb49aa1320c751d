//! What was bought: items of the storage, their files, and how they go.

use std::time::Duration;

use up42::simulator::{Clock, Fault, Simulator};
use up42::{Aoi, Client, ErrorKind, Op, OrderStatus, PlacedOrders, Search};

use crate::{client_of, harbour};

const MINUTE: Duration = Duration::from_secs(60);

/// A platform whose clock stands still, and orders that were delivered on it.
fn delivered(product: &str, orders: usize) -> (Simulator, Client, PlacedOrders) {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let client = client_of(&simulator);
    let collection = product.split('/').next().unwrap();
    let search = Search::new(harbour()).collections([collection]).limit(orders);
    let scenes = client.catalog().search(search).unwrap();
    let plan = scenes.order(&client.data_product(product).unwrap()).aoi(harbour()).tags(["harbour"]);
    let placed = plan.place().unwrap();
    assert!(placed.items().unwrap().is_empty(), "nothing is there before it is delivered");
    simulator.clock().advance(10 * MINUTE);
    (simulator, client, placed.track().unwrap())
}

#[test]
fn orders_lead_to_their_items_and_items_to_their_order() {
    let (_, client, placed) = delivered("phr/analytic", 2);
    assert!(placed.orders().iter().all(|order| order.status == OrderStatus::Fulfilled));
    let items = placed.items().unwrap();
    assert_eq!(items.len(), 4, "two images of each order");
    for order in &placed.orders() {
        let own = order.items().unwrap();
        assert_eq!(own.len(), 2);
        assert!(own.iter().all(|item| item.order().unwrap().id == order.id));
    }
    let storage = client.storage();
    let found = |search: Search| storage.search(search).unwrap().len();
    assert_eq!((found(Search::anywhere()), found(Search::anywhere().limit(3))), (4, 3));
    let some = storage.search(Search::anywhere().limit(3)).unwrap();
    assert!(some.has_more() && !storage.items().unwrap().has_more());
    assert_eq!(format!("{some:?}"), "3 items of the storage, and it has more");
    assert_eq!(found(Search::anywhere().filter("up42-product:modality", Op::Eq, "panchromatic")), 2);
    assert_eq!(found(Search::new(harbour())), 4);
    assert_eq!(found(Search::new(Aoi::from_bbox([10.0, 50.0, 10.1, 50.1]).unwrap())), 0);
    assert_eq!(storage.collections().unwrap().len(), 2);
    let frame = items.to_dataframe().unwrap();
    assert_eq!((frame.height(), items.select(&frame).unwrap().len()), (4, 4));
    assert_eq!(items.scenes().coverage(&harbour()).percent().round(), 100.0);
}

#[test]
fn files_come_whole_though_their_urls_end_and_lines_break() {
    let (simulator, _, placed) = delivered("phr/display", 1);
    let items = placed.items().unwrap();
    let folder = tempfile::tempdir().unwrap();
    simulator.inject(Fault::expired_url().times(2));
    simulator.inject(Fault::cut_off_after(2_000).on("GET /assets").times(2));
    let files = items.download(folder.path()).unwrap();
    assert_eq!((files.paths().len(), files.failed().count()), (2, 0), "{:?}", files.to_dataframe());
    let asset = |name: &str| files.iter().find(|file| file.asset == name).unwrap();
    let raster = std::fs::read(&asset("multispectral").path).unwrap();
    assert!(raster.starts_with(b"II*\0") || raster.starts_with(b"MM\0*"), "a TIFF");
    assert!(std::fs::read(&asset("thumbnail").path).unwrap().starts_with(&[0xff, 0xd8]), "a JPEG");

    let before = simulator.requests().len();
    assert_eq!(items.download(folder.path()).unwrap().bytes(), files.bytes());
    assert_eq!(simulator.requests().len(), before, "what is there is not asked for again");

    let elsewhere = folder.path().join("data");
    assert_eq!(items.download_only("data", &elsewhere).unwrap().len(), 1);
    simulator.inject(Fault::expired_url().always());
    let files = items.download(folder.path().join("never")).unwrap();
    let told = format!("{files:?} {:?} {:?}", files.iter().collect::<Vec<_>>(), files.to_dataframe());
    assert!(files.failed().count() == 2 && told.contains("GET a signed URL: 403"), "{told}");
    assert!(!told.contains("ignature") && !told.contains("Expires="), "{told}");
}

#[test]
fn items_are_named_tagged_and_shown_on_a_map() {
    let (_, client, placed) = delivered("phr/display", 1);
    let items = placed.items().unwrap();
    let item = items.iter().next().unwrap();
    assert_eq!(item.tags[0], "harbour");
    let item = item.rename("The harbour").unwrap().tag(["a", "b"]).unwrap();
    assert_eq!((item.title.as_deref(), item.tags.len()), (Some("The harbour"), 2));
    let found =
        client.storage().search(Search::anywhere().filter("up42-user:title", Op::Eq, "The harbour")).unwrap();
    assert_eq!(found.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("items.html");
    items.map(&harbour()).unwrap().save_html(&page).unwrap();
    assert!(std::fs::metadata(page).unwrap().len() > 50_000);
}

#[test]
fn only_whole_collections_go_and_only_when_it_is_confirmed() {
    let (_, client, placed) = delivered("phr/analytic", 2);
    let items = placed.items().unwrap();
    let one = items.select_ids([items.iter().next().unwrap().id()]).unwrap();
    let deletion = one.delete().unwrap();
    assert!(!deletion.is_whole());
    assert_eq!(format!("{deletion:?}"), "1 item in 1 collection, with 1 other that cannot stay behind");
    let error = deletion.confirm().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("only whole collections can be deleted"), "{error}");

    let order = placed.orders().iter().next().unwrap().clone();
    let deletion = order.items().unwrap().delete().unwrap();
    assert!(deletion.is_whole());
    assert_eq!(client.storage().items().unwrap().len(), 4, "nothing is deleted yet");
    deletion.confirm().unwrap();
    assert_eq!(client.storage().items().unwrap().len(), 2);
    assert!(order.items().unwrap().is_empty());
}
