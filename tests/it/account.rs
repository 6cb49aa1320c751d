//! Tests of the account: credits, workspaces, budgets.

use up42::catalog::Search;
use up42::client::Region;
use up42::orders::OrderPlacement;
use up42::serde_json::json;
use up42::simulator::Simulator;
use up42::{Aoi, Client};

use crate::client_of;
use crate::server::{Server, answer, json as answer_json};

#[test]
fn both_kinds_of_login_have_the_same_workspace() {
    let simulator = Simulator::start().unwrap();
    let account = client_of(&simulator);
    let builder = Client::builder().simulator(simulator.clone());
    let project = builder.project(Simulator::PROJECT_ID, Simulator::PROJECT_API_KEY).build().unwrap();
    assert_eq!(account.workspace().unwrap().id, project.workspace().unwrap().id);
    assert_eq!(account.workspace().unwrap().email.as_deref(), Some(Simulator::USERNAME));
    let requests = || simulator.requests().iter().filter(|one| one.path.ends_with("/userinfo")).count();
    assert_eq!((account.clone().workspace().is_ok(), requests()), (true, 1), "it is asked for once");
    assert_eq!((account.region(), account.workspace().unwrap().region), (None, None));
    let sa = Client::builder().account("me", "hunter2").region(Region::Sa).build().unwrap();
    assert_eq!(sa.region(), Some(Region::Sa));
}

#[test]
fn the_balance_is_read_from_the_newer_endpoint_if_needed() {
    let server = Server::start(|request| match request.split(' ').nth(1).unwrap() {
        "/v2/payments/balances" => answer_json(json!({"available": {"amount": 1234.0, "unit": "CREDIT"}})),
        path if path.starts_with("/realms/") => answer_json(json!({"access_token": "t", "expires_in": 300})),
        _ => answer(404, "", br#"{"title": "Resource does not exist.", "status": 404}"#),
    });
    assert_eq!(server.client().build().unwrap().balance().unwrap(), 1234);
    let gone = Server::start(|request| match request.contains("/realms/") {
        true => answer_json(json!({"access_token": "t", "expires_in": 300})),
        false => answer(404, "", br#"{"title": "Resource does not exist.", "status": 404}"#),
    });
    let error = gone.client().build().unwrap().balance().unwrap_err().to_string();
    assert!(error.starts_with("read the credits: GET /accounts/me/credits/balance: 404"), "{error}");
}

#[test]
fn an_account_with_enforced_budgets_refuses_orders_without_one() {
    let simulator = Simulator::builder().budgets_enforced().start().unwrap();
    let client = client_of(&simulator);
    let budgets = client.budgets().unwrap();
    assert_eq!(budgets.is_enforced(), Some(true));
    let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72]).unwrap();
    let scenes = client.catalog().search(Search::new(&aoi).collections(["phr"]).limit(1)).unwrap();
    let plan = scenes.order(&client.data_product("phr/display").unwrap()).aoi(&aoi);
    let placed = plan.place().unwrap();
    let debug = format!("{placed:?} {:?}", placed.iter().collect::<Vec<_>>());
    assert!(debug.contains("A budget is required: budgets are enforced in this account"), "{debug}");
    let closed = plan.clone().budget_id(&budgets.get("Last year").unwrap().id).place().unwrap();
    assert!(matches!(closed.iter().next().unwrap().outcome, OrderPlacement::Refused(_)));

    let mapping = budgets.get("Mapping").unwrap();
    let order = plan.budget_id(&mapping.id).place().unwrap().orders().iter().next().unwrap().clone();
    assert_eq!(order.budget_id.as_deref(), Some(mapping.id.as_str()));
    assert!(mapping.usage().unwrap() > 0);
    assert!(client.budget(&mapping.id).unwrap().consumed.unwrap() > 0);
    assert_eq!(order.set_budget(None).unwrap().budget_id, None);
    assert_eq!(budgets.to_dataframe().unwrap().shape(), (3, 10));
}

#[test]
fn a_history_that_grows_while_it_is_read_counts_entries_once() {
    let entry = |order: usize| json!({"type": "ORDER", "createdAt": format!("2026-01-01T00:{order:02}:00Z"), "delta": -1, "details": {"orderId": order.to_string()}});
    // An order is paid between the two pages, so the second page begins with the last entry of the
    // first.
    let server = Server::start(move |request| {
        let page = |orders: &[usize]| {
            let content: Vec<_> = orders.iter().map(|order| entry(*order)).collect();
            answer_json(json!({"data": {"content": content, "totalPages": 2}, "error": null}))
        };
        match request.split_once("page=").map(|(_, page)| page.as_bytes()[0]) {
            Some(b'0') => page(&[3, 2]),
            Some(_) => page(&[2, 1]),
            None => answer_json(json!({"access_token": "t", "expires_in": 300})),
        }
    });
    let history = server.client().build().unwrap().credit_history().unwrap();
    assert_eq!((history.len(), history.spent()), (3, 3), "{history:?}");
}

#[test]
fn a_list_without_a_page_count_is_read_to_its_end() {
    let entry = |order: usize| json!({"type": "ORDER", "createdAt": format!("2026-01-01T00:{order:02}:00Z"), "delta": -1, "details": {"orderId": order.to_string()}});
    let read = |page_of: fn(usize) -> (Vec<usize>, Option<bool>)| {
        let server = Server::start(move |request| {
            let Some((_, page)) = request.split_once("page=") else {
                return answer_json(json!({"access_token": "t", "expires_in": 300}));
            };
            let (orders, last) = page_of(page.split(['&', ' ']).next().unwrap().parse().unwrap());
            let content: Vec<_> = orders.into_iter().map(entry).collect();
            let mut page = json!({"content": content});
            if let Some(last) = last {
                page["last"] = last.into();
            }
            answer_json(json!({"data": page, "error": null}))
        });
        let history = server.client().build().unwrap().credit_history().map(|history| history.len());
        (history, server.requests_to("GET ").iter().filter(|one| one.contains("page=")).count())
    };
    let whole = |(history, pages): (up42::Result<usize>, usize)| (history.unwrap(), pages);
    fn three(page: usize) -> Vec<usize> {
        if page < 3 { vec![2 * page, 2 * page + 1] } else { Vec::new() }
    }
    assert_eq!(whole(read(|page| (three(page), None))), (6, 4));
    assert_eq!(whole(read(|page| (three(page), Some(page == 2)))), (6, 3));
    assert_eq!(whole(read(|_| (vec![1, 2], None))), (2, 2), "it knows no pages, and repeats the first");
    let (endless, pages) = read(|_| (vec![1, 2], Some(false)));
    let message = endless.unwrap_err().to_string();
    assert!(
        message.contains("the list repeats itself: 10 pages after page 1 have the same entries"),
        "{message}"
    );
    assert_eq!(pages, 12);
}
