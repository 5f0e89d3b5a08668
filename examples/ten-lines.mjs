import { init } from "sliderule-wasm/node";

const url = process.env.SLIDERULE_URL ?? "slideruleearth.io";
const organization = process.env.SLIDERULE_ORGANIZATION ?? "acme"; // and PS_USERNAME, PS_PASSWORD
const session = await init(url, { organization, desired_nodes: 2, time_to_live: 15 }); // two nodes, or the owner's limit
try {
  const resources = ["ATL03_20200304065203_10470607_003_01.h5"];
  const { tables } = await session.stream("atl06p", { resources, parms: { cnf: 4 } }).collect();
  console.log(tables.atl06rec?.length, "heights, the first at", tables.atl06rec?.columns.h_mean?.[0], "m");
} finally {
  await session.release(); // else they run for 15 minutes
}
