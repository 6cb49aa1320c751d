use polars::prelude::{DataFrame, Series};

use super::frame;
use super::live;
use crate::display::{Bundle, ROWS};

/// What a notebook can show as more than text: whatever this crate returns, Polars' frames,
/// and text.
///
/// A cell's last value shows itself. [`display`] shows one in the middle of a cell, and
/// [`display_live`](super::display_live) one that changes in its place. A type of one's own
/// can be shown too:
///
/// ```
/// use up42::prelude::*;
///
/// struct Share(f64);
///
/// impl Rich for Share {
///     fn to_bundle(&self) -> Bundle {
///         let percent = format!("{:.0} %", self.0 * 100.0);
///         Bundle::text(&percent).html(format!("<b>{percent}</b>"))
///     }
/// }
///
/// display(&Share(0.4));
/// ```
pub trait Rich {
    /// The forms in which it is shown; a front end takes the best that it can.
    fn to_bundle(&self) -> Bundle;
}

/// Shows a value at once, where the cell is; a cell may show many, and its last value after
/// them.
///
/// The kernel of `up42` shows them in their order among what the cell prints. A plain evcxr
/// kernel and a terminal get the text.
///
/// ```
/// use up42::prelude::*;
///
/// # let client = Client::simulator()?;
/// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?.named("Dakar");
/// display(&aoi);
/// display("the clearest scenes:");
/// display(&client.catalog().search(Search::new(&aoi).limit(3))?);
/// # Ok::<(), up42::Error>(())
/// ```
pub fn display(value: &(impl Rich + ?Sized)) {
    live::send(&value.to_bundle(), None);
}

/// Makes a type rich by its own `bundle`, and evcxr show it as a cell's last value.
#[macro_export]
macro_rules! impl_rich {
    ($type:ty) => {
        $crate::impl_rich!($type, bundle);
    };
    ($type:ty, $bundle:ident) => {
        impl $crate::show::Rich for $type {
            fn to_bundle(&self) -> $crate::display::Bundle {
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

impl Rich for str {
    fn to_bundle(&self) -> Bundle {
        Bundle::text(self)
    }
}

impl Rich for String {
    fn to_bundle(&self) -> Bundle {
        Bundle::text(self)
    }
}

impl Rich for Bundle {
    fn to_bundle(&self) -> Bundle {
        self.clone()
    }
}

impl Rich for DataFrame {
    fn to_bundle(&self) -> Bundle {
        frame::table(self, ..ROWS, "df").bundle()
    }
}

impl Rich for Series {
    fn to_bundle(&self) -> Bundle {
        frame::table(&self.clone().into_frame(), ..ROWS, "series").bundle()
    }
}

impl<T: Rich + ?Sized> Rich for &T {
    fn to_bundle(&self) -> Bundle {
        (**self).to_bundle()
    }
}
