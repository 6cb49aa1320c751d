//! Shows products, orders and the items of the storage.

use up42::Client;
use up42::catalog::Search;
use up42::orders::OrderFilter;
use up42::view::Show;

use super::platform;
use super::show::shown;

pub fn all(client: &Client) {
    shown("workspace");
    display!(client.workspace().unwrap());
    glossary(client);
    orders(client);
    tasking(client);
    storage(client);
}

fn glossary(client: &Client) {
    let collections = client.collections().unwrap();
    shown("buy-collections");
    display!(collections);
    shown("buy-collections-frame");
    frame!(collections.to_dataframe().unwrap());
    for (index, collection) in collections.iter().enumerate() {
        shown(&format!("buy-collection-{index}"));
        display!(collection);
    }
    let products = collections.products();
    shown("buy-products");
    display!(products);
    for (index, product) in products.iter().enumerate().take(8) {
        shown(&format!("buy-product-{index}"));
        display!(product);
    }
    let parameters = products.iter().next().unwrap().parameters().unwrap();
    shown("buy-parameters");
    display!(parameters);
    for (index, parameter) in parameters.iter().enumerate() {
        shown(&format!("buy-parameter-{index}"));
        display!(parameter);
    }
    let budgets = client.budgets().unwrap();
    shown("budgets");
    display!(budgets);
    for (index, budget) in budgets.iter().enumerate() {
        shown(&format!("budget-{index}"));
        display!(budget);
    }
}

fn orders(client: &Client) {
    let scenes = client.catalog().without_cache().search(Search::new(platform::square(0)).limit(1)).unwrap();
    let collection = scenes.iter().next().unwrap().collection.clone().unwrap();
    let products = client.data_products().unwrap().of(&collection);
    let plan = scenes.order(products.iter().next().unwrap()).aoi(platform::square(0)).name(&collection);
    shown("order-plan");
    display!(plan);
    shown("order-estimate");
    display!(plan.estimate().unwrap());
    for name in ["a", "ab"] {
        shown(&format!("order-placed-{name}"));
        display!(plan.clone().name(name).place().unwrap());
    }
    let orders = client.orders(OrderFilter::new()).unwrap();
    shown("orders");
    display!(orders);
    shown("orders-frame");
    frame!(orders.to_dataframe().unwrap());
    for (index, order) in orders.iter().enumerate() {
        shown(&format!("order-{index}"));
        display!(order);
    }
    shown("order-coverage");
    display!(orders.iter().next().unwrap().coverage().unwrap());
}

fn tasking(client: &Client) {
    let quotations = client.tasking().quotations().unwrap();
    shown("quotations");
    display!(quotations);
    let studies = client.tasking().feasibility_studies().unwrap();
    shown("studies");
    display!(studies);
    for (index, (quotation, study)) in quotations.iter().zip(&studies).enumerate() {
        shown(&format!("quotation-{index}"));
        display!(quotation);
        shown(&format!("study-{index}"));
        display!(study);
    }
}

fn storage(client: &Client) {
    let items = client.storage().items().unwrap();
    shown("items");
    display!(items);
    shown("items-frame");
    frame!(items.to_dataframe().unwrap());
    for (index, item) in items.iter().enumerate() {
        shown(&format!("item-{index}"));
        display!(item);
    }
    shown("items-map");
    display!(items.download_quicklooks().unwrap().to_map(&platform::square(0)));
    let folder = tempfile::tempdir().unwrap();
    shown("files");
    display!(items.download(folder.path()).unwrap());
    shown("deletion");
    display!(items.delete().unwrap());
}
