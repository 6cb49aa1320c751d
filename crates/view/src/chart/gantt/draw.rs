use super::rows::{NAME, Rows};
use super::{Bar, Gantt, Span};
use crate::chart::Chart;
use crate::chart::axis::Axis;
use crate::chart::paper::{INK, QUIET, RIGHT, head};
use crate::chart::pen::{Anchor, PAPER, Pen, width};
use crate::elements::{StatusKind, grouped};
use up42_core::sanitize::sanitize;

pub const TOP: i32 = 66;
/// Height of the strip that shows the numbers of queued and running jobs.
const STRIP: i32 = 52;
const GAP: i32 = 16;
/// Tones in drawing order.
const KINDS: [StatusKind; 5] =
    [StatusKind::Waiting, StatusKind::Ok, StatusKind::Running, StatusKind::Neutral, StatusKind::Failed];

pub fn bottom(rows: &Rows) -> i32 {
    end(rows) + GAP + STRIP
}

/// Returns the lower end of the rows.
fn end(rows: &Rows) -> i32 {
    TOP + (rows.count as f64 * rows.pitch).ceil() as i32
}

/// Returns the upper and lower edge of the bar in a row.
pub fn row(rows: &Rows, row: usize) -> (i32, i32) {
    let gap = (rows.pitch * 0.2).clamp(0.0, 4.0);
    let top = f64::from(TOP) + row as f64 * rows.pitch;
    let (top, bottom) = ((top + gap / 2.0).floor() as i32, (top + rows.pitch - gap / 2.0).floor() as i32);
    (top, bottom.max(top + 1))
}

pub fn draw(chart: &Chart, gantt: &Gantt, pen: &mut dyn Pen) {
    let bars = gantt.bars();
    let rows = Rows::of(gantt, &bars);
    let axis = Gantt::axis(&bars, rows.left);
    let key = gantt.key(&bars);
    head(pen, &chart.title, &chart.unit, key.iter().map(|(name, colour)| (name.as_str(), *colour)));
    if bars.is_empty() {
        pen.text((rows.left, bottom(&rows) - STRIP), "nothing has begun", 12, Anchor::Left, QUIET);
    } else {
        axis.draw(pen, (TOP, bottom(&rows)));
        strip(gantt, &bars, &rows, &axis, pen);
    }
    // Colour by colour, since consecutive shapes of one colour take fewer bytes.
    for kind in KINDS {
        for (bar, of) in bars.iter().zip(&rows.of_bar).filter(|(_, of)| **of < rows.count) {
            let (top, bottom) = row(&rows, *of);
            if let Some((left, right)) = part(kind, gantt.spans[bar.span].kind, bar, &axis) {
                pen.rect((left, top), (right, bottom), kind.solid());
            }
        }
    }
    if rows.is_packed {
        // A gap separates neighbours in a lane.
        for (bar, of) in bars.iter().zip(&rows.of_bar).filter(|(_, of)| **of < rows.count) {
            let ((top, bottom), end) = (row(&rows, *of), axis.at(bar.end));
            if end - axis.at(bar.begin) > 4 {
                pen.rect((end - 1, top), (end, bottom), PAPER);
            }
        }
    }
    match rows.is_packed {
        true => lanes(&rows, pen),
        false => names(gantt, &bars, &rows, &axis, pen),
    }
}

/// Returns the part of a bar that has a colour: waiting time has the colour of `Waiting`, running
/// time that of the final state.
fn part(colour: StatusKind, kind: StatusKind, bar: &Bar, axis: &Axis) -> Option<(i32, i32)> {
    let [begin, turn, end] = [bar.begin, bar.turn, bar.end].map(|moment| axis.at(moment));
    if colour == StatusKind::Waiting {
        return (turn > begin).then_some((begin, turn));
    }
    // A finished job shows its final state, however short it ran.
    let has_ended = !matches!(kind, StatusKind::Waiting | StatusKind::Running);
    (colour == kind && (end > turn || has_ended)).then_some((turn.min(end - 1), end))
}

