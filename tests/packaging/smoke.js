/**
 * What every environment of the packaging suite does with the package, whichever entry it imports: sign in, scale, stream,
 * let go. The account is a module that the suite writes beside this one, with a cluster for each environment.
 *
 * @module
 */

import { account } from "./account.js";

const GRANULES = ["ATL03_20200304065203_10470607_003_01.h5", "ATL03_20181017222812_02950102_005_01.h5"];
const PARAMETERS = { srt: 3, cnf: 4, ats: 20.0, cnt: 10, len: 40.0, res: 20.0, maxi: 5 };

/**
 * Plain data, so that it can be printed or sent; a refusal is told, not thrown.
 *
 * @typedef {object} Seen
 * @property {string | null} [user]
 * @property {number} [nodes]
 * @property {number} [rows]
 * @property {number} [meanHeight] in metres, to the millimetre
 * @property {string[]} [warnings]
 * @property {string} [error]
 * @property {string} [message]
 */

/**
 * @param {Pick<typeof import("sliderule-wasm"), "init" | "authenticate" | "scaleout" | "stream">} sliderule
 * @returns {Promise<Seen>}
 */
export async function smoke(sliderule) {
  const { url, organization, username, password } = account;
  try {
    const session = await sliderule.init(url, { organization });
    const { user } = await sliderule.authenticate(organization, { username, password });
    const { availableNodes } = await sliderule.scaleout({ desiredNodes: 2, timeToLive: 15 });
    try {
      const { rows, sum } = await heights(sliderule);
      const meanHeight = Math.round((sum / rows) * 1000) / 1000;
      return { user, nodes: availableNodes, rows, meanHeight, warnings: session.warnings.map(({ code }) => code) };
    } finally {
      await session.release();
    }
  } catch (error) {
    const { code = "none", message } = /** @type {Error & { code?: string }} */ (error);
    return { error: code, message };
  }
}

/** @param {Pick<typeof import("sliderule-wasm"), "stream">} sliderule */
async function heights({ stream }) {
  let [rows, sum] = [0, 0];
  for await (const batch of stream("atl06p", { resources: GRANULES, parms: PARAMETERS })) {
    if (batch.recordType !== "atl06rec") continue;
    rows += batch.length;
    for (const height of /** @type {Float64Array} */ (batch.columns.h_mean)) sum += height;
  }
  return { rows, sum };
}
