//! Shows what can be bought, what was ordered, and what is in the storage.

use up42::{Client, OrderFilter, Search, Show};

use super::platform;
use super::show::shown;

pub fn all(client: &Client) {
    shown("workspace");
    client.workspace().unwrap().evcxr_display();
    glossary(client);
    orders(client);
    tasking(client);
    storage(client);
}

fn glossary(client: &Client) {
    let collections = client.collections().unwrap();
    shown("buy-collections");
    collections.evcxr_display();
    shown("buy-collections-frame");
    collections.to_dataframe().unwrap().show();
    for (index, collection) in collections.iter().enumerate() {
        shown(&format!("buy-collection-{index}"));
        collection.evcxr_display();
    }
    let products = collections.products();
    shown("buy-products");
    products.evcxr_display();
    for (index, product) in products.iter().enumerate().take(8) {
        shown(&format!("buy-product-{index}"));
        product.evcxr_display();
    }
    let parameters = products.iter().next().unwrap().parameters().unwrap();
    shown("buy-parameters");
    parameters.evcxr_display();
    for (index, parameter) in parameters.iter().enumerate() {
        shown(&format!("buy-parameter-{index}"));
        parameter.evcxr_display();
    }
    let budgets = client.budgets().unwrap();
    shown("budgets");
    budgets.evcxr_display();
    for (index, budget) in budgets.iter().enumerate() {
        shown(&format!("budget-{index}"));
        budget.evcxr_display();
    }
}

fn orders(client: &Client) {
    let scenes = client.catalog().without_cache().search(Search::new(platform::square(0)).limit(1)).unwrap();
    let collection = scenes.iter().next().unwrap().collection.clone().unwrap();
    let products = client.data_products().unwrap().of(&collection);
    let plan = scenes.order(products.iter().next().unwrap()).aoi(platform::square(0)).name(&collection);
    shown("order-plan");
    plan.evcxr_display();
    shown("order-estimate");
    plan.estimate().unwrap().evcxr_display();
    for name in ["a", "ab"] {
        shown(&format!("order-placed-{name}"));
        plan.clone().name(name).place().unwrap().evcxr_display();
    }
    let orders = client.orders(OrderFilter::new()).unwrap();
    shown("orders");
    orders.evcxr_display();
    shown("orders-frame");
    orders.to_dataframe().unwrap().show();
    for (index, order) in orders.iter().enumerate() {
        shown(&format!("order-{index}"));
        order.evcxr_display();
    }
    shown("order-coverage");
    orders.iter().next().unwrap().coverage().unwrap().evcxr_display();
}

fn tasking(client: &Client) {
    let quotations = client.tasking().quotations().unwrap();
    shown("quotations");
    quotations.evcxr_display();
    let studies = client.tasking().feasibility_studies().unwrap();
    shown("studies");
    studies.evcxr_display();
    for (index, (quotation, study)) in quotations.iter().zip(&studies).enumerate() {
        shown(&format!("quotation-{index}"));
        quotation.evcxr_display();
        shown(&format!("study-{index}"));
        study.evcxr_display();
    }
}

fn storage(client: &Client) {
    let items = client.storage().items().unwrap();
    shown("items");
    items.evcxr_display();
    shown("items-frame");
    items.to_dataframe().unwrap().show();
    for (index, item) in items.iter().enumerate() {
        shown(&format!("item-{index}"));
        item.evcxr_display();
    }
    shown("items-map");
    items.map(&platform::square(0)).unwrap().evcxr_display();
    let folder = tempfile::tempdir().unwrap();
    shown("files");
    items.download(folder.path()).unwrap().evcxr_display();
    shown("deletion");
    items.delete().unwrap().evcxr_display();
}
