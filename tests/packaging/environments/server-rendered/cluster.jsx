"use client"; // as Next wants it: rendered on the server first, then alive in the page

import { useEffect, useState } from "react";
import { createSession } from "sliderule-wasm";
import { account } from "./account.js";

const resources = ["ATL03_20200304065203_10470607_003_01.h5"];

export function Cluster() {
  const [shown, show] = useState("Waking the cluster");
  useEffect(() => {
    const { url, organization, username, password } = account;
    const session = createSession({ url, organization, credentials: () => ({ username, password }) });
    let current = true; // not after the component is gone
    heights(session)
      .catch(({ code }) => ({ error: code }))
      .then((seen) => current && show(JSON.stringify(seen)));
    return () => {
      current = false;
      session.dispose(); // ends what is under way
    };
  }, []);
  return <p>{shown}</p>;
}

async function heights(session) {
  const { availableNodes } = await session.scaleout({ desiredNodes: 2, timeToLive: 15 });
  const { tables } = await session.stream("atl06p", { resources, parms: { cnf: 4 } }).collect();
  await session.release();
  return { nodes: availableNodes, rows: tables.atl06rec.length };
}
