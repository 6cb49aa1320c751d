//! Satellites of the generated archive.

/// Constellation and the way it acquires images.
#[derive(Debug)]
pub(crate) struct Sensor {
    pub collection: &'static str,
    pub title: &'static str,
    pub constellation: &'static str,
    pub instrument: &'static str,
    /// Name, first and last day in orbit.
    pub platforms: &'static [(&'static str, &'static str, &'static str)],
    pub producer: &'static str,
    /// Host in the classic catalog.
    pub host: &'static str,
    /// Ground sampling distance in metres.
    pub gsd: f64,
    /// Width of the swath at nadir in km.
    pub swath: f64,
    /// Smallest and largest length of a scene along the track in km.
    pub length: (f64, f64),
    pub schedule: Schedule,
    /// Size of the archive's cells, in degrees of latitude.
    pub cell: f64,
}

/// Acquisition schedule.
#[derive(Debug)]
pub(crate) enum Schedule {
    /// On demand: this many scenes per cell and month, with a roll of up to this angle in degrees.
    Tasked { per_month: f64, roll: f64 },
    /// Every `days` days by each satellite, at nadir.
    Systematic { days: i64 },
}

/// Sensors in the order of the list of collections.
pub(crate) static SENSORS: [Sensor; 4] = [
    Sensor {
        collection: "phr",
        title: "Pléiades",
        constellation: "PHR",
        instrument: "HiRI",
        platforms: &[("PHR1A", "2012-03-01", "2026-10-31"), ("PHR1B", "2013-02-01", "2026-10-31")],
        producer: "airbus",
        host: "oneatlas",
        gsd: 0.5,
        swath: 20.0,
        length: (17.0, 34.0),
        schedule: Schedule::Tasked { per_month: 1.20, roll: 28.0 },
        cell: 0.2,
    },
    Sensor {
        collection: "pneo",
        title: "Pléiades Neo",
        constellation: "PNEO",
        instrument: "NAOMI",
        platforms: &[("PNEO3", "2021-06-01", "2026-10-31"), ("PNEO4", "2021-10-01", "2026-10-31")],
        producer: "airbus",
        host: "oneatlas",
        gsd: 0.3,
        swath: 14.0,
        length: (12.0, 26.0),
        schedule: Schedule::Tasked { per_month: 0.90, roll: 30.0 },
        cell: 0.2,
    },
    Sensor {
        collection: "spot",
        title: "SPOT 6/7",
        constellation: "SPOT",
        instrument: "NAOMI",
        platforms: &[("SPOT6", "2012-10-01", "2026-10-31"), ("SPOT7", "2014-08-01", "2023-03-16")],
        producer: "airbus",
        host: "oneatlas",
        gsd: 1.5,
        swath: 60.0,
        length: (50.0, 75.0),
        schedule: Schedule::Tasked { per_month: 0.45, roll: 25.0 },
        cell: 0.5,
    },
    Sensor {
        collection: "sentinel-2",
        title: "Sentinel-2 Level-1C",
        constellation: "SENTINEL-2",
        instrument: "MSI",
        platforms: &[("S2A", "2015-07-04", "2026-10-31"), ("S2B", "2017-03-15", "2026-10-31")],
        producer: "esa",
        host: "sentinel",
        gsd: 10.0,
        swath: 109.8,
        length: (109.8, 109.8),
        schedule: Schedule::Systematic { days: 10 },
        cell: 0.9,
    },
];

pub(crate) fn by_collection(name: &str) -> Option<&'static Sensor> {
    SENSORS.iter().find(|sensor| sensor.collection.eq_ignore_ascii_case(name))
}
