"""The client's first steps in a private cluster that sleeps, as its documentation has them."""

import sliderule

from report import DOMAIN, logged, tell

GRANULES = ["ATL03_20200304065203_10470607_003_01.h5", "ATL03_20181017222812_02950102_005_01.h5"]
PARAMETERS = {"srt": 3, "cnf": 4, "ats": 20.0, "cnt": 10, "len": 40.0, "res": 20.0, "maxi": 5}

ready = sliderule.init(DOMAIN, organization="acme", desired_nodes=2, time_to_live=15)
waiting = logged()
version = sliderule.get_version()

request = {"resources": GRANULES, "parms": PARAMETERS}
records = sliderule.source("atl06p", request, stream=True)
rows = [row for record in records for row in record["elevation"]]
rows.sort(key=lambda row: (row["rgt"], row["spot"], row["segment_id"]))
first = rows[0]

tell(
    ready=ready,
    waiting=waiting,
    version=version,
    record_types=sorted({record["__rectype"] for record in records}),
    rows_by_track={rgt: sum(row["rgt"] == rgt for row in rows) for rgt in sorted({row["rgt"] for row in rows})},
    # JSON in JavaScript has no integers of 64 bits.
    first={name: str(value) if isinstance(value, int) else value for name, value in first.items()},
    streamed=logged(),
    nodes={
        "now": sliderule.update_available_servers(),
        "too_many": sliderule.update_available_servers(9, 30),
        "as_long_as_the_token": sliderule.update_available_servers(desired_nodes=1),
    },
)
