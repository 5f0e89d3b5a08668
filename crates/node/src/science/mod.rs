//! The science: simulated ICESat-2 granules, and the fit that turns their photons into elevations.
//!
//! Nothing here knows of the network, of time or of chance: a granule's name is the only input, and
//! everything about the granule follows from it, so that the true surface is known wherever a fit can
//! be checked against it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`granule`] | the name of a granule: when, which reference ground track, which cycle |
//! | [`seed`] | chance from a name, the same on every machine |
//! | [`beam`] | the six beams |
//! | [`track`] | where and when the satellite was |
//! | [`terrain`] | the true surface |
//! | [`photons`] | what the instrument would have seen of it |
//! | [`fit`] | the surface fit, as the ATL06 algorithm does it |
//! | [`elevation`] | a beam's photons cut into segments and fitted, as rows of `atl06rec` |

pub mod beam;
pub mod elevation;
pub mod fit;
pub mod granule;
pub mod photons;
pub mod seed;
pub mod terrain;
pub mod track;
