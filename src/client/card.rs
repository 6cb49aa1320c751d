use super::{Client, LoginKind};
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, StatusKind};
use up42_view::impl_mime_bundle;

impl Client {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let mut card = Card::new("UP42 client").fact("Login", self.login_kind().to_string());
        // The simulator's port changes with each start: a notebook should not contain it.
        card = match self.is_simulated() {
            true => card
                .badge(StatusKind::Neutral, "simulator")
                .fact("Server", "in this process")
                .note("No account, no network: nothing here costs money."),
            false => card.fact("Server", self.inner.api_url.as_str()),
        };
        if let Some(id) = self.project_id() {
            card = card.fact("Project", Cell::id(id));
        }
        let catalog = match self.login_kind() {
            LoginKind::Account(_) | LoginKind::External | LoginKind::NoLogin => "STAC API",
            LoginKind::Project => "classic search",
        };
        card = card.fact("Catalog", catalog);
        match self.balance() {
            Ok(credits) => card.fact("Credits", Cell::Number(credits as f64, 0)),
            Err(error) => card.fact("Credits", Cell::status(StatusKind::Failed, error.to_string())),
        }
    }
    #[cfg(feature = "simulator")]
    fn is_simulated(&self) -> bool {
        self.as_simulator().is_some()
    }

    #[cfg(not(feature = "simulator"))]
    fn is_simulated(&self) -> bool {
        false
    }
}

impl_mime_bundle!(Client);
