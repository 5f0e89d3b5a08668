//! The surface fit, as the ATL06 algorithm does it.
//!
//! Over a segment of 40 m: a least-squares line through the selected photons; the robust spread of their
//! residuals, which is half the distance from the 16th to the 84th percentile after the expected
//! background is taken away; a new selection, of the photons within a window of the larger of 3 m and six
//! spreads around the median residual; and again, until the selection is stable or five rounds are done.
//!
//! Follows Smith et al. (2019), "Land ice height-retrieval algorithm for NASA's ICESat-2 photon-counting
//! laser altimeter", Remote Sensing of Environment 233, 111352. Left out are the corrections for the shape
//! of the transmitted pulse and for the detector's dead time, since the simulated instrument has neither.

/// A photon relative to its segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Metres along the track from the centre of the segment.
    pub x: f64,
    /// Height in metres.
    pub h: f64,
}

/// When a segment counts, and when the fit ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Photons a selection must have.
    pub min_photons: usize,
    /// Metres along the track over which a selection must reach.
    pub min_spread: f64,
    /// Rounds after which the fit ends, stable or not.
    pub max_rounds: u32,
    /// Least height of the window, metres.
    pub min_window: f64,
    /// Largest spread that is believed, metres.
    pub max_sigma: f64,
}

/// A fitted segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Height of the line at the centre of the segment, metres.
    pub height: f64,
    /// Slope of the line, metres per metre.
    pub slope: f64,
    /// Photons in the last selection.
    pub photons: usize,
    /// Height of the last window, metres.
    pub window: f64,
    /// Root mean square of the residuals of the last selection, metres.
    pub rms: f64,
    /// Standard error of `height` that follows from `rms`, metres.
    pub height_sigma: f64,
    /// Whether the selection was still changing when the rounds ran out.
    pub unstable: bool,
}

/// Fits a line to a segment's photons, of which `background` per metre of height are expected to be noise.
///
/// `None` where too few photons are left, where they reach over too short a way, or where there is nothing
/// above the background.
#[must_use]
pub fn fit(points: &[Point], background: f64, rules: &Rules) -> Option<Fit> {
    let mut selected = vec![true; points.len()];
    let mut line = Line::through(points, &selected, rules)?;
    let mut window = rules.min_window;
    let mut unstable = true;
    for _ in 0..rules.max_rounds {
        let spread = Spread::of(line.residuals(points, &selected), background)?;
        window = rules.min_window.max(6.0 * spread.sigma.min(rules.max_sigma));
        let near = |point| (line.residual(point) - spread.median).abs() <= window / 2.0;
        let next: Vec<bool> = points.iter().map(near).collect();
        unstable = next != selected;
        if !unstable {
            break;
        }
        selected = next;
        line = Line::through(points, &selected, rules)?;
    }
    let residuals = line.residuals(points, &selected);
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let rms = (squares / line.count).sqrt();
    Some(Fit {
        height: line.height,
        slope: line.slope,
        photons: residuals.len(),
        window,
        rms,
        height_sigma: rms * line.height_variance.sqrt(),
        unstable,
    })
}

/// A least-squares line, and what its uncertainty follows from.
struct Line {
    height: f64,
    slope: f64,
    count: f64,
    /// Variance of `height` for photons of variance one.
    height_variance: f64,
}

impl Line {
    /// The line through the selected points, if the selection is good enough by the rules.
    fn through(points: &[Point], selected: &[bool], rules: &Rules) -> Option<Self> {
        let (mut n, mut x, mut xx, mut h, mut xh) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut first, mut last, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0_usize);
        for point in chosen(points, selected) {
            n += 1.0;
            x += point.x;
            xx += point.x * point.x;
            h += point.h;
            xh += point.x * point.h;
            first = first.min(point.x);
            last = last.max(point.x);
            count += 1;
        }
        let determinant = n * xx - x * x;
        if count < rules.min_photons || last - first < rules.min_spread || determinant <= 0.0 {
            return None;
        }
        Some(Self {
            height: (xx * h - x * xh) / determinant,
            slope: (n * xh - x * h) / determinant,
            count: n,
            height_variance: xx / determinant,
        })
    }

    fn residual(&self, point: &Point) -> f64 {
        point.h - self.height - self.slope * point.x
    }

    /// Residuals of the selected points, in no order.
    fn residuals(&self, points: &[Point], selected: &[bool]) -> Vec<f64> {
        chosen(points, selected).map(|point| self.residual(point)).collect()
    }
}

fn chosen<'a>(points: &'a [Point], selected: &'a [bool]) -> impl Iterator<Item = &'a Point> {
    points.iter().zip(selected).filter(|(_, selected)| **selected).map(|(point, _)| point)
}

/// How residuals are distributed, after the background.
struct Spread {
    median: f64,
    /// Half the distance from the 16th to the 84th percentile.
    sigma: f64,
}

