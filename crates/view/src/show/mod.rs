//! Display on request: values in the middle of a cell, displays that are updated in place, tables
//! of Polars frames (which have no display of their own), and further rows of a table.

mod frame;
mod live;
mod mime_bundle;
mod value;

use std::ops::RangeBounds;

pub use live::{Live, display_live};
pub use mime_bundle::{ToMimeBundle, display};

use crate::elements::{ROWS, Table};

/// Implements `Show` for a type with a method `table`. As the last value of a cell, the type shows
/// its first rows, or the result of the named method.
#[macro_export]
macro_rules! impl_show {
    ($list:ty) => {
        $crate::impl_show!($list, first_rows);

        impl $list {
            fn first_rows(&self) -> $crate::MimeBundle {
                self.table(..$crate::elements::ROWS).bundle()
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

/// Display of rows as a table, in the notebook or in a terminal.
///
/// The lists of this crate show their first rows as the last value of a cell. For a Polars
/// DataFrame or Series, call `df.show()`. [`show_rows`](Self::show_rows) shows other rows; the line
/// below a table with further rows is the code that shows the next ones.
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
/// The table of a frame has the dtype below the name of each column. A dash is null, and `""` is an
/// empty string. The floats of a column have the same number of decimals, enough for six
/// significant digits. Datetimes are shown in their time zone; those without one are shown
/// unchanged. Long strings and lists are cut, and binary values are shown by their size. Only the
/// rows shown are read, so the size of a frame does not matter.
pub trait Show {
    /// Shows the first 50 rows.
    fn show(&self) {
        self.show_rows(..ROWS);
    }

    /// Shows a range of rows, counted from 0: at most 1,000 rows. A range beyond the end is cut.
    fn show_rows(&self, rows: impl RangeBounds<usize>);
}

/// Element type of slices that are shown as a table.
pub trait TableRow: Sized {
    /// Returns a table with a range of the rows of a list.
    fn table(list: &[Self], rows: impl RangeBounds<usize>) -> Table;
}

impl<T: TableRow> Show for [T] {
    fn show_rows(&self, rows: impl RangeBounds<usize>) {
        T::table(self, rows).bundle().print();
    }
}
