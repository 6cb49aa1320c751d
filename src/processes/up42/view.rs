//! MIME bundles of processes for notebooks.

use super::Process;
use up42_view::MimeBundle;
use up42_view::elements::counted;
use up42_view::impl_mime_bundle;

impl Process {
    fn bundle(&self) -> MimeBundle {
        let caption = format!("Process {}: {}", self.id(), counted(self.inputs().len(), "input"));
        let mut table = self.inputs().table(caption, ..);
        let texts: Vec<_> = [self.title(), self.description()].into_iter().flatten().collect();
        if !texts.is_empty() {
            table = table.note(texts.join(": "));
        }
        if let Some(price) = self.price() {
            table = table.note(format!("It costs {}.", price.replace("SQ_KM", "km²")));
        }
        match self.eula() {
            Ok(state) => table.note(format!("Its licence: {state}.")),
            Err(_) => table,
        }
        .bundle()
    }
}

impl_mime_bundle!(Process);
