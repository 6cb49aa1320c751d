use std::fmt;

use geo_types::Geometry;
use serde_json::Value;

use super::Order;
use crate::client::id::checked;
use up42_core::error::{Context, Result};
use up42_core::geo::geometry_from_json;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell};
use up42_view::impl_mime_bundle;

/// Delivered and remaining part of an order's area (`docs/up42-api.md`, 10.2 g).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OrderCoverage {
    /// Part that was delivered.
    pub covered: OrderPart,
    /// Part that is not delivered yet.
    pub remainder: OrderPart,
}

/// A part of an order's area.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrderPart {
    /// Size, in km².
    pub km2: Option<f64>,
    /// Share of the order's area, in %.
    pub percent: Option<f64>,
    /// Geometry of the part; `None` if it is empty.
    pub geometry: Option<Geometry>,
}

impl Order {
    /// Returns the delivered and the remaining part of the order's area. Tasking orders are
    /// delivered in parts.
    ///
    /// # Errors
    ///
    /// The errors of [`Client::order`](crate::Client::order).
    #[doc(alias = "get_order_coverage")]
    pub fn coverage(&self) -> Result<OrderCoverage> {
        let read = || {
            let json = self.client().get(&format!("/v2/coverage/orders/{}", checked("order", &self.id)?))?;
            let part = |name: &str| OrderPart::read(json.get(name).unwrap_or(&Value::Null));
            Ok(OrderCoverage { covered: part("covered"), remainder: part("remainder") })
        };
        let coverage: Result<_> = read();
        coverage.with_context(|| format!("coverage of order `{}`", self.id))
    }
}

impl OrderPart {
    fn read(json: &Value) -> Self {
        let number = |field: &str| json.get(field).and_then(Value::as_f64);
        let shape = json.get("geometry").filter(|shape| shape.is_object());
        Self {
            km2: number("sqKmArea"),
            percent: number("percentage"),
            geometry: shape.and_then(|shape| geometry_from_json(shape).ok()),
        }
    }
}

impl OrderCoverage {
    fn bundle(&self) -> MimeBundle {
        let number = |km2: Option<f64>| km2.map_or(Cell::Empty, |km2| Cell::Number(km2, 1));
        Card::new("Order coverage")
            .fact("Delivered", self.covered.percent.map_or(Cell::Empty, Cell::Percent))
            .fact("Delivered, km²", number(self.covered.km2))
            .fact("Remaining, km²", number(self.remainder.km2))
            .bundle()
    }
}

impl_mime_bundle!(OrderCoverage);

impl fmt::Debug for OrderCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} % delivered", self.covered.percent.unwrap_or(0.0))
    }
}
