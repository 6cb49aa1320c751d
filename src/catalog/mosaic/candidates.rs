//! From scenes to a problem: selects the candidates, and computes the cells of ground below them.

use geo::MultiPolygon;

use super::problem::{Candidate, Cell, Problem};
use up42_core::geo::OverlapRows;

/// Largest number of candidates in the search; surplus scenes are removed first.
const MAX_CANDIDATES: usize = 64;
/// Largest number of cells that the scenes may divide the area into.
const CELLS: usize = 20_000;
/// Sample points for thinning out: 3.618 for each of about a thousand rows, so that those of
/// neighbouring rows are not aligned.
const POINTS: usize = 3705;
const WORDS: usize = POINTS.div_ceil(64);

/// Requirements of a mosaic; areas in km².
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) area: f64,
    pub(super) least: f64,
    pub(super) tolerance: f64,
    pub(super) most: usize,
    pub(super) cloud_cost: f64,
    pub(super) day_cost: f64,
}

/// Problem, and the indices of its candidates among the scenes.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    pub(super) problem: Problem,
    pub(super) index: Vec<usize>,
    /// Whether a scene was left out that may be part of the best choice.
    pub(super) is_thinned: bool,
}

impl Candidates {
    /// Makes the problem; `None` if no scene lies over the area.
    pub(super) fn new(
        task: Task,
        area: &MultiPolygon,
        grounds: &[MultiPolygon],
        scenes: &[Candidate],
    ) -> Option<Self> {
        let all: Vec<usize> = (0..scenes.len()).collect();
        let rows = OverlapRows::new(area, grounds);
        if let Some(sets) = (scenes.len() <= 2 * MAX_CANDIDATES).then(|| rows.sets(CELLS)).flatten() {
            let kept = best_of_equals(&sets, scenes, task.day_cost);
            if kept.len() <= MAX_CANDIDATES {
                return Self::over(task, &sets, &all, &kept, scenes, false);
            }
        }
        let kept = preselect(task, scenes, &rows);
        let few: Vec<MultiPolygon> = kept.iter().map(|&scene| grounds[scene].clone()).collect();
        let few_scenes: Vec<Candidate> = kept.iter().map(|&scene| scenes[scene].clone()).collect();
        let sets = OverlapRows::new(area, &few).sets(usize::MAX)?;
        let each: Vec<usize> = (0..kept.len()).collect();
        Self::over(task, &sets, &kept, &each, &few_scenes, true)
    }

    /// Makes the problem of choosing among `kept`; `index` are the original indices of the scenes.
    fn over(
        task: Task,
        sets: &[(Vec<u32>, f64)],
        index: &[usize],
        kept: &[usize],
        scenes: &[Candidate],
        is_thinned: bool,
    ) -> Option<Self> {
        let mut place = vec![None; scenes.len()];
        kept.iter().zip(0u32..).for_each(|(&scene, nth)| place[scene] = Some(nth));
        let candidates: Vec<Candidate> = kept.iter().map(|&scene| scenes[scene].clone()).collect();
        let clearer = |a: &u32, b: &u32| {
            let cloud = |scene: &u32| candidates[*scene as usize].cloud;
            cloud(a).total_cmp(&cloud(b)).then(a.cmp(b))
        };
        let cell = |(over, km2): &(Vec<u32>, f64)| {
            let mut over: Vec<u32> = over.iter().filter_map(|scene| place[*scene as usize]).collect();
            over.sort_unstable_by(clearer);
            (!over.is_empty()).then_some(Cell { km2: *km2, over })
        };
        let mut cells: Vec<Cell> = sets.iter().filter_map(cell).collect();
        let reachable: f64 = cells.iter().map(|cell| cell.km2).sum();
        // Slivers are many and change nothing: together at most a tenth of the tolerance.
        let sliver = (0.1 * task.tolerance).max(1e-9 * task.area);
        cells.sort_by(|a, b| b.km2.total_cmp(&a.km2));
        let mut dropped = 0.0;
        while let Some(last) = cells.pop_if(|cell| dropped + cell.km2 <= sliver) {
            dropped += last.km2;
        }
        let need = reachable.min(task.least) - task.tolerance.max(sliver);
        let problem = Problem {
            cells,
            scenes: candidates,
            need,
            step: task.tolerance.max(1e-6 * task.area),
            most: task.most,
            cloud_cost: task.cloud_cost,
            day_cost: task.day_cost,
        };
        let index = kept.iter().map(|&scene| index[scene]).collect();
        (reachable > sliver).then_some(Self { problem, index, is_thinned })
    }
}