impl Spread {
    /// The background is taken as uniform over the range of the residuals, so that the signal up to a height
    /// is the count up to there less the background up to there. `None` where the background explains all
    /// photons.
    fn of(mut residuals: Vec<f64>, background: f64) -> Option<Self> {
        residuals.sort_unstable_by(f64::total_cmp);
        let (bottom, top) = (*residuals.first()?, *residuals.last()?);
        let count: f64 = residuals.iter().map(|_| 1.0).sum();
        let signal = count - background * (top - bottom);
        if signal <= 0.0 {
            return None;
        }
        let percentile = |share: f64| {
            let mut up_to_here = 0.0;
            residuals.iter().copied().find(|residual| {
                up_to_here += 1.0;
                up_to_here - background * (residual - bottom) >= share * signal
            })
        };
        let (low, median, high) = (percentile(0.16)?, percentile(0.5)?, percentile(0.84)?);
        Some(Self { median, sigma: (high - low) / 2.0 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::{Point, Rules, fit};
    use crate::science::seed::Chance;

    const RULES: Rules =
        Rules { min_photons: 10, min_spread: 20.0, max_rounds: 5, min_window: 3.0, max_sigma: 5.0 };

    fn line(count: u32, height: f64, slope: f64, noise: f64) -> Vec<Point> {
        let mut chance = Chance::of("fit");
        (0..count)
            .map(|i| {
                let x = -20.0 + 40.0 * f64::from(i) / f64::from(count - 1);
                Point { x, h: height + slope * x + noise * chance.normal() }
            })
            .collect()
    }

    #[test]
    fn photons_on_a_line_give_back_the_line() {
        let fit = fit(&line(50, 1500.0, 0.1, 0.0), 0.0, &RULES).unwrap();
        assert!((fit.height - 1500.0).abs() < 1e-9 && (fit.slope - 0.1).abs() < 1e-9, "{fit:?}");
        assert!(fit.rms < 1e-9 && fit.photons == 50 && !fit.unstable, "{fit:?}");
        assert!((fit.window - 3.0).abs() < 1e-12, "the window never shrinks below 3 m: {fit:?}");
    }

    #[test]
    fn the_standard_error_is_that_of_a_straight_line() {
        let fit = fit(&line(400, 0.0, 0.0, 0.2), 0.0, &RULES).unwrap();
        assert!((fit.rms - 0.2).abs() < 0.02, "{fit:?}");
        assert!((fit.height_sigma - fit.rms / 20.0).abs() < 1e-6, "{fit:?}");
        assert!(fit.height.abs() < 3.0 * fit.height_sigma, "{fit:?}");
    }

    #[test]
    fn outliers_leave_the_selection() {
        let mut points = line(60, 10.0, 0.02, 0.1);
        points.extend([25.0, -9.0, 18.0].map(|h| Point { x: 3.0, h }));
        let fit = fit(&points, 0.0, &RULES).unwrap();
        assert_eq!(fit.photons, 60);
        assert!((fit.height - 10.0).abs() < 0.05, "{fit:?}");
    }

    #[test]
    fn background_over_the_whole_window_does_not_move_the_surface() {
        let mut points = line(60, 10.0, 0.02, 0.1);
        let mut chance = Chance::of("background");
        points.extend(
            (0..60).map(|_| Point { x: chance.between(-20.0, 20.0), h: 13.0 + chance.between(-30.0, 30.0) }),
        );
        let fit = fit(&points, 1.0, &RULES).unwrap();
        assert!((fit.height - 10.0).abs() < 0.1, "{fit:?}");
        assert!(fit.photons < 70, "{fit:?}");
    }

    #[test]
    fn too_few_photons_or_too_short_a_way_give_no_fit() {
        assert_eq!(fit(&line(9, 0.0, 0.0, 0.1), 0.0, &RULES), None);
        let crowded: Vec<Point> =
            line(50, 0.0, 0.0, 0.1).iter().map(|p| Point { x: p.x / 4.0, h: p.h }).collect();
        assert_eq!(fit(&crowded, 0.0, &RULES), None);
        assert_eq!(fit(&[], 0.0, &RULES), None);
    }

    #[test]
    fn photons_that_the_background_explains_give_no_fit() {
        assert_eq!(fit(&line(50, 0.0, 0.0, 5.0), 10.0, &RULES), None);
    }

    proptest! {
        #[test]
        fn ground_that_is_higher_by_a_metre_is_fitted_higher_by_a_metre(
            photons in proptest::collection::vec((-20.0..20.0_f64, -30.0..30.0_f64), 0..200),
            background in 0.0..1.0_f64,
        ) {
            let points = |up: f64| photons.iter().map(|&(x, h)| Point { x, h: h + up }).collect::<Vec<_>>();
            if let (Some(low), Some(high)) =
                (fit(&points(0.0), background, &RULES), fit(&points(1.0), background, &RULES))
                && low.photons == high.photons
            {
                prop_assert!(low.height.is_finite() && low.rms.is_finite() && low.height_sigma.is_finite());
                prop_assert!(low.photons >= RULES.min_photons && low.window >= RULES.min_window);
                prop_assert!((high.height - low.height - 1.0).abs() < 1e-6);
                prop_assert!((high.slope - low.slope).abs() < 1e-6);
            }
        }
    }
}
