import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { Cluster } from "./cluster.jsx";

hydrateRoot(
  document.getElementById("root"),
  <StrictMode>
    <Cluster />
  </StrictMode>,
);
