import { build } from "esbuild";

const common = { bundle: true, format: "esm", jsx: "automatic", outdir: "dist" };
const require = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'; // React's is CommonJS
await build({ ...common, entryPoints: ["server.jsx"], platform: "node", banner: { js: require } });
await build({ ...common, entryPoints: ["page.jsx"], define: { "process.env.NODE_ENV": '"development"' } });
