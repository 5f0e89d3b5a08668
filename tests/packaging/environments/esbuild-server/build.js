import { build } from "esbuild";

const common = { entryPoints: ["main.js"], bundle: true, platform: "node", target: "node20" };
await build({ ...common, format: "esm", outfile: "dist/server.js" });
await build({ ...common, format: "cjs", outfile: "dist/server.cjs" });
