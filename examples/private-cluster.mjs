/**
 * The main job of a private cluster, from Node: sign in, wake the cluster, process, look, pay, let go.
 *
 *     PS_USERNAME=… PS_PASSWORD=… SLIDERULE_ORGANIZATION=… node private-cluster.mjs
 *
 * SLIDERULE_URL is a domain, or the URL of a provisioning system; the default is the public deployment.
 * PS_GITHUB_TOKEN serves in place of a user name and password.
 */

import { init, scaleout } from "sliderule-wasm/node";

const url = process.env.SLIDERULE_URL || "slideruleearth.io";
const organization = process.env.SLIDERULE_ORGANIZATION;

/** Each granule's name says which track ICESat-2 flew, and when. */
const GRANULES = [
  "ATL03_20181017222812_02950102_005_01.h5",
  "ATL03_20190420093051_03290302_005_01.h5",
  "ATL03_20200304065203_10470607_003_01.h5",
];

/** What was last said of the cluster's growth, where lines cannot be drawn over. */
let lastLine = "";

try {
  if (!organization) throw new Error("set SLIDERULE_ORGANIZATION to the organization whose cluster is to be used");
  await main(organization);
} catch (error) {
  console.error(`\n${wordsOf(error)}`);
  process.exitCode = 1;
}

/** @param {string} organization */
async function main(organization) {
  console.log(`Waking the cluster of ${organization} at ${url}`);
  const wishes = { organization, desired_nodes: 2, time_to_live: 15, onProgress: showProgress };
  const session = await init(url, wishes).catch(takeBack);
  try {
    console.log(`Signed in as ${session.user}; the cluster runs SlideRule ${session.serverVersion}`);
    await fitSurfaces(session);
    await showCosts(session);
  } finally {
    await release(session);
  }
}

/**
 * An `init` that failed may have ordered nodes before it did: they are taken back, where that is possible.
 *
 * @param {unknown} error what `init` rejected with
 * @returns {Promise<never>}
 */
async function takeBack(error) {
  await scaleout({ desired_nodes: 0 }).catch(() => {});
  throw error;
}

/**
 * Lets the nodes go. Where that fails it is said, and does not hide what failed before.
 *
 * @param {import("sliderule-wasm").Session} session
 */
async function release(session) {
  try {
    const { targetNodes } = await session.release();
    console.log(`Released the nodes; the cluster now wants ${targetNodes}`);
  } catch (error) {
    console.error(`\nThe nodes are not released and run until their 15 minutes end: ${wordsOf(error)}`);
    process.exitCode = 1;
  }
}

/** @param {import("sliderule-wasm").Session} session */
async function fitSurfaces(session) {
  const parms = { srt: 3, cnf: 4, ats: 20.0, cnt: 10, len: 40.0, res: 20.0, maxi: 5 };
  console.log(`\nFitting surfaces to the photons of ${GRANULES.length} granules`);
  const stream = session.stream("atl06p", { resources: GRANULES, parms });
  const { tables, bytes } = await stream.collect();
  const heights = tables.atl06rec;
  if (heights === undefined) throw new Error("the cluster found no surface in these granules");
  console.log(`${heights.length} segments came as columns, ${bytes} bytes\n`);
  showTable(heights, 8);
}

/**
 * Some rows, evenly spread.
 *
 * @param {import("sliderule-wasm").Batch} heights
 * @param {number} lines
 */
function showTable({ length, columns }, lines) {
  const { latitude, longitude, h_mean, dh_fit_dx, h_sigma } = columns;
  const shown = Math.min(lines, length);
  console.log("  latitude   longitude    height m     slope   error m");
  for (let line = 0; line < shown; line += 1) {
    const row = Math.floor((line * length) / shown);
    const cells = [
      number(latitude, row, 5, 10),
      number(longitude, row, 5, 11),
      number(h_mean, row, 2, 11),
      number(dh_fit_dx, row, 4, 9),
      number(h_sigma, row, 3, 9),
    ];
    console.log(cells.join(" "));
  }
}

/**
 * @param {import("sliderule-wasm").Column | undefined} column
 * @param {number} row
 * @param {number} decimals
 * @param {number} width
 */
function number(column, row, decimals, width) {
  return Number(column?.[row]).toFixed(decimals).padStart(width);
}

/** @param {import("sliderule-wasm").Session} session */
async function showCosts(session) {
  const { spentMicroUsd, balanceMicroUsd, nodeHourMicroUsd } = await session.costs();
  console.log(`\nSpent so far ${dollars(spentMicroUsd)}, at ${dollars(nodeHourMicroUsd)} for a node and hour;`);
  console.log(`left ${dollars(balanceMicroUsd)}`);
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {number} microUsd */
function dollars(microUsd) {
  return `$${(microUsd / 1_000_000).toFixed(6)}`;
}

/**
 * A bar that is drawn over on a terminal, and a line for each change elsewhere.
 *
 * @param {import("sliderule-wasm").ScaleProgress} progress
 */
function showProgress({ phase, nodes, wanted, elapsedMs }) {
  const seconds = (elapsedMs / 1000).toFixed(1);
  if (process.stdout.isTTY) {
    const bar = "█".repeat(nodes) + "░".repeat(Math.max(wanted - nodes, 0));
    const end = phase === "ready" ? "\n" : "";
    process.stdout.write(`\r\x1b[K  ${bar}  ${phase}, ${nodes} of ${wanted} nodes, ${seconds} s${end}`);
    return;
  }
  const line = `  ${phase}: ${nodes} of ${wanted} nodes`;
  if (line !== lastLine) console.log(`${line}, ${seconds} s`);
  lastLine = line;
}
