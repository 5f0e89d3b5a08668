/** The other process of the measurement: a node that sends `records/<bytes>` as quickly as it can. */

import { createServer } from "node:http";

import { block, definitions } from "./body.mjs";

const MEGABYTE = 1_000_000;
const piece = block(MEGABYTE);

const server = createServer(async (request, response) => {
  // For the page, which comes from elsewhere.
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "content-type, x-sliderule-streaming");
  if (request.method === "OPTIONS") {
    response.end();
    return;
  }
  let text = "";
  for await (const chunk of request) text += chunk;
  const [, , service, size] = (request.url ?? "").split("/");
  if (service === "records") {
    const wanted = Math.floor(Number(size) / piece.length) * piece.length;
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": wanted });
    for (let sent = 0; sent < wanted; sent += piece.length) {
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
    return;
  }
  const answer = service === "definition" ? definitions[JSON.parse(text).rectype] : { server: { version: "v4.20.0" } };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(answer ?? null));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : undefined);
});
process.on("disconnect", () => process.exit());
