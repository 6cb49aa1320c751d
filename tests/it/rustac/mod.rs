//! Tests of searches on servers over files, compared with a pass over their items: 31 questions to
//! each server, checked by [`brute`].

mod server;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use up42::catalog::Catalog;

use crate::pgstac::{Question, ask, brute, random};
use server::Servers;

/// Number of questions to each server.
const QUESTIONS: usize = 31;

/// Returns the questions, the same in each run, each with at least one result.
fn questions(items: &[brute::Item]) -> Vec<Question> {
    let strategy = random::question(items.to_vec());
    let mut runner = TestRunner::deterministic();
    let questions = std::iter::repeat_with(|| strategy.new_tree(&mut runner).unwrap().current());
    questions.filter(|one| !one.wanted.of(items).is_empty()).take(QUESTIONS).collect()
}

/// Sends the questions to a server, and returns the ones with another result than the items give.
fn wrong(url: &str, items: &[brute::Item], questions: &[Question]) -> Vec<String> {
    let catalog = Catalog::stac(url).unwrap();
    let numbered = questions.iter().enumerate();
    numbered.filter_map(|(nth, one)| Some(format!("{nth}: {}", ask(&catalog, items, one).err()?))).collect()
}

#[test]
fn all_searches_work_without_filter_and_sort_support() {
    let Some(servers) = Servers::started() else { return };
    let items = brute::items(&servers.folder);
    assert_eq!(wrong(&servers.memory, &items, &questions(&items)), [""; 0]);
}

#[test]
fn all_searches_work_without_pages() {
    let Some(servers) = Servers::started() else { return };
    let items = brute::items(&servers.folder);
    assert_eq!(wrong(&servers.duckdb, &items, &questions(&items)), [""; 0]);
}

/// Checks a server that sorts and pages each collection separately, so each question has one
/// collection.
#[test]
fn all_searches_work_with_sorting_by_unprefixed_names() {
    let Some(servers) = Servers::started() else { return };
    let items = brute::items(&servers.folder);
    let about_one = |question: Question| {
        let collection = question.wanted.of(&items)[0].collection.clone();
        let search = question.search.collections([&collection]);
        Question { search, wanted: brute::Wanted { collections: vec![collection], ..question.wanted } }
    };
    let questions: Vec<_> = questions(&items).into_iter().map(about_one).collect();
    assert_eq!(wrong(&servers.geoparquet, &items, &questions), [""; 0]);
}
