/**
 * Repeats a task while the page is visible, one run at a time.
 *
 * A hidden page asks nothing; when it comes back to the front it asks at once.
 */

/**
 * @typedef {object} Poll
 * @property {() => void} now runs the task without waiting for its turn
 */

/**
 * @param {() => Promise<number>} task resolves with the milliseconds until it should run again; must not reject
 * @param {AbortSignal} signal ends the polling
 * @returns {Poll}
 */
export function poll(task, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let running = false;
  let again = false;

  const run = async () => {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    const pause = await task();
    running = false;
    if (signal.aborted || document.hidden) return;
    timer = setTimeout(run, again ? 0 : pause);
    again = false;
  };

  const onVisibility = () => {
    if (document.hidden) clearTimeout(timer);
    else void run();
  };
  document.addEventListener("visibilitychange", onVisibility, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  void run();
  return { now: () => void run() };
}
