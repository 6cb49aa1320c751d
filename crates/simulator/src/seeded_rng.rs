//! Reproducible random numbers, determined by the seed and their purpose.

use uuid::Uuid;

/// Random number generator (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct SeededRng(u64);

impl SeededRng {
    /// Creates the generator of these keys.
    pub(super) fn of(keys: &[u64]) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15;
        for key in keys {
            state = scramble(state ^ key.wrapping_mul(0xff51_afd7_ed55_8ccd));
        }
        Self(state)
    }

    /// Creates the generator of a seed and a text.
    pub(super) fn of_text(seed: u64, text: &str) -> Self {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::of(&[seed, hash])
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// Returns a number from 0 (inclusive) to 1 (exclusive).
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Returns a standard normal number (Box-Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Returns a Poisson number with this mean.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit && count < 100 {
            product *= self.unit();
            count += 1;
        }
        count
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_keys_give_the_same_numbers() {
        assert_eq!(SeededRng::of(&[1, 2]).uuid(), SeededRng::of(&[1, 2]).uuid());
        assert_ne!(SeededRng::of(&[1, 2]).next(), SeededRng::of(&[2, 1]).next());
    }

    #[test]
    fn draws_have_the_given_mean() {
        let mut rng = SeededRng::of(&[7]);
        let draws = 4000;
        let happened: u32 = (0..draws).map(|_| rng.poisson(0.4)).sum();
        assert!((f64::from(happened) / f64::from(draws) - 0.4).abs() < 0.05);
        let mean = (0..draws).map(|_| rng.normal()).sum::<f64>() / f64::from(draws);
        assert!(mean.abs() < 0.06);
    }
}
