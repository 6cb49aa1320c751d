//! Tests of the storage: items, their files, and their deletion.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Duration;

use up42::serde_json::{Value, json};

use up42::catalog::{Op, Search};
use up42::orders::{OrderStatus, PlacedOrders};
use up42::simulator::{Clock, Fault, Simulator};
use up42::{Aoi, Client, ErrorKind};

use crate::server::{Server, answer, json as answer_json};
use crate::{client_of, harbour};

const MINUTE: Duration = Duration::from_secs(60);

/// Starts a platform with a manual clock, and orders that were delivered on it.
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
    (simulator, client, placed.refresh().unwrap())
}

#[test]
fn orders_and_their_items_refer_to_each_other() {
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
fn files_are_complete_despite_expired_urls_and_broken_connections() {
    let (simulator, _, placed) = delivered("phr/display", 1);
    let items = placed.items().unwrap();
    let folder = tempfile::tempdir().unwrap();
    simulator.inject(Fault::expired_url().times(2));
    simulator.inject(Fault::cut_off_after(2_000).on("GET /assets").times(2));
    let files = items.download(folder.path()).unwrap();
    assert_eq!((files.paths().len(), files.failed().len()), (2, 0), "{:?}", files.to_dataframe());
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
    let output = format!("{files:?} {:?} {:?}", files.iter().collect::<Vec<_>>(), files.to_dataframe());
    assert!(files.failed().len() == 2 && output.contains("GET a signed URL: 403"), "{output}");
    assert!(!output.contains("ignature") && !output.contains("Expires="), "{output}");
}

/// Starts a storage that supports ranges, with an item that has these assets and an id that cannot
/// name a folder. Each file contains its asset's name, 1,000 times.
fn storage_of(assets: &'static [&'static str]) -> Server {
    Server::start(move |request| {
        let path = request.split(' ').nth(1).unwrap();
        let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        match path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["realms", ..] => answer_json(json!({"access_token": "t0ken", "expires_in": u64::MAX})),
            ["v2", "assets", "stac"] => answer_json(json!({"conformsTo": [], "links": [
                {"rel": "search", "href": "/v2/assets/stac/search", "method": "POST"},
            ]})),
            ["v2", "assets", "stac", "search"] => {
                let files = assets.iter().enumerate().map(|(index, name)| {
                    let href = format!("http://{host}/v2/assets/{index}");
                    (name.to_string(), json!({"href": href, "type": "image/tiff", "roles": ["data"]}))
                });
                let item = json!({"type": "Feature", "id": "i:1", "collection": "c-1", "geometry": null,
                    "properties": {"datetime": "2020-01-01T00:00:00Z"},
                    "assets": Value::Object(files.collect())});
                answer_json(json!({"type": "FeatureCollection", "features": [item]}))
            }
            ["v2", "assets", index, "download-url"] => {
                answer_json(json!({"url": format!("http://{host}/files/{index}")}))
            }
            ["files", index] => {
                let body = content(assets[index.parse::<usize>().unwrap()]);
                let range = request.lines().find_map(|line| line.strip_prefix("range: bytes="));
                match range.and_then(|range| range.trim_end_matches('-').parse::<usize>().ok()) {
                    Some(from) if from >= body.len() => answer(416, "", b""),
                    Some(from) => {
                        let range = format!("{from}-{}/{}", body.len() - 1, body.len());
                        answer(
                            206,
                            &format!("ETag: \"a\"\r\nContent-Range: bytes {range}\r\n"),
                            &body[from..],
                        )
                    }
                    None => answer(200, "ETag: \"a\"\r\n", &body),
                }
            }
            _ => answer(404, "", b""),
        }
    })
}

fn content(asset: &str) -> Vec<u8> {
    asset.repeat(1000).into_bytes()
}

