//! MIME bundles of collections and data products for notebooks.

use std::fmt;
use std::ops::RangeBounds;

use super::collections::product_names;
use super::parameter::word;
use super::{
    DataCollection, DataCollections, DataProduct, DataProducts, ProductParameter, ProductParameters,
};
use up42_core::sanitize::{sanitize, words};
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

/// Longest value in a table, in characters; the DataFrame has the whole value.
const LONGEST: usize = 60;

impl DataCollections {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Collection"),
            Column::new("Title"),
            Column::new("Type"),
            Column::new("Producer"),
            Column::new("Host"),
            Column::number("Resolution").unit("m"),
            Column::new("Data products"),
            Column::new("EULA"),
            Column::new("Integrations"),
        ];
        let row = |one: &DataCollection| {
            [
                Cell::id(&one.name),
                one.title.clone().into(),
                one.kind.as_deref().map(words).into(),
                one.producer.clone().into(),
                one.host.clone().into(),
                metres(one.resolution.0),
                Cell::text(product_names(one).replace(',', ", ")),
                Cell::status(one.eula().status_kind(), one.eula().word()),
                Cell::text(one.integrations.iter().map(|one| words(one)).collect::<Vec<_>>().join(", ")),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&self.collections, rows, "collections", row)
    }
}

impl_show!(DataCollections);

impl DataCollection {
    fn bundle(&self) -> MimeBundle {
        let card = Card::new(self.title.as_deref().unwrap_or(&self.name))
            .fact("Name", Cell::id(&self.name))
            .fact("Type", self.kind.as_deref().map(words))
            .fact("Producer", self.producer.clone())
            .fact("Host", self.host.clone())
            .fact("Finest resolution, m", metres(self.resolution.0))
            .fact("Coarsest resolution, m", metres(self.resolution.1))
            .fact("Data products", product_names(self).replace(',', ", "))
            .fact("EULA", Cell::status(self.eula().status_kind(), self.eula().word()));
        self.description.iter().fold(card, |card, description| card.note(description)).bundle()
    }
}

impl_mime_bundle!(DataCollection);

impl DataProducts {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Data product", "Title", "Kind", "EULA", "Id"].map(Column::new);
        let row = |one: &DataProduct| {
            [
                Cell::id(format!("{}/{}", one.collection, one.name)),
                one.title.clone().into(),
                Cell::text(if one.is_tasking { "tasking" } else { "archive" }),
                Cell::status(one.eula.status_kind(), one.eula.word()),
                Cell::id(&one.id),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&self.products, rows, "products", row)
    }
}

impl_show!(DataProducts);

impl DataProduct {
    fn bundle(&self) -> MimeBundle {
        let kind = if self.is_tasking { "tasking" } else { "archive" };
        let card = Card::new(self.title.as_deref().unwrap_or(&self.name))
            .badge(StatusKind::Neutral, kind)
            .fact("Name", Cell::id(format!("{}/{}", self.collection, self.name)))
            .fact("Id", Cell::id(&self.id))
            .fact("EULA", Cell::status(self.eula.status_kind(), self.eula.word()));
        let names =
            |all: &ProductParameters| all.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
        let card = match self.parameters() {
            Ok(all) => card.fact("Parameters", names(&all)),
            Err(error) => card.fact("Parameters", Cell::status(StatusKind::Failed, error.to_string())),
        };
        self.description.iter().fold(card, |card, description| card.note(description)).bundle()
    }
}

impl_mime_bundle!(DataProduct);

impl ProductParameters {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Parameter", "Type", "Required", "Default", "Allowed", "Description"].map(Column::new);
        let row = |one: &ProductParameter| {
            let required = if one.is_required { Cell::text("required") } else { Cell::text("") };
            [
                Cell::id(&one.name),
                one.kind.clone().into(),
                required,
                one.default.as_ref().map(|value| sanitize(&word(value), LONGEST)).into(),
                one.takes().map(|takes| sanitize(&takes, LONGEST)).into(),
                one.description.clone().into(),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&self.parameters, rows, "parameters", row)
    }
}

impl_show!(ProductParameters);

impl ProductParameter {
    fn bundle(&self) -> MimeBundle {
        let card = Card::new(&self.name)
            .fact("Type", self.kind.clone())
            .fact("Required", if self.is_required { "yes" } else { "no" })
            .fact("Default", self.default.as_ref().map(word))
            .fact("Allowed", self.takes());
        self.description.iter().fold(card, |card, description| card.note(description)).bundle()
    }
}

impl_mime_bundle!(ProductParameter);

fn metres(size: Option<f64>) -> Cell {
    size.map_or(Cell::Empty, |size| Cell::Number(size, usize::from(size < 10.0)))
}

impl fmt::Debug for DataCollections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.len(), "collection"))
    }
}

impl fmt::Debug for DataProducts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.len(), "data product"))
    }
}

impl fmt::Debug for ProductParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", counted(self.len(), "parameter"), sanitize(&self.of, 200))
    }
}

impl fmt::Debug for ProductParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            sanitize(&self.name, 80),
            self.kind.as_deref().map_or("any".into(), |kind| sanitize(kind, 80))
        )
    }
}
