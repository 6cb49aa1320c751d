//! Displays of orders in a notebook.

use std::fmt;
use std::ops::RangeBounds;

use jiff::Timestamp;

use super::{
    EstimatedOrder, Order, OrderEstimate, OrderItem, OrderPlacement, OrderPlan, Orders, PlacedOrder,
    PlacedOrders,
};
use crate::batch::is_own_tag;
use up42_core::sanitize::words;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

fn time(at: Option<Timestamp>) -> Cell {
    at.map_or(Cell::Empty, |at| Cell::time(minute(at)))
}

impl OrderPlan {
    fn bundle(&self) -> MimeBundle {
        self.table().bundle()
    }

    fn table(&self) -> Table {
        let columns = [Column::new("Order"), Column::number("Area").unit("km²"), Column::new("Parameters")];
        let list = match self.items() {
            Ok(list) => list,
            Err(error) => {
                return Table::new(self.title(), [Column::new("Error")])
                    .rows([[Cell::text(error.to_string())]]);
            }
        };
        let row = |item: &OrderItem| {
            let value_text =
                |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let own = item.params.iter().filter(|(name, _)| *name != "id");
            let params: Vec<_> = own.map(|(name, value)| format!("{name} {}", value_text(value))).collect();
            let params = (!params.is_empty()).then(|| params.join(", "));
            [Cell::text(&item.label), Cell::Number(item.area_km2(), 1), params.into()]
        };
        let product = format!("{}/{}", self.product.collection, self.product.name);
        let of = if self.title() == product { String::new() } else { format!(" of {product}") };
        let title = format!("{}: {}{of}", self.title(), counted(list.len(), "order"));
        Table::new(title, columns)
            .list(&list, .., "order.items()?", row)
            .note("A plan: nothing was sent. order.estimate()? asks for the price, order.place()? buys.")
    }
}

impl_mime_bundle!(OrderPlan);

impl OrderEstimate {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Order"),
            Column::number("Area").unit("km²"),
            Column::number("Billed").unit("km²"),
            Column::number("Credits"),
            Column::new("Note"),
        ];
        let row = |order: &EstimatedOrder| {
            let billed = order.size.filter(|_| order.unit.as_deref() == Some("SQ_KM"));
            [
                Cell::text(&order.label),
                Cell::Number(order.area_km2, 1),
                billed.map_or(Cell::Empty, |size| Cell::Number(size, 1)),
                order.credits.as_ref().map_or(Cell::Empty, |credits| Cell::Number(*credits as f64, 0)),
                match &order.credits {
                    Ok(_) if order.unit.as_deref() == Some("SCENE") => Cell::text("priced by scene"),
                    Ok(_) => Cell::text(""),
                    Err(error) => Cell::status(StatusKind::Failed, error.to_string()),
                },
            ]
        };
        let area: f64 = self.iter().map(|order| order.area_km2).sum();
        let footer = [
            Cell::text("Total"),
            Cell::Number(area, 1),
            Cell::text(""),
            Cell::Number(self.total() as f64, 0),
            Cell::text(""),
        ];
        Table::new(format!("Estimate of {self:?}"), columns)
            .list(&self.orders, rows, "estimate", row)
            .footer(footer)
    }
}

impl_show!(OrderEstimate);

impl PlacedOrders {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Order", "Placement", "Status", "Id"].map(Column::new);
        let row = |one: &PlacedOrder| {
            let placement = match &one.outcome {
                OrderPlacement::Placed(_) => Cell::status(StatusKind::Ok, "placed"),
                OrderPlacement::Existing(_) => Cell::status(StatusKind::Neutral, "placed before"),
                OrderPlacement::Refused(error) => {
                    Cell::status(StatusKind::Failed, format!("refused: {error}"))
                }
                OrderPlacement::Lost(error) => {
                    Cell::status(StatusKind::Failed, format!("may exist: {error}"))
                }
            };
            let status =
                one.order().map(|order| Cell::status(order.status.status_kind(), order.status.to_string()));
            let id = one.order().map(|order| Cell::id(&order.id));
            [Cell::text(&one.label), placement, status.unwrap_or_default(), id.unwrap_or_default()]
        };
        Table::new(format!("{self:?}"), columns).list(&self.orders, rows, "placed", row)
    }
}

impl_show!(PlacedOrders);