fn lanes(rows: &Rows, pen: &mut dyn Pen) {
    let label = format!("{} at once", grouped(rows.count as f64, 0));
    pen.text((rows.left - 8, TOP + 7), &label, 11, Anchor::Right, QUIET);
}

/// Draws the names of the rows, and the states of those that did not succeed. If there is no room
/// for all names, only failed rows are named.
fn names(gantt: &Gantt, bars: &[Bar], rows: &Rows, axis: &Axis, pen: &mut dyn Pen) {
    let mut free = i32::MIN;
    for (place, (span, bar)) in rows.spans.iter().enumerate() {
        let span = &gantt.spans[*span];
        let (top, bottom) = row(rows, place);
        let middle = (top + bottom) / 2;
        if rows.is_named() {
            pen.text((rows.left - 8, middle), &rows.name(&span.label), NAME, Anchor::Right, INK);
            if span.kind != StatusKind::Ok {
                word(span, bar.map_or(rows.left, |bar| axis.at(bars[bar].end)), middle, pen);
            }
        } else if span.kind == StatusKind::Failed {
            if free == i32::MIN {
                pen.text((rows.left - 10, TOP - 8), "without results:", NAME, Anchor::Right, QUIET);
            }
            pen.rect((rows.left - 6, top), (rows.left - 2, bottom), StatusKind::Failed.solid());
            if middle - 6 >= free {
                pen.text((rows.left - 10, middle), &rows.name(&span.label), NAME, Anchor::Right, INK);
                free = middle + 6;
            }
        }
    }
}

/// Draws a state after the end of its bar, or before it at the right edge of the chart.
fn word(span: &Span, end: i32, middle: i32, pen: &mut dyn Pen) {
    let word = sanitize(&span.word, 24);
    if end + 6 + width(&word, 11) <= RIGHT {
        return pen.text((end + 6, middle), &word, 11, Anchor::Left, INK);
    }
    let left = end - 8 - width(&word, 11);
    pen.rect((left, middle - 6), (end - 4, middle + 6), PAPER);
    pen.text((left + 2, middle), &word, 11, Anchor::Left, INK);
}

/// Draws the numbers of queued and running jobs over time, and the limit.
fn strip(gantt: &Gantt, bars: &[Bar], rows: &Rows, axis: &Axis, pen: &mut dyn Pen) {
    let bottom = bottom(rows);
    let (peak, limit) = (Gantt::peak(bars), gantt.limit.unwrap_or(0));
    let most = peak.max(limit).max(1) as f64;
    let at = |count: i32| bottom - (f64::from(count.max(0)) / most * f64::from(STRIP - 8)).round() as i32;
    let room = (RIGHT - rows.left).max(0) as usize + 1;
    let mut changes = vec![[0, 0]; room + 1];
    for bar in bars {
        let [begin, turn, end] = [bar.begin, bar.turn, bar.end]
            .map(|moment| (axis.at(moment) - rows.left).clamp(0, room as i32) as usize);
        changes[begin][0] += 1;
        changes[turn] = [changes[turn][0] - 1, changes[turn][1] + 1];
        changes[end][1] -= 1;
    }
    let (mut now, mut since) = ([0, 0], rows.left);
    for (place, [queued, running]) in changes.into_iter().enumerate().filter(|(_, change)| *change != [0, 0])
    {
        let here = rows.left + place as i32;
        let [waits, runs] = now;
        for (low, high, colour) in
            [(0, runs, StatusKind::Ok.solid()), (runs, runs + waits, StatusKind::Waiting.solid())]
        {
            if here > since && at(low) > at(high) {
                pen.rect((since, at(high)), (here, at(low)), colour);
            }
        }
        (now, since) = ([waits + queued, runs + running], here);
    }
    pen.line((rows.left, bottom), (RIGHT, bottom), QUIET);
    let (label, level) = match gantt.limit {
        Some(limit) => {
            pen.dashes((rows.left, at(limit as i32)), RIGHT, INK);
            (format!("limit {}", grouped(limit as f64, 0)), limit)
        }
        None => (format!("{} at once", grouped(peak as f64, 0)), peak),
    };
    pen.text((rows.left - 8, at(level as i32)), &label, 11, Anchor::Right, QUIET);
}
