//! Journals that former versions wrote.

use super::*;

/// What the crate wrote before there were other services than workflows.
#[test]
fn a_journal_of_the_first_version_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        r#"CREATE TABLE batch (name TEXT, run TEXT, host TEXT, project TEXT, workflow TEXT, workflow_name TEXT,
                               created TEXT);
           CREATE TABLE item  (item INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT, inputs TEXT);
           CREATE TABLE event (seq INTEGER PRIMARY KEY, at TEXT, item INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT);
           CREATE TABLE wish  (wish TEXT PRIMARY KEY);
           PRAGMA user_version = 1;
           INSERT INTO batch VALUES ('a', '0a1b2c3d', 'api.up42.com', 'p', 'w', 'airports', '2020-01-01T00:00:00Z');
           INSERT INTO item VALUES (0, 'k', 'Dakar', '{"s2:1": {"limit": 1}}');
           INSERT INTO event VALUES (1, '2020-01-01T00:00:01Z', 0, 'intent', '{"ms":1577836801000}');
           INSERT INTO event VALUES (2, '2020-01-01T00:00:02Z', 0, 'submitted',
               '{"id":"j","name":"n","status":"NOT_STARTED","createdAt":null,"startedAt":null,"finishedAt":null}');"#,
    )
    .unwrap();
    drop(old);
    let mut journal = Journal::open(&path).unwrap().unwrap();
    let head = journal.head().unwrap();
    assert_eq!((head.owner.kind, head.owner.id.as_str()), (Kind::Workflow, "w"));
    assert_eq!((head.owner.place.as_str(), head.owner.name.as_str()), ("p", "airports"));
    journal.add(&[item(1)]).unwrap();
    journal
        .append(&[Event::Seen { item: 0, job: Job::new("j", crate::jobs::JobStatus::Succeeded) }])
        .unwrap();
    let again = Journal::open(&path).unwrap().unwrap();
    let mut state = begin();
    assert!(again.events().unwrap().iter().all(|event| state.apply(event)));
    assert!(state.phase(0).has_succeeded() && again.items().unwrap().len() == 2);
    assert_eq!(again.head().unwrap(), head);
}

/// What it wrote before a batch kept the budget that pays.
#[test]
fn a_journal_of_the_second_version_learns_who_pays() {
    let folder = tempfile::tempdir().unwrap();
    for version in [1, 2] {
        let path = folder.path().join(format!("{version}.sqlite"));
        let old = Connection::open(&path).unwrap();
        let service = if version == 2 { ", service TEXT" } else { "" };
        old.execute_batch(&format!(
            "CREATE TABLE batch (name TEXT, run TEXT, host TEXT, project TEXT, workflow TEXT, workflow_name TEXT,
                                 created TEXT{service});
             CREATE TABLE item  (item INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT, inputs TEXT);
             CREATE TABLE event (seq INTEGER PRIMARY KEY, at TEXT, item INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT);
             CREATE TABLE wish  (wish TEXT PRIMARY KEY);
             PRAGMA user_version = {version};
             INSERT INTO batch (name, run, host, project, workflow, workflow_name, created)
                 VALUES ('a', '0a1b2c3d', 'api.up42.com', 'p', 'w', 'airports', '2020-01-01T00:00:00Z');",
        ))
        .unwrap();
        if version == 2 {
            old.execute_batch("UPDATE batch SET service = 'process'").unwrap();
        }
        drop(old);
        let mut journal = Journal::open(&path).unwrap().unwrap();
        let before = journal.head().unwrap();
        assert_eq!(before.owner.budget, None);
        journal.charge_to(None).unwrap();
        assert_eq!(journal.version().unwrap(), version, "nothing to be said");
        for budget in [Some("pilot"), Some("other"), None] {
            journal.charge_to(budget.map(str::to_owned)).unwrap();
            let head = Journal::open(&path).unwrap().unwrap().head().unwrap();
            assert_eq!(head.owner.budget.as_deref(), budget);
            assert_eq!((&head.owner.kind, &head.run), (&before.owner.kind, &before.run));
        }
    }
}
