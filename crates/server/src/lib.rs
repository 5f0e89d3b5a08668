//! The provisioning system sliderule-ps: HTTP API, SQL store, configuration, command line.
