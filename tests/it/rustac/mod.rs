//! Searches of servers on files, compared with a pass over the items that they hold: 31
//! questions to each, judged by [`brute`].

mod server;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use up42::catalog::Catalog;

use crate::pgstac::{Question, ask, brute, random};
use server::Servers;

/// Questions to each server.
const QUESTIONS: usize = 31;

/// The same ones in each run, of which something is to be found.
fn questions(items: &[brute::Item]) -> Vec<Question> {
    let strategy = random::question(items.to_vec());
    let mut runner = TestRunner::deterministic();
    let questions = std::iter::repeat_with(|| strategy.new_tree(&mut runner).unwrap().current());
    questions.filter(|one| !one.wanted.of(items).is_empty()).take(QUESTIONS).collect()
}

/// Asks a server, and tells the questions that it answers otherwise than the items do.
fn wrong(url: &str, items: &[brute::Item], questions: &[Question]) -> Vec<String> {
    let catalog = Catalog::stac(url).unwrap();
    let asked = questions.iter().enumerate();
    asked.filter_map(|(nth, one)| Some(format!("{nth}: {}", ask(&catalog, items, one).err()?))).collect()
}

#[test]
fn a_server_that_neither_filters_nor_sorts_answers_all() {
    let Some(servers) = Servers::started() else { return };
    let items = brute::items(&servers.folder);
    assert_eq!(wrong(&servers.memory, &items, &questions(&items)), [""; 0]);
}

#[test]
fn a_server_without_pages_answers_all() {
    let Some(servers) = Servers::started() else { return };
    let items = brute::items(&servers.folder);
    assert_eq!(wrong(&servers.duckdb, &items, &questions(&items)), [""; 0]);
}

/// It sorts and pages each collection by itself, so each question is about one.
#[test]
fn a_server_that_sorts_by_bare_names_answers_all() {
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