impl Orders {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Order"),
            Column::new("Status"),
            Column::new("Type"),
            Column::number("Credits"),
            Column::new("Tags"),
            Column::new("Placed (UTC)"),
            Column::new("Id"),
        ];
        let numbered: Vec<(usize, &Order)> = self.iter().enumerate().collect();
        let row = |(row, order): &(usize, &Order)| {
            let credits = self.credits.as_ref().and_then(|credits| credits[*row]);
            [
                order.name.clone().into(),
                Cell::status(order.status.status_kind(), order.state()),
                order.kind.as_deref().map(words).into(),
                credits.map_or(Cell::Empty, |credits| Cell::Number(credits as f64, 0)),
                Cell::text(order.own_tags().join(", ")),
                time(order.created),
                Cell::id(&order.id),
            ]
        };
        let table = Table::new(format!("{self:?}"), columns).list(&numbered, rows, "orders", row);
        match self.has_more {
            true => table.note("There are more: raise the filter's limit to see them."),
            false => table,
        }
    }
}

impl_show!(Orders);

impl Order {
    /// Returns the status, and the sub-status of a tasking order that is not at rest.
    fn state(&self) -> String {
        match &self.sub_status {
            Some(word) if !self.status.is_at_rest() => {
                format!("{}, {}", self.status, words(word))
            }
            _ => self.status.to_string(),
        }
    }

    /// Returns the tags without those of this library.
    fn own_tags(&self) -> Vec<String> {
        self.tags.iter().filter(|tag| !is_own_tag(tag)).cloned().collect()
    }

    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        Card::new(self.name.as_deref().unwrap_or("Order"))
            .badge(self.status.status_kind(), self.state())
            .fact("Id", Cell::id(&self.id))
            .fact("Type", self.kind.as_deref().map(words))
            .fact("Scene", self.scene_id.as_deref().map(Cell::id))
            .fact("Data product", self.product_id.as_deref().map(Cell::id))
            .fact("Budget", self.budget_id.as_deref().map(Cell::id))
            .fact("Tags", self.own_tags().join(", "))
            .fact("Placed (UTC)", time(self.created))
            .fact("Changed (UTC)", time(self.updated))
    }
}

impl_mime_bundle!(Order);

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.len(), "order"))?;
        let fulfilled = self.iter().filter(|order| order.status == super::OrderStatus::Fulfilled).count();
        let failed = self.iter().filter(|order| order.status.is_failed()).count();
        if fulfilled > 0 {
            write!(f, ", {fulfilled} fulfilled")?;
        }
        if failed > 0 {
            write!(f, ", {failed} without images")?;
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Client;
    use up42_view::elements::ROWS;

    #[test]
    fn orders_are_shown_with_status_and_cost() {
        let client = Client::simulator().unwrap();
        let order = |status: &str, details: serde_json::Value| {
            let json = json!({"id": "0e1f", "displayName": "Dakar", "status": status, "type": "TASKING",
                "tags": ["harbour", "up42-rs-1f2e"], "createdAt": "2020-06-01T11:34:00Z", "orderDetails": details});
            Order::read(&client, &json).unwrap()
        };
        let quoted = order("CREATED", json!({"subStatus": "QUOTATION_WAITING_RESPONSE"}));
        let done = order("FULFILLED", json!({"subStatus": "QUOTATION_ACCEPTED"}));
        let odd = order("ON_THE_MOON", json!(7));
        let mut orders = Orders::of(vec![quoted.clone(), done, odd]);
        orders.credits = Some(vec![None, Some(1250), None]);
        insta::assert_snapshot!(orders.table(..ROWS).bundle().text, @r"
        3 orders, 1 fulfilled
        Order  Status                                 Type     Credits  Tags     Placed (UTC)      Id
        ─────  ─────────────────────────────────────  ───────  ───────  ───────  ────────────────  ────
        Dakar  ○ created, quotation waiting response  tasking        –  harbour  2020-06-01 11:34  0e1f
        Dakar  ✓ fulfilled                            tasking    1,250  harbour  2020-06-01 11:34  0e1f
        Dakar  ◇ ON_THE_MOON                          tasking        –  harbour  2020-06-01 11:34  0e1f
        ");
        insta::assert_snapshot!(quoted.card().bundle().text, @r"
        Dakar [○ created, quotation waiting response]
          Id             0e1f
          Type           tasking
          Scene          –
          Data product   –
          Budget         –
          Tags           harbour
          Placed (UTC)   2020-06-01 11:34
          Changed (UTC)  –
        ");
        assert_eq!(orders.to_dataframe().unwrap().shape(), (3, 12));
    }
}
