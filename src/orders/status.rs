use std::fmt;

use up42_core::sanitize::sanitize;
use up42_view::elements::StatusKind;

/// Status of an order (`docs/up42-api.md`, 10).
///
/// | status | final | meaning |
/// |---|---|---|
/// | `CREATED` | no | credits are held; it can be cancelled |
/// | `BEING_PLACED` | no | being sent to the host |
/// | `PLACED` | no | accepted by the host |
/// | `PLACEMENT_FAILED` | at rest | not accepted by the host; it can be cancelled |
/// | `DELIVERY_INITIALIZATION_FAILED` | at rest | the delivery did not start |
/// | `BEING_FULFILLED` | no | being processed by the host |
/// | `DOWNLOADED` | no | the platform has received the images |
/// | `DOWNLOAD_FAILED` | at rest | the platform has not received the images |
/// | `FULFILLED` | yes | the images are in the storage, and the credits are taken |
/// | `FAILED_PERMANENTLY` | yes | there will be no images; the credits are released |
/// | `CANCELED` | yes | cancelled; the credits are released |
///
/// A status at rest ([`is_at_rest`](Self::is_at_rest)) does not change without the user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderStatus {
    /// Credits are held.
    Created,
    /// Being sent to the host.
    BeingPlaced,
    /// Accepted by the host.
    Placed,
    /// Not accepted by the host.
    PlacementFailed,
    /// The delivery did not start.
    DeliveryInitializationFailed,
    /// Being processed by the host.
    BeingFulfilled,
    /// The platform has received the images.
    Downloaded,
    /// The platform has not received the images.
    DownloadFailed,
    /// The images are in the storage.
    Fulfilled,
    /// There will be no images.
    FailedPermanently,
    /// Cancelled.
    Cancelled,
    /// Status that this version does not know. It never counts as final.
    Unknown(String),
}

impl OrderStatus {
    /// Statuses that the platform is known to have, in the order in which they occur.
    pub(crate) const KNOWN: [Self; 11] = [
        Self::Created,
        Self::BeingPlaced,
        Self::Placed,
        Self::PlacementFailed,
        Self::DeliveryInitializationFailed,
        Self::BeingFulfilled,
        Self::Downloaded,
        Self::DownloadFailed,
        Self::Fulfilled,
        Self::FailedPermanently,
        Self::Cancelled,
    ];

    /// Returns whether the status is final.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Fulfilled | Self::FailedPermanently | Self::Cancelled => true,
            Self::Created
            | Self::BeingPlaced
            | Self::Placed
            | Self::PlacementFailed
            | Self::DeliveryInitializationFailed
            | Self::BeingFulfilled
            | Self::Downloaded
            | Self::DownloadFailed
            | Self::Unknown(_) => false,
        }
    }

    /// Returns whether the status cannot change without the user: it is final, or a placement, a
    /// delivery or a download has failed.
    pub fn is_at_rest(&self) -> bool {
        self.is_terminal()
            || matches!(
                self,
                Self::PlacementFailed | Self::DeliveryInitializationFailed | Self::DownloadFailed
            )
    }

    /// Returns whether there will be no images, as far as it is known.
    pub fn is_failed(&self) -> bool {
        self.is_at_rest() && *self != Self::Fulfilled
    }

    /// Returns whether the order can still be cancelled.
    pub fn is_cancellable(&self) -> bool {
        matches!(self, Self::Created | Self::PlacementFailed)
    }

    /// Parses the platform's name of a status.
    pub(crate) fn read(word: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|status| status.word() == word);
        known.unwrap_or_else(|| Self::Unknown(sanitize(word, 80)))
    }

    /// Returns the platform's name of the status.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Created => "CREATED",
            Self::BeingPlaced => "BEING_PLACED",
            Self::Placed => "PLACED",
            Self::PlacementFailed => "PLACEMENT_FAILED",
            Self::DeliveryInitializationFailed => "DELIVERY_INITIALIZATION_FAILED",
            Self::BeingFulfilled => "BEING_FULFILLED",
            Self::Downloaded => "DOWNLOADED",
            Self::DownloadFailed => "DOWNLOAD_FAILED",
            Self::Fulfilled => "FULFILLED",
            Self::FailedPermanently => "FAILED_PERMANENTLY",
            Self::Cancelled => "CANCELED",
            Self::Unknown(word) => word,
        }
    }

    pub(super) fn status_kind(&self) -> StatusKind {
        match self {
            Self::Fulfilled => StatusKind::Ok,
            Self::Created | Self::BeingPlaced => StatusKind::Waiting,
            Self::Placed | Self::BeingFulfilled | Self::Downloaded => StatusKind::Running,
            Self::Unknown(_) => StatusKind::Neutral,
            _ => StatusKind::Failed,
        }
    }
}

/// Parses the names of the platform and of tables, in any case: `FULFILLED`, `being placed`.
impl From<&str> for OrderStatus {
    fn from(word: &str) -> Self {
        Self::read(&word.trim().to_uppercase().replace([' ', '-'], "_"))
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => f.write_str(&sanitize(word, 80)),
            known => f.write_str(&known.word().to_lowercase().replace('_', " ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_parsed_from_their_text_and_unknown_ones_are_kept() {
        for status in OrderStatus::KNOWN {
            assert_eq!(OrderStatus::read(status.word()), status);
            assert_eq!(OrderStatus::from(status.to_string().as_str()), status);
        }
        let odd = OrderStatus::read("ON_THE_MOON");
        assert!(!odd.is_terminal() && !odd.is_at_rest() && !odd.is_failed());
        assert_eq!(odd.to_string(), "ON_THE_MOON");
        let hostile = OrderStatus::read("x\nEVCXR_BEGIN_CONTENT text/html\n").to_string();
        assert!(!hostile.contains("EVCXR_") && !hostile.contains('\n'), "{hostile}");
        assert!(OrderStatus::PlacementFailed.is_at_rest() && !OrderStatus::PlacementFailed.is_terminal());
    }
}
