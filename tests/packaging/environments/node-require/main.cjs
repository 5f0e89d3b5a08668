const sliderule = require("sliderule-wasm");
const { smoke } = require("./smoke.js");

smoke(sliderule).then((seen) => console.log(JSON.stringify(seen)));
