//! Rows of pixels inside polygons.

use super::canvas::Pixel;

/// Returns for each row of pixels the sorted positions at which rings cross its middle. Between the
/// first and the second of each pair lies the interior.
pub fn spans<'a>(rings: impl IntoIterator<Item = &'a Vec<Pixel>>, height: usize) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::new(); height];
    for ring in rings {
        let Some(&last) = ring.last() else { continue };
        let mut a = last;
        for &b in ring {
            let (low, high) = (a[1].min(b[1]) - 0.5, a[1].max(b[1]) - 0.5);
            let mut row = low.ceil().max(0.0);
            while row < high.ceil().min(height as f64) {
                rows[row as usize].push(a[0] + (row + 0.5 - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
                row += 1.0;
            }
            a = b;
        }
    }
    rows.iter_mut().for_each(|row| row.sort_unstable_by(f64::total_cmp));
    rows
}
