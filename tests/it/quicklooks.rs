use std::path::Path;

use up42::Client;
use up42::catalog::{Quicklooks, Scenes, Search};
use up42::simulator::Simulator;

use crate::server::{Server, answer};
use crate::{client_of, dakar};

fn scenes(client: &Client) -> Scenes {
    client.catalog().search(Search::new(dakar()).between("2018-01-01", "2020-12-31").limit(6)).unwrap()
}

fn pictures(quicklooks: &Quicklooks) -> Vec<Vec<u8>> {
    quicklooks.iter().map(|one| one.picture().unwrap().to_vec()).collect()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn cached_quicklooks_are_not_requested_again() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    let catalog = client.catalog().cache(folder.path());
    let scenes = scenes(&client);
    let first = catalog.download_quicklooks(&scenes).unwrap();
    let before = simulator.requests().len();
    let again = client.catalog().cache(folder.path()).download_quicklooks(&scenes).unwrap();
    assert_eq!((pictures(&again), simulator.requests().len()), (pictures(&first), before));
    assert_eq!(files(folder.path()).len(), scenes.len());

    let broken = &files(folder.path())[0];
    std::fs::write(broken, "not a picture").unwrap();
    let healed = catalog.download_quicklooks(&scenes).unwrap();
    assert_eq!(pictures(&healed), pictures(&first));
    let fetched = simulator.requests().iter().skip(before).filter(|request| request.storage).count();
    assert_eq!(fetched, 1, "the broken one alone");

    let before = simulator.requests().len();
    catalog.without_cache().download_quicklooks(&scenes).unwrap();
    assert!(simulator.requests().len() >= before + scenes.len());
    for file in files(folder.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        assert!(!text.contains("http") && !text.contains("ignature"));
    }
}

#[test]
fn catalogs_in_a_shared_cache_are_separate() {
    let folder = tempfile::tempdir().unwrap();
    for seed in [1, 2] {
        let client = client_of(&Simulator::builder().seed(seed).start().unwrap());
        let scenes = scenes(&client);
        let kept = client.catalog().cache(folder.path()).download_quicklooks(&scenes).unwrap();
        let fresh = client.catalog().without_cache().download_quicklooks(&scenes).unwrap();
        assert_eq!(pictures(&kept), pictures(&fresh));
    }
    assert_eq!(files(folder.path()).len(), 12);
}

#[test]
fn an_endless_picture_is_refused() {
    let host = Server::start(|_| answer(200, "Content-Length: 40000000\r\n", b"\xff\xd8"));
    let item = format!(r#"{{"id": "a", "assets": {{"thumbnail": {{"href": "{}/a.jpg"}}}}}}"#, host.url);
    let scenes = Scenes::from_geojson(&item).unwrap();
    let client = Client::simulator().unwrap();
    let quicklooks = client.catalog().download_quicklooks(&scenes).unwrap();
    let outcome = format!("{:?}", quicklooks.iter().next().unwrap().outcome);
    assert_eq!(outcome, "failed: quicklook of `a`: GET /a.jpg: the answer is larger than 33 MB");
}

#[test]
fn a_saved_gallery_needs_no_other_files() {
    let client = Client::simulator().unwrap();
    let quicklooks = client.catalog().download_quicklooks(&scenes(&client)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gallery.html");
    quicklooks.gallery().save_html(&file).unwrap();
    let page = std::fs::read_to_string(file).unwrap();
    assert_eq!(page.matches("<img").count(), 6);
    for outside in ["src=\"http", "href=", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}
