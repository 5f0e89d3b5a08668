import { init } from "sliderule-wasm/node";

const session = await init(process.env.SLIDERULE_URL ?? "slideruleearth.io", {
  organization: process.env.SLIDERULE_ORGANIZATION ?? "acme", // and PS_USERNAME, PS_PASSWORD
  desired_nodes: 2, // wait until two nodes run …
  time_to_live: 15, // … for at most 15 minutes
});
try {
  const resources = ["ATL03_20200304065203_10470607_003_01.h5"];
  const { tables } = await session.stream("atl06p", { resources, parms: { cnf: 4 } }).collect();
  console.log(tables.atl06rec?.rows, "heights, the first at", tables.atl06rec?.columns.h_mean?.[0], "m");
} finally {
  await session.release();
}
