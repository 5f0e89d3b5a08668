export default {
  mode: "production",
  entry: "./main.js",
  performance: { hints: false }, // the WebAssembly module is larger than what webpack thinks a page should load
};
