//! MIME bundles of projects, workflows and jobs for notebooks.

use std::ops::RangeBounds;

use super::{Block, Job, JobMode, JobStatus, Project, ProjectSettings, Setting, Settings, Workflow};
use up42_core::sanitize::words;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table};
use up42_view::{impl_mime_bundle, impl_show};

impl Project {
    fn bundle(&self) -> MimeBundle {
        let mut card = Card::new(self.name().unwrap_or("Project")).fact("Id", Cell::id(self.id()));
        if let Some(description) = self.description() {
            card = card.fact("Description", description);
        }
        card = match self.settings() {
            Ok(settings) => settings
                .iter()
                .take(20)
                .fold(card, |card, setting| card.fact(title(&setting.name), setting.value.as_str())),
            Err(error) => card.fact("Settings", Cell::status(StatusKind::Failed, error.to_string())),
        };
        card.bundle()
    }
}

impl_mime_bundle!(Project);

impl ProjectSettings {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [Column::new("Setting"), Column::number("Value"), Column::new("Range")];
        let row = |setting: &Setting| {
            let value = match setting.value.parse::<i64>() {
                Ok(value) => Cell::Number(value as f64, 0),
                Err(_) => Cell::text(&setting.value),
            };
            let range = setting.range.map(|(min, max)| format!("{min} to {max}"));
            [Cell::id(&setting.name), value, range.into()]
        };
        Table::new("Project settings", columns).list(self.iter().as_slice(), rows, "settings", row)
    }
}

impl_show!(ProjectSettings);

impl Settings {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let value = |value: Option<u32>, unit: &str| match value {
            Some(value) => format!("{value}{unit}"),
            None => "as it is".to_owned(),
        };
        Card::new("Settings to change")
            .fact("Jobs at a time", value(self.max_concurrent_jobs, ""))
            .fact("Maximum area per job", value(self.max_aoi_size, " km²"))
            .fact("Maximum images per job", value(self.max_images, ""))
            .note("project.update_settings(settings)? changes them.")
    }
}

impl_mime_bundle!(Settings);

impl Workflow {
    fn bundle(&self) -> MimeBundle {
        let chain = match self.tasks() {
            Ok(tasks) if tasks.is_empty() => Cell::text("none yet: `add_tasks`"),
            Ok(tasks) => {
                Cell::text(tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>().join(" → "))
            }
            Err(error) => Cell::status(StatusKind::Failed, error.to_string()),
        };
        Card::new(format!("Workflow {}", self.name()))
            .fact("Id", Cell::id(self.id()))
            .fact("Tasks", chain)
            .bundle()
    }
}

impl_mime_bundle!(Workflow);

impl Block {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let kind = if self.is_data { "data" } else { "processing" };
        let mut card = Card::new(self.display_name.as_deref().unwrap_or(&self.name))
            .badge(StatusKind::Neutral, kind)
            .fact("Name", Cell::id(&self.name))
            .fact("Version", self.version.clone())
            .fact("Id", Cell::id(&self.id));
        for (name, text) in [("Provider", &self.provider), ("Description", &self.description)] {
            if let Some(text) = text.as_ref().filter(|text| self.display_name.as_ref() != Some(*text)) {
                card = card.fact(name, text.as_str());
            }
        }
        for parameter in self.parameters_info().iter().take(30) {
            card = card.fact(&parameter.name, parameter.words());
        }
        card
    }
}

impl_mime_bundle!(Block);

impl Job {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    pub(super) fn card(&self) -> Card {
        let time = |at: Option<jiff::Timestamp>| at.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        let mut card = Card::new(self.name.as_deref().unwrap_or("Job"))
            .badge(self.status.status_kind(), self.status.to_string())
            .fact("Id", Cell::id(self.id.as_str()));
        if let Some(workflow) = &self.workflow {
            card = card.fact("Workflow", workflow.as_str());
        }
        if self.mode == JobMode::DryRun {
            card = card.fact("Mode", "dry run");
        }
        card = card
            .fact("Created (UTC)", time(self.created))
            .fact("Started (UTC)", time(self.started))
            .fact("Finished (UTC)", time(self.finished));
        for (task, inputs) in self.inputs.iter().take(20) {
            let mut shown = inputs.clone();
            if let Some(shown) = shown.as_object_mut() {
                shown.retain(|_, value| !value.is_null());
            }
            card = card.fact(task, shown.to_string());
        }
        card
    }
}

impl_mime_bundle!(Job);

impl JobStatus {
    /// Returns the kind of the status in tables and cards.
    pub(crate) fn status_kind(&self) -> StatusKind {
        match self {
            Self::Succeeded => StatusKind::Ok,
            Self::Running => StatusKind::Running,
            Self::NotStarted | Self::Pending => StatusKind::Waiting,
            Self::Failed | Self::Error | Self::Rejected => StatusKind::Failed,
            Self::Cancelling | Self::Cancelled | Self::Unknown(_) => StatusKind::Neutral,
        }
    }
}

/// Formats a setting's name for display: `MAX_CONCURRENT_JOBS` as "Max concurrent jobs".
fn title(name: &str) -> String {
    let mut words = words(name);
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_is_shown_with_its_status() {
        let job = json!({
            "id": "a1", "status": "RUNNING", "name": "Dakar", "createdAt": "2020-06-01T11:34:00Z",
            "startedAt": "2020-06-01T11:35:10Z", "inputs": {"tiling:1": {"tile_width": 768, "nodata": null}},
        });
        insta::assert_snapshot!(Job::read(&job).unwrap().card().bundle().text, @r#"
        Dakar [● running]
          Id              a1
          Created (UTC)   2020-06-01 11:34
          Started (UTC)   2020-06-01 11:35
          Finished (UTC)  –
          tiling:1        {"tile_width":768}
        "#);
    }

    #[test]
    fn a_block_is_shown_with_its_parameters() {
        let block = json!({
            "id": "b1", "name": "tiling", "displayName": "Raster Tiling", "type": "PROCESSING", "version": "1.3.0",
            "description": "Cuts into tiles", "parameters": {
                "tile_width": {"type": "number", "default": 768, "minimum": 16, "description": "In pixels"}, "odd": {},
            },
        });
        insta::assert_snapshot!(Block::read(&block).unwrap().card().bundle().text, @r"
        Raster Tiling [◇ processing]
          Name         tiling
          Version      1.3.0
          Id           b1
          Description  Cuts into tiles
          tile_width   number, from 16, 768 unless given, In pixels
          odd          any
        ");
    }

    #[test]
    fn a_setting_is_shown_with_its_value() {
        let of = |value: &str| json!({"data": [{"name": "A", "value": value}]});
        let table_text = |value: &str| ProjectSettings::read(of(value)).unwrap().table(..).bundle().text;
        assert!(
            table_text("0.5").contains("0.5") && table_text("NaN").contains("NaN"),
            "{}",
            table_text("0.5")
        );
        assert!(table_text("12000").contains("12,000"), "{}", table_text("12000"));
    }

    #[test]
    fn settings_are_shown_with_their_changes() {
        insta::assert_snapshot!(Settings::new().max_aoi_size(500).card().bundle().text, @r"
        Settings to change
          Jobs at a time          as it is
          Maximum area per job    500 km²
          Maximum images per job  as it is
          project.update_settings(settings)? changes them.
        ");
    }
}