/// Returns the scenes without those that another one can replace in every choice: the other one
/// covers at least the same ground, is as clear, and costs no more, even if it extends the time
/// from the first to the last scene by the days between the two.
fn best_of_equals(sets: &[(Vec<u32>, f64)], scenes: &[Candidate], day_cost: f64) -> Vec<usize> {
    let count = scenes.len();
    let mut both = vec![0u32; count * count];
    for (over, _) in sets {
        for &a in over {
            for &b in over {
                both[a as usize * count + b as usize] += 1;
            }
        }
    }
    let dominates = |b: usize, a: usize| {
        let (x, y) = (&scenes[b], &scenes[a]);
        let holds = both[a * count + b] == both[a * count + a];
        let equals = both[b * count + b] == both[a * count + a]
            && (x.cloud, x.cost) == (y.cloud, y.cost)
            && (day_cost == 0.0 || x.day.is_some() == y.day.is_some());
        let days = match (x.day, y.day) {
            _ if day_cost == 0.0 => 0.0,
            (Some(x), Some(y)) => (x - y).abs(),
            (None, _) => 0.0,
            (Some(_), None) => f64::INFINITY,
        };
        let is_as_good = x.cloud <= y.cloud && x.cost + day_cost * days <= y.cost;
        // Of two equal scenes, the first is kept.
        a != b && holds && is_as_good && (!equals || b < a)
    };
    let is_over = |scene: &usize| both[scene * count + scene] > 0;
    (0..count).filter(is_over).filter(|&a| !(0..count).any(|b| dominates(b, a))).collect()
}

/// Returns scenes that together cover all that can be covered, and the next best ones: greedily by
/// sample points, repeated without the scenes already taken.
fn preselect(task: Task, scenes: &[Candidate], rows: &OverlapRows) -> Vec<usize> {
    let points = points(task.area, rows, scenes.len());
    let total = points.iter().fold([0; WORDS], |mut all, one| {
        all.iter_mut().zip(one).for_each(|(all, one)| *all |= one);
        all
    });
    let weight = |bits: &[u64; WORDS]| bits.iter().map(|word| word.count_ones()).sum::<u32>();
    let share = 1.0 / f64::from(weight(&total).max(1));
    let mut taken = vec![false; scenes.len()];
    let mut kept = Vec::new();
    while kept.len() < MAX_CANDIDATES && kept.len() < scenes.len() {
        let (mut left, before) = (total, kept.len());
        loop {
            let worth = |scene: usize| {
                let mut new = points[scene];
                new.iter_mut().zip(left).for_each(|(new, left)| *new &= left);
                let new = f64::from(weight(&new)) * share;
                new / (scenes[scene].cost + task.cloud_cost * task.area * scenes[scene].cloud * new).max(1e-9)
            };
            let open = (0..scenes.len()).filter(|scene| !taken[*scene]).map(|scene| (worth(scene), scene));
            let best =
                open.filter(|(worth, _)| *worth > 0.0).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((_, scene)) = best.filter(|_| before == 0 || kept.len() < MAX_CANDIDATES) else { break };
            taken[scene] = true;
            kept.push(scene);
            left.iter_mut().zip(points[scene]).for_each(|(left, covered)| *left &= !covered);
        }
        if kept.len() == before {
            break;
        }
    }
    patch(task, rows, &mut kept, taken);
    kept.sort_unstable();
    kept
}

/// Adds scenes that alone cover ground between the sample points.
fn patch(task: Task, rows: &OverlapRows, kept: &mut Vec<usize>, mut taken: Vec<bool>) {
    let mut missing: Vec<(Vec<u32>, f64)> = Vec::new();
    rows.each(|piece| {
        if !piece.over.is_empty() && !piece.over.iter().any(|scene| taken[*scene as usize]) {
            missing.push((piece.over.to_vec(), piece.km2));
        }
    });
    loop {
        let mut adds = vec![0.0; taken.len()];
        for (over, km2) in &missing {
            over.iter().for_each(|scene| adds[*scene as usize] += km2);
        }
        let left: f64 = missing.iter().map(|(_, km2)| km2).sum();
        let best = (0..adds.len()).max_by(|a, b| adds[*a].total_cmp(&adds[*b]).then(b.cmp(a)));
        let Some(best) = best.filter(|_| left > (0.1 * task.tolerance).max(1e-9 * task.area)) else { return };
        taken[best] = true;
        kept.push(best);
        missing.retain(|(over, _)| !over.contains(&(best as u32)));
    }
}

/// Returns the sample points that each scene covers, as bits. The points have the same density
/// everywhere, whether the area has one part or many distant ones.
fn points(area: f64, rows: &OverlapRows, scenes: usize) -> Vec<[u64; WORDS]> {
    let mut points = vec![[0; WORDS]; scenes];
    let (mut so_far, mut point) = (0.0, 0);
    rows.each(|piece| {
        so_far += piece.km2;
        while point < POINTS && (point as f64 + 0.5) * area < so_far * POINTS as f64 {
            piece.over.iter().for_each(|scene| points[*scene as usize][point / 64] |= 1 << (point % 64));
            point += 1;
        }
    });
    points
}
