import { renderToString } from "react-dom/server";
import { Cluster } from "./cluster.jsx";

const page = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>Rendered on the server</title>
<body><div id="root">${renderToString(<Cluster />)}</div></body>
<script type="module" src="./dist/page.js"></script>`;
console.log(page);
