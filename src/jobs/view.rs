//! What a notebook shows of projects, workflows and prices.

use super::{Estimate, JobStatus, Project, ProjectSettings, Workflow};
use crate::display::{Card, Cell, Column, Table, Tone};

impl Project {
    /// Shows the project.
    pub fn evcxr_display(&self) {
        let mut card = Card::new(self.name().unwrap_or("Project")).fact("Id", Cell::id(self.id()));
        if let Some(description) = self.description() {
            card = card.fact("Description", description);
        }
        if let Ok(settings) = self.settings() {
            for setting in settings.iter() {
                card = card.fact(words(&setting.name), setting.value.as_str());
            }
        }
        card.bundle().print();
    }
}

impl ProjectSettings {
    /// Shows the settings with their ranges.
    pub fn evcxr_display(&self) {
        let columns = [Column::new("Setting"), Column::number("Value"), Column::new("Range")];
        let rows = self.iter().map(|setting| {
            let value =
                setting.value.parse().map_or(Cell::text(&setting.value), |value| Cell::Number(value, 0));
            let range = setting.range.map(|(min, max)| format!("{min} to {max}"));
            [Cell::id(&setting.name), value, range.into()]
        });
        Table::new("Project settings", columns).rows(rows).bundle().print();
    }
}

impl Workflow {
    /// Shows the workflow and its chain of blocks.
    pub fn evcxr_display(&self) {
        let chain = match self.tasks() {
            Ok(tasks) if tasks.is_empty() => Cell::text("none yet: `add_tasks`"),
            Ok(tasks) => {
                Cell::text(tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>().join(" → "))
            }
            Err(error) => Cell::status(Tone::Failed, error.to_string()),
        };
        Card::new(format!("Workflow {}", self.name()))
            .fact("Id", Cell::id(self.id()))
            .fact("Tasks", chain)
            .bundle()
            .print();
    }
}

impl Estimate {
    /// Shows the price of each job and of them all.
    pub fn evcxr_display(&self) {
        let columns = [
            Column::new("Job"),
            Column::number("At least").unit("credits"),
            Column::number("At most").unit("credits"),
        ];
        let rows = self
            .jobs()
            .iter()
            .map(|job| [Cell::text(&job.label), credits(job.credits.min), credits(job.credits.max)]);
        let total = self.total();
        Table::new(format!("{} jobs: {total} credits", self.jobs().len()), columns)
            .rows(rows)
            .footer([Cell::text("All jobs"), credits(total.min), credits(total.max)])
            .note("An estimate by the platform; 1 credit is 0.01 EUR. Only tasks that succeed are paid.")
            .bundle()
            .print();
    }
}

impl JobStatus {
    /// How a status is shown.
    pub(crate) fn tone(&self) -> Tone {
        match self {
            Self::Succeeded => Tone::Ok,
            Self::Running => Tone::Running,
            Self::NotStarted | Self::Pending => Tone::Waiting,
            Self::Failed | Self::Error => Tone::Failed,
            Self::Cancelling | Self::Cancelled | Self::Unknown(_) => Tone::Neutral,
        }
    }
}

fn credits(count: i64) -> Cell {
    Cell::Number(count as f64, 0)
}

/// `MAX_CONCURRENT_JOBS` as people write it.
fn words(name: &str) -> String {
    let mut words = name.to_lowercase().replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
