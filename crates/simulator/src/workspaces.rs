//! Classic endpoints below a workspace: orders, assets, webhooks.

use super::auth::WORKSPACE_ID;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;

impl Platform {
    pub(super) fn workspace(&self, request: &Request, workspace: &str, rest: &[&str]) -> Answer {
        if workspace != WORKSPACE_ID {
            return Err(Reply::refused(404, 404, format!("Workspace not found for id {workspace}")));
        }
        match rest {
            ["orders", rest @ ..] => self.classic_orders(request, rest),
            ["assets", rest @ ..] => self.classic_assets(request, rest),
            ["webhooks", rest @ ..] => self.webhooks(request, rest),
            _ => Err(Reply::not_found()),
        }
    }
}
