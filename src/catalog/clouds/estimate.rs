//! Estimate of the cloud cover from the colours of pixels.

use up42_view::map::Pixels;

/// Brightness from which a pixel is cloud if the catalog has no value. The brightness of a pixel is
/// that of its darkest colour: clouds in quicklooks have 200 and more, sand and roofs have little
/// blue.
const BRIGHT: usize = 160;
/// Brightness below which no pixel is cloud, whatever the catalog states: thin haze at most.
const DARK: usize = 100;
/// Tolerance of the threshold, and largest change of the estimate within it, as a share of the
/// area. If the change is larger, there is no estimate.
const BRIGHTNESS_CHANGE: usize = 12;
const MAX_UNCERTAINTY: f64 = 0.25;
/// Share of bright pixels above which a scene without a value may be snow.
const ALL: f64 = 0.9;
/// Smallest number of pixels of the area for an estimate.
const LEAST: usize = 25;

/// Returns the cloud cover over the area in %, and a note.
pub(super) fn estimate(pixels: &Pixels, of_scene: Option<f64>) -> (Option<f64>, Option<String>) {
    let cannot = |why: &str| (None, Some(why.to_owned()));
    if pixels.area.len() < LEAST {
        return cannot("fewer than 25 pixels of the quicklook show the area");
    }
    let (scene, area) = (Brightness::of(&pixels.scene), Brightness::of(&pixels.area));
    let known = of_scene.filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| percent / 100.0);
    let threshold = match known {
        Some(share) if share < 0.0005 => return (Some(0.0), None),
        Some(share) if share > 0.9995 => return (Some(100.0), None),
        Some(share) => scene.threshold(share),
        None => BRIGHT as f64,
    };
    if threshold < DARK as f64 {
        return cannot("the brightest pixels are too dark for cloud");
    }
    if known.is_none() && scene.above(threshold) > ALL {
        return cannot("all of it is bright: cloud or snow");
    }
    let off = BRIGHTNESS_CHANGE as f64;
    if area.above(threshold - off) - area.above(threshold + off) > MAX_UNCERTAINTY {
        return cannot("cloud and ground are equally bright");
    }
    let note = known.is_none().then(|| "by brightness alone: the catalog has no figure".to_owned());
    (Some(100.0 * area.above(threshold)), note)
}

/// Distribution of the brightness of pixels.
struct Brightness {
    /// Share of pixels with at least the brightness of the index.
    above: Vec<f64>,
}

impl Brightness {
    fn of(pixels: &[[u8; 3]]) -> Self {
        let mut counts = [0usize; 257];
        for [r, g, b] in pixels {
            counts[usize::from(*r.min(g).min(b))] += 1;
        }
        let mut so_far = 0;
        let mut above: Vec<f64> = Vec::with_capacity(counts.len());
        for count in counts.iter().rev() {
            so_far += count;
            above.push(so_far as f64 / pixels.len().max(1) as f64);
        }
        above.reverse();
        Self { above }
    }

    /// Returns the share above a brightness, interpolated between two steps.
    fn above(&self, threshold: f64) -> f64 {
        let threshold = threshold.clamp(0.0, 256.0);
        let (step, part) = (threshold as usize, threshold.fract());
        let next = self.above.get(step + 1).copied().unwrap_or(0.0);
        self.above[step] * (1.0 - part) + next * part
    }

    /// Returns the brightness that this share exceeds, within half a percent: the middle of the gap
    /// if cloud and ground are clearly separated.
    fn threshold(&self, share: f64) -> f64 {
        let slack = 0.005_f64.min(share / 2.0).min((1.0 - share) / 2.0);
        (self.exceeded(share + slack) + self.exceeded(share - slack)) / 2.0
    }

    fn exceeded(&self, share: f64) -> f64 {
        let step = self.above.partition_point(|above| *above > share);
        let Some(before) = step.checked_sub(1) else { return 0.0 };
        let (high, low) = (self.above[before], self.above.get(step).copied().unwrap_or(0.0));
        before as f64 + (high - share) / (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate_text(scene: &[(u8, usize)], area: &[(u8, usize)], percent: Option<f64>) -> String {
        let grey =
            |all: &[(u8, usize)]| all.iter().flat_map(|(grey, count)| vec![[*grey; 3]; *count]).collect();
        let (found, note) = estimate(&Pixels { scene: grey(scene), area: grey(area) }, percent);
        let found = found.map_or("no estimate".to_owned(), |percent| format!("{percent:.0} %"));
        note.map_or(found.clone(), |note| format!("{found}: {note}"))
    }

    #[test]
    fn the_threshold_comes_from_the_whole_scene() {
        let scene = [(60, 500), (140, 300), (220, 200)];
        assert_eq!(estimate_text(&scene, &[(60, 50), (220, 50)], Some(20.0)), "50 %");
        assert_eq!(estimate_text(&scene, &[(60, 50), (140, 50)], Some(20.0)), "0 %");
        // The same picture, with haze that the catalog counts.
        assert_eq!(estimate_text(&scene, &[(60, 50), (140, 50)], Some(50.0)), "50 %");
        assert_eq!(estimate_text(&scene, &[(220, 100)], Some(0.0)), "0 %", "sand or snow in a clear scene");
    }

    #[test]
    fn an_uncertain_estimate_is_none() {
        let cases = [
            estimate_text(&[(200, 500), (205, 500)], &[(200, 50), (205, 50)], Some(50.0)),
            estimate_text(&[(40, 500), (80, 500)], &[(80, 50)], Some(40.0)),
            estimate_text(&[(40, 500), (240, 500)], &[(240, 24)], Some(50.0)),
            estimate_text(&[(40, 500), (240, 500)], &[(240, 60), (50, 40)], None),
            estimate_text(&[(40, 50), (240, 950)], &[(240, 60), (50, 40)], None),
        ];
        insta::assert_snapshot!(cases.join("\n"), @r"
        no estimate: cloud and ground are equally bright
        no estimate: the brightest pixels are too dark for cloud
        no estimate: fewer than 25 pixels of the quicklook show the area
        60 %: by brightness alone: the catalog has no figure
        no estimate: all of it is bright: cloud or snow
        ");
    }
}
