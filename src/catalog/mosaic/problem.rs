//! A mosaic as a problem of choice: cells of ground, the scenes over each, and what a
//! choice of scenes costs. Nothing here knows of shapes.

use std::cmp::Ordering;

/// What may be chosen, and what for.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) cells: Vec<Cell>,
    pub(super) scenes: Vec<Candidate>,
    /// So much covered is enough, in km².
    pub(super) need: f64,
    /// What is missing counts in steps of this size, in km²: less is no difference.
    pub(super) step: f64,
    /// Scenes that may be chosen.
    pub(super) most: usize,
    /// Of a km² all under cloud.
    pub(super) cloud_cost: f64,
    pub(super) day_cost: f64,
}

/// Ground with the same scenes over all of it.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) km2: f64,
    /// Indices of scenes, the clearest first.
    pub(super) over: Vec<u32>,
}

/// A scene that may be chosen.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// For being chosen at all, its price included.
    pub(super) cost: f64,
    /// Share of it under cloud, 0 to 1.
    pub(super) cloud: f64,
    /// When it was taken, in days since any moment.
    pub(super) day: Option<f64>,
}

/// How good a choice is, less being better: what is missing comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    pub(super) missing: u64,
    pub(super) cost: f64,
}

impl Score {
    /// Whether it is better by more than rounding.
    pub(super) fn beats(self, other: Self) -> bool {
        match self.missing.cmp(&other.missing) {
            Ordering::Equal => self.cost < other.cost - 1e-9,
            order => order.is_lt(),
        }
    }
}

/// What a choice covers, and what each scene that is still open would add to it.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) score: Score,
    /// Still to be covered, in km²; nothing or less when it is enough.
    pub(super) need: f64,
    /// km² that no scene of the choice covers, for each open scene.
    pub(super) new: Vec<f64>,
    /// What each open scene costs beyond the clouds that it takes away from what is covered.
    pub(super) net: Vec<f64>,
    /// Not covered by the choice, but by open scenes, in km².
    pub(super) open_km2: f64,
    /// What the clouds there cost at least.
    pub(super) open_cost: f64,
}

impl Problem {
    /// The lengths of all lists of cells: what a look at a choice takes.
    pub(super) fn size(&self) -> u64 {
        self.cells.iter().map(|cell| cell.over.len() as u64 + 1).sum()
    }

    pub(super) fn score(&self, chosen: &[bool]) -> Score {
        let (mut covered, mut cloudy) = (0.0, 0.0);
        for cell in &self.cells {
            if let Some(&clearest) = cell.over.iter().find(|scene| chosen[**scene as usize]) {
                covered += cell.km2;
                cloudy += cell.km2 * self.scenes[clearest as usize].cloud;
            }
        }
        self.scored(chosen, covered, cloudy)
    }

    fn scored(&self, chosen: &[bool], covered: f64, cloudy: f64) -> Score {
        let picked = || self.scenes.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(scene, _)| scene);
        let cost: f64 = picked().map(|scene| scene.cost).sum();
        let cost =
            cost + self.cloud_cost * cloudy + self.day_cost * span(picked().filter_map(|scene| scene.day));
        Score { missing: self.steps(self.need - covered), cost }
    }

    pub(super) fn steps(&self, km2: f64) -> u64 {
        (km2 / self.step).ceil().max(0.0) as u64
    }

    /// A look at a choice; `open` are the scenes that may still join it.
    pub(super) fn view(&self, chosen: &[bool], open: &[bool]) -> View {
        let mut new = vec![0.0; self.scenes.len()];
        let mut net: Vec<f64> = self.scenes.iter().map(|scene| scene.cost).collect();
        let (mut covered, mut cloudy, mut open_km2, mut open_cost) = (0.0, 0.0, 0.0, 0.0);
        for cell in &self.cells {
            let clearest = cell.over.iter().position(|scene| chosen[*scene as usize]);
            match clearest {
                Some(at) => {
                    let cloud = self.scenes[cell.over[at] as usize].cloud;
                    covered += cell.km2;
                    cloudy += cell.km2 * cloud;
                    // Those before it are clearer.
                    for &scene in cell.over[..at].iter().filter(|scene| open[**scene as usize]) {
                        let less = cloud - self.scenes[scene as usize].cloud;
                        net[scene as usize] -= self.cloud_cost * cell.km2 * less;
                    }
                }
                None => {
                    let mut least = None;
                    for &scene in cell.over.iter().filter(|scene| open[**scene as usize]) {
                        new[scene as usize] += cell.km2;
                        least.get_or_insert(self.scenes[scene as usize].cloud);
                    }
                    if let Some(cloud) = least {
                        open_km2 += cell.km2;
                        open_cost += self.cloud_cost * cell.km2 * cloud;
                    }
                }
            }
        }
        let score = self.scored(chosen, covered, cloudy);
        View { score, need: self.need - covered, new, net, open_km2, open_cost }
    }
}

/// From the first to the last.
pub(super) fn span(days: impl Iterator<Item = f64>) -> f64 {
    let (first, last) = days.fold((f64::MAX, f64::MIN), |(first, last), day| (first.min(day), last.max(day)));
    (last - first).max(0.0)
}
