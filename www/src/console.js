/** The page of one signed-in session: watches the cluster and joins the cards that act on it. */

import { showCluster } from "./cluster-card.js";
import { find, sentenceOf, showProblem } from "./dom.js";
import { poll } from "./polling.js";
import { results } from "./results.js";
import { runForm } from "./run-form.js";
import { scaleForm } from "./scale-form.js";
import { hasEnded } from "./sign-in.js";

/** @typedef {import("sliderule-wasm").Session} Session */
/** @typedef {import("sliderule-wasm").ClusterStatus} ClusterStatus */

/** Pauses between two looks at the cluster, in milliseconds: while it changes, while it rests, after a failure. */
const PAUSE = { changing: 1000, resting: 4000, failing: 5000 };

const NOTHING_YET = "The profile appears here once a request has run.";

/**
 * Opens the console for a session.
 *
 * @param {Session} session
 * @param {() => void} onSessionEnded called when the tokens no longer serve
 * @returns {() => void} closes it and ends all it has under way
 */
export function openConsole(session, onSessionEnded) {
  const closing = new AbortController();
  const { signal } = closing;
  const section = find("console", HTMLElement);
  const problem = find("cluster-problem", HTMLElement);
  const outcome = results(signal);

  const look = async () => {
    const [status, costs] = await Promise.all([session.status({ signal }), session.costs({ signal })]);
    return { status, costs };
  };

  const refresh = async () => {
    try {
      const { status, costs } = await look();
      if (signal.aborted) return PAUSE.failing;
      showCluster(status, costs, session.user);
      scale.show(status, costs);
      showProblem(problem, null);
      return settled(status) ? PAUSE.resting : PAUSE.changing;
    } catch (error) {
      if (signal.aborted) return PAUSE.failing;
      if (hasEnded(error)) onSessionEnded();
      else showProblem(problem, sentenceOf(error));
      return PAUSE.failing;
    }
  };

  const scale = scaleForm(session, signal, () => watch.now());
  runForm(session, signal, {
    onStart: () => outcome.clear("Waiting for the cluster's records."),
    onFinish: (run) => {
      if (run === null) outcome.clear(NOTHING_YET);
      else outcome.show(run);
      watch.now();
    },
    clusterHourMicroUsd: async () => {
      const { status, costs } = await look();
      return status.nodes.ready * costs.nodeHourMicroUsd + costs.fixedHourMicroUsd;
    },
  });
  const watch = poll(refresh, signal);
  outcome.clear(NOTHING_YET);
  section.hidden = false;
  find("cluster-title", HTMLElement).focus();

  return () => {
    closing.abort();
    section.hidden = true;
  };
}

/**
 * Whether the cluster is as it is wanted.
 *
 * @param {ClusterStatus} status
 * @returns {boolean}
 */
function settled({ nodes, targetNodes }) {
  return nodes.ready === targetNodes && nodes.booting + nodes.draining + nodes.stopping === 0;
}
