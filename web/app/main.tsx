// The sheets that all others build on come first.
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/page.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { config, loadConfig } from "./app-data";
import { loadElement } from "./chat/script";
import { resume, session } from "./session";
import { undoByKeyboard } from "./toasts";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has no #app");
createRoot(root).render(<App />);
document.addEventListener("keydown", undoByKeyboard);
await Promise.all([resume(), loadConfig()]);

/** The panel comes when the page is drawn and the browser has nothing better to do. */
function loadPanelWhenIdle(): void {
  const setup = config.get();
  if (!setup || session.get().state !== "signed-in") return;
  const load = () => void loadElement(setup.chat);
  // Safari has no idle callback.
  if ("requestIdleCallback" in window) requestIdleCallback(load, { timeout: 2_000 });
  else setTimeout(load, 500);
}

session.subscribe(loadPanelWhenIdle);
config.subscribe(loadPanelWhenIdle);
loadPanelWhenIdle();
