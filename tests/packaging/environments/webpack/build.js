// What `webpack build` of webpack-cli does, without installing that.
import webpack from "webpack";
import config from "./webpack.config.js";

const compiler = webpack(config);
compiler.run((error, stats) => {
  const told = error ?? (stats.hasErrors() || stats.hasWarnings() ? stats.toString("errors-warnings") : undefined);
  if (told !== undefined) console.error(told);
  process.exitCode = error !== null || stats.hasErrors() ? 1 : 0;
  compiler.close(() => {});
});