/// Returns the only folder in a folder, which is the item's.
fn item_in(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).unwrap();
    let item = entries.next().unwrap().unwrap().path();
    assert!(item.is_dir() && entries.next().is_none(), "{}", item.display());
    item
}

/// Returns the files in the item's folder, without hidden ones.
fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(item_in(folder)).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    files
        .filter(|(name, _)| !name.starts_with('.'))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn concurrent_downloads_to_one_folder_load_files_once() {
    const MANY: usize = 6;
    let server = storage_of(&["multispectral", "panchromatic"]);
    let folder = tempfile::tempdir().unwrap();
    let barrier = Barrier::new(MANY);
    std::thread::scope(|scope| {
        for _ in 0..MANY {
            scope.spawn(|| {
                let items = server.client().build().unwrap().storage().items().unwrap();
                barrier.wait();
                let files = items.download(folder.path()).unwrap();
                assert_eq!((files.paths().len(), files.failed().len()), (2, 0), "{:?}", files.to_dataframe());
            });
        }
    });
    assert_eq!(server.requests_to("GET /files").len(), 2);
    let files = files_of(folder.path());
    let expected = ["multispectral", "panchromatic"].map(|name| (format!("{name}.tif"), content(name)));
    assert_eq!(files, BTreeMap::from(expected), "and nothing else is left");
}

#[test]
fn a_foreign_file_is_neither_used_nor_changed() {
    let server = storage_of(&["data"]);
    let items = server.client().build().unwrap().storage().items().unwrap();
    let whole = content("data");
    for (known, is_whole) in [
        (whole.clone(), true),
        ([whole.clone(), b"x".to_vec()].concat(), false),
        (whole[1..].to_vec(), false),
        (Vec::new(), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        items.download(folder.path()).unwrap();
        let item = item_in(folder.path());
        let path = item.join("data.tif");
        std::fs::remove_dir_all(item.join(".up42")).unwrap();
        std::fs::write(&path, &known).unwrap();
        let files = items.download(folder.path()).unwrap();
        assert_eq!(files.failed().is_empty(), is_whole, "{} bytes: {files:?}", known.len());
        assert!(is_whole || files.failed()[0].1.to_string().contains("move it away"));
        assert_eq!(std::fs::read(&path).unwrap(), known);
    }
    // A downloaded file is recognised, but not after it was changed.
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(items.download(folder.path()).unwrap().bytes(), 4000);
    let requests = server.requests_to("").len();
    assert_eq!(items.download(folder.path()).unwrap().bytes(), 4000);
    assert_eq!(server.requests_to("").len(), requests);
    std::fs::write(item_in(folder.path()).join("data.tif"), "cut").unwrap();
    assert_eq!(items.download(folder.path()).unwrap().failed().len(), 1);
}

#[test]
fn each_asset_has_its_own_file_on_every_system() {
    const NAMES: [&str; 6] = ["B1", "b1", "b1.tif", "nul", "a:b", "b2."];
    let server = storage_of(&NAMES);
    let items = server.client().build().unwrap().storage().items().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // A single asset has the same file name as it has among all.
    assert_eq!(items.download_only("b1", folder.path()).unwrap().len(), 1);
    let files = items.download(folder.path()).unwrap();
    assert_eq!((files.len(), files.failed().len()), (6, 0), "{:?}", files.to_dataframe());
    for file in &files {
        assert_eq!(std::fs::read(&file.path).unwrap(), content(&file.asset));
    }
    let names = files_of(folder.path()).into_keys();
    let names: std::collections::BTreeSet<_> = names.map(|name| name.to_lowercase()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert!(names.iter().all(|name| !name.starts_with("nul") && !name.contains(':') && !name.ends_with('.')));
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
    items.download_quicklooks().unwrap().to_map(&harbour()).save_html(&page).unwrap();
    assert!(std::fs::metadata(page).unwrap().len() > 50_000);
}

#[test]
fn only_whole_collections_are_deleted_after_confirmation() {
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
