//! MIME bundles of servers and processes for notebooks.

use std::ops::RangeBounds;

use super::{OgcProcess, ProcessServer, ProcessSummary, Processes};
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

impl ProcessServer {
    fn bundle(&self) -> MimeBundle {
        Card::new(self.title().unwrap_or("OGC API - Processes"))
            .fact("URL", Cell::id(self.url()))
            .note("server.processes()? lists its processes.")
            .bundle()
    }
}

impl_mime_bundle!(ProcessServer);

impl Processes {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Process", "Title", "Version", "Execution", "Description"].map(Column::new);
        let row = |one: &ProcessSummary| {
            [
                Cell::id(&one.id),
                one.title.clone().into(),
                one.version.clone().into(),
                Cell::text(if one.is_async { "asynchronous" } else { "synchronous" }),
                one.description.clone().into(),
            ]
        };
        let caption = match self.len() {
            1 => "1 process".to_owned(),
            many => format!("{many} processes"),
        };
        let table = Table::new(caption, columns).list(self.iter().as_slice(), rows, "processes", row);
        if self.has_more() { table.note("The server has more: they are found by their ids.") } else { table }
    }
}

impl_show!(Processes);

impl OgcProcess {
    fn bundle(&self) -> MimeBundle {
        self.table(..).bundle()
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let texts = [self.title(), self.description()];
        let texts: Vec<_> = texts.into_iter().flatten().collect();
        let outputs: Vec<_> = self.outputs().iter().map(|output| output.name.as_str()).collect();
        let caption = format!("Process {}: {}", self.id(), counted(self.inputs().len(), "input"));
        let mut table = self.inputs().table(caption, rows);
        if !texts.is_empty() {
            table = table.note(texts.join(": "));
        }
        if !outputs.is_empty() {
            table = table.note(format!("Outputs: {}.", outputs.join(", ")));
        }
        match self.is_async() {
            true => table,
            false => table.note("It runs synchronously: a job whose response is lost cannot be found again."),
        }
    }
}

impl_mime_bundle!(OgcProcess);
