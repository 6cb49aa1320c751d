use polars::prelude::{DataFrame, Series};

use super::frame;
use super::live;
use crate::display::{MimeBundle, ROWS};

/// What a notebook can show as more than text: whatever this crate returns, Polars' frames,
/// and text.
///
/// A cell's last value shows itself. [`display`] shows one in the middle of a cell, and
/// [`display_live`](super::display_live) one that changes in its place. A type of one's own
/// can be shown too:
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; }
/// use up42::view::{MimeBundle, ToMimeBundle, display};
///
/// struct Share(f64);
///
/// impl ToMimeBundle for Share {
///     fn to_mime_bundle(&self) -> MimeBundle {
///         let percent = format!("{:.0} %", self.0 * 100.0);
///         MimeBundle::text(&percent).html(format!("<b>{percent}</b>"))
///     }
/// }
///
/// display(&Share(0.4));
/// ```
pub trait ToMimeBundle {
    /// The forms in which it is shown; a front end takes the best that it can.
    fn to_mime_bundle(&self) -> MimeBundle;
}

/// Shows a value at once, where the cell is; a cell may show many, and its last value after
/// them.
///
/// The kernel of `up42` shows them in their order among what the cell prints. A plain evcxr
/// kernel and a terminal get the text.
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; }
/// use up42::Aoi;
/// use up42::view::display;
///
/// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?.named("Dakar");
/// display(&aoi);
/// display("and its western half:");
/// display(&Aoi::from_bbox([-17.54, 14.65, -17.48, 14.76])?);
/// # Ok::<(), up42::Error>(())
/// ```
pub fn display(value: &(impl ToMimeBundle + ?Sized)) {
    live::send(&value.to_mime_bundle(), None);
}

/// Makes a type rich by its own `bundle`, and evcxr show it as a cell's last value.
#[macro_export]
macro_rules! impl_mime_bundle {
    ($type:ty) => {
        $crate::impl_mime_bundle!($type, bundle);
    };
    ($type:ty, $bundle:ident) => {
        impl $crate::show::ToMimeBundle for $type {
            fn to_mime_bundle(&self) -> $crate::display::MimeBundle {
                self.$bundle()
            }
        }

        impl $type {
            /// Shows it in a notebook; evcxr calls this for the last value of a cell.
            pub fn evcxr_display(&self) {
                self.$bundle().print();
            }
        }
    };
}

impl ToMimeBundle for str {
    fn to_mime_bundle(&self) -> MimeBundle {
        MimeBundle::text(self)
    }
}

impl ToMimeBundle for String {
    fn to_mime_bundle(&self) -> MimeBundle {
        MimeBundle::text(self)
    }
}

impl ToMimeBundle for MimeBundle {
    fn to_mime_bundle(&self) -> MimeBundle {
        self.clone()
    }
}

impl ToMimeBundle for DataFrame {
    fn to_mime_bundle(&self) -> MimeBundle {
        frame::table(self, ..ROWS, "df").bundle()
    }
}

impl ToMimeBundle for Series {
    fn to_mime_bundle(&self) -> MimeBundle {
        frame::table(&self.clone().into_frame(), ..ROWS, "series").bundle()
    }
}

impl<T: ToMimeBundle + ?Sized> ToMimeBundle for &T {
    fn to_mime_bundle(&self) -> MimeBundle {
        (**self).to_mime_bundle()
    }
}
