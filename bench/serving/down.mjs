// Ends what `up.mjs` has started.
import { endAll } from "./processes.mjs";

await endAll();
