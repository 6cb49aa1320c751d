//! What the classic interface has below a workspace: orders, assets, webhooks.

use super::auth::WORKSPACE_ID;
use super::call::Call;
use super::platform::Platform;
use super::reply::{Answer, Reply};

impl Platform {
    pub(super) fn workspace(&self, call: &Call, workspace: &str, rest: &[&str]) -> Answer {
        if workspace != WORKSPACE_ID {
            return Err(Reply::refused(404, 404, format!("Workspace not found for id {workspace}")));
        }
        match rest {
            ["orders", rest @ ..] => self.classic_orders(call, rest),
            ["assets", rest @ ..] => self.classic_assets(call, rest),
            ["webhooks", rest @ ..] => self.webhooks(call, rest),
            _ => Err(Reply::nothing_here()),
        }
    }
}
