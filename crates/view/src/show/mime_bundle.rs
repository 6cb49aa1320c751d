use polars::prelude::{DataFrame, Series};

use super::frame;
use super::live;
use crate::MimeBundle;
use crate::elements::ROWS;

/// Values with a rich display in a notebook: the types of this crate, Polars frames and series, and
/// text.
///
/// A notebook displays the last value of a cell. [`display`] displays a value in the middle of a
/// cell, and [`display_live`](super::display_live) one that is updated in place. Other types can
/// implement the trait, too:
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
    /// Returns the value as a MIME bundle. A front end displays the richest type that it supports.
    fn to_mime_bundle(&self) -> MimeBundle;
}

/// Displays a value immediately, in the output of the running cell. A cell may display several
/// values; its last value follows them.
///
/// The `up42` kernel keeps the order of displays and printed text. In a plain evcxr kernel and in a
/// terminal, the text form is printed.
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

/// Implements `ToMimeBundle` with the type's method `bundle` or the named one, and `evcxr_display`,
/// which evcxr calls for the last value of a cell.
#[macro_export]
macro_rules! impl_mime_bundle {
    ($type:ty) => {
        $crate::impl_mime_bundle!($type, bundle);
    };
    ($type:ty, $bundle:ident) => {
        impl $crate::show::ToMimeBundle for $type {
            fn to_mime_bundle(&self) -> $crate::MimeBundle {
                self.$bundle()
            }
        }

        impl $type {
            /// Displays the value in a notebook; evcxr calls this for the last value of a cell.
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
