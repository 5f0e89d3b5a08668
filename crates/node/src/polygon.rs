//! The region of a request: one ring of latitudes and longitudes.

use serde_json::Value;

use crate::error::Error;

/// Most corners a ring may have; larger ones must be simplified before they are sent.
const MOST_CORNERS: usize = 16_384;

/// A ring of at least three corners, closed by itself. It is flat in latitude and longitude: a ring that
/// crosses the antimeridian or holds a pole is not understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    corners: Vec<(f64, f64)>,
}

impl Polygon {
    /// Reads `poly`: a list of `{"lat", "lon"}`. An empty list means everywhere.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it is not such a list, or has one or two corners, or too many.
    pub fn read(value: &Value) -> Result<Option<Self>, Error> {
        let wrong = || {
            Error::Parameter(format!(
                "parms.poly is a list of 3 to {MOST_CORNERS} corners such as {{\"lat\": 38.9, \"lon\": -108.0}}"
            ))
        };
        let corner = |corner: &Value| {
            let within = |name: &str, most: f64| {
                corner.get(name).and_then(Value::as_f64).filter(|degrees| degrees.abs() <= most)
            };
            Some((within("lat", 90.0)?, within("lon", 360.0)?))
        };
        let list = value.as_array().ok_or_else(wrong)?;
        let corners = list.iter().map(corner).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        match corners.len() {
            0 => Ok(None),
            3..=MOST_CORNERS => Ok(Some(Self { corners })),
            _ => Err(wrong()),
        }
    }

    /// Whether a point lies inside: a ray from it to the east crosses the ring an odd number of times.
    #[must_use]
    pub fn contains(&self, latitude: f64, longitude: f64) -> bool {
        let next = self.corners.iter().cycle().skip(1);
        let crossings = self.corners.iter().zip(next).filter(|((lat_a, lon_a), (lat_b, lon_b))| {
            (*lat_a > latitude) != (*lat_b > latitude)
                && longitude < lon_a + (lon_b - lon_a) * (latitude - lat_a) / (lat_b - lat_a)
        });
        crossings.count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Polygon;

    #[test]
    fn a_ring_knows_inside_from_outside_closed_or_not() {
        let mut corners = vec![
            json!({"lat": 10, "lon": 10}),
            json!({"lat": 10, "lon": 11}),
            json!({"lat": 11, "lon": 11}),
            json!({"lat": 11, "lon": 10}),
        ];
        let open = Polygon::read(&json!(corners)).unwrap().unwrap();
        corners.push(corners[0].clone());
        let closed = Polygon::read(&json!(corners)).unwrap().unwrap();
        for ring in [open, closed] {
            assert!(ring.contains(10.5, 10.5));
            assert!(!ring.contains(10.5, 9.5) && !ring.contains(10.5, 11.5) && !ring.contains(9.5, 10.5));
        }
    }

    #[test]
    fn no_corners_mean_everywhere_and_two_mean_nothing() {
        assert_eq!(Polygon::read(&json!([])).unwrap(), None);
        assert!(Polygon::read(&json!([{"lat": 1, "lon": 1}, {"lat": 2, "lon": 2}])).is_err());
        assert!(
            Polygon::read(&json!([{"lat": 91, "lon": 1}, {"lat": 2, "lon": 2}, {"lat": 3, "lon": 3}]))
                .is_err()
        );
    }
}
