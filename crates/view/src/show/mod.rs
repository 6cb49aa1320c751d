//! Showing on demand: values in the middle of a cell, displays that move in place, and
//! tables of frames, which cannot show themselves, and of other rows than the first ones.

mod frame;
mod live;
mod mime_bundle;
mod value;

use std::ops::RangeBounds;

pub use live::{Live, display_live};
pub use mime_bundle::{ToMimeBundle, display};

use crate::display::{ROWS, Table};

/// Shows what has a table of its rows, as a cell's last value by the first ones, or by a
/// `bundle` of its own.
#[macro_export]
macro_rules! impl_show {
    ($list:ty) => {
        $crate::impl_show!($list, first_rows);

        impl $list {
            fn first_rows(&self) -> $crate::display::MimeBundle {
                self.table(..$crate::display::ROWS).bundle()
            }
        }
    };
    ($list:ty, $bundle:ident) => {
        impl $crate::show::Show for $list {
            fn show_rows(&self, rows: impl std::ops::RangeBounds<usize>) {
                self.table(rows).bundle().print();
            }
        }

        $crate::impl_mime_bundle!($list, $bundle);
    };
}

/// Shows rows as a table, in the notebook or in a terminal.
///
/// What this crate lists shows its first rows as a cell's last value. A Polars DataFrame or
/// Series has to be asked: `df.show()`. Any of them shows other rows by
/// [`show_rows`](Self::show_rows); the line under a table that goes on says which ones come
/// next.
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; pub use {geo_types, jiff, polars}; }
/// use up42::view::Show;
/// use up42::polars::df;
///
/// let frame = df!("day" => (0..60).collect::<Vec<i32>>())?;
/// frame.show();
/// frame.show_rows(50..60);
/// # Ok::<(), up42::Error>(())
/// ```
///
/// In a frame's table each column has its dtype under its name. A dash is null, and `""` is
/// an empty text. The floats of a column have the same number of decimals, as many as six
/// significant digits need. Datetimes are shown in their zone, or as they are where they
/// have none. Of long texts, lists and bytes only the beginning or the size is shown. Only
/// the rows that are shown are looked at, so the size of a frame does not matter.
pub trait Show {
    /// Shows the first 50 rows.
    fn show(&self) {
        self.show_rows(..ROWS);
    }

    /// Shows these rows, counted from 0: at most 1,000 of them, and as many as there are.
    fn show_rows(&self, rows: impl RangeBounds<usize>);
}

/// An element of slices that are shown as a table.
pub trait TableRow: Sized {
    /// Returns the table of a list, with those rows of it that are to be shown.
    fn table(list: &[Self], rows: impl RangeBounds<usize>) -> Table;
}

impl<T: TableRow> Show for [T] {
    fn show_rows(&self, rows: impl RangeBounds<usize>) {
        T::table(self, rows).bundle().print();
    }
}
