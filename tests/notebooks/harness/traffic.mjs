/** What a browser asks for while a test runs: whom, and what is still open. */

/**
 * @param {import("playwright-core").BrowserContext} context
 */
export function watchTraffic(context) {
  /** @type {Set<import("playwright-core").Request>} */
  const open = new Set();
  /** @type {Set<string>} */
  const origins = new Set();
  context.on("request", (request) => {
    open.add(request);
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http")) origins.add(origin);
  });
  context.on("requestfinished", (request) => open.delete(request));
  context.on("requestfailed", (request) => open.delete(request));
  return {
    /** Everybody who was asked. */
    asked: () => [...origins].sort(),
    /**
     * The paths of the requests that are not answered to their end.
     *
     * @param {string} origin
     */
    open: (origin) =>
      [...open]
        .map((request) => new URL(request.url()))
        .flatMap((url) => (url.origin === origin ? [url.pathname] : [])),
  };
}
