// Times the opening of the chat panel in a real browser: from the click to the second frame.
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../tests/browser/package.json", import.meta.url))("@playwright/test");

const executablePath = process.env.TODOCHAT_TEST_CHROMIUM ?? "/usr/bin/chromium";

export async function timePanel(url) {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/login`);
    await page.getByLabel("Email").fill("bench@example.org");
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Open chat" }).waitFor();
    await page.waitForFunction(() => customElements.get("openai-chatkit"));
    const times = [];
    for (let round = 0; round < 11; round++) {
      times.push(await openOnce(page));
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Open chat" }).waitFor();
    }
    const [first, ...later] = times;
    return { "panel, first open, ms": first, "panel, opened again, ms (median of 10)": later.sort((a, b) => a - b)[5] };
  } finally {
    await browser.close();
  }
}

async function openOnce(page) {
  return page.getByRole("button", { name: "Open chat" }).evaluate((button) => {
    const began = performance.now();
    button.click();
    return new Promise((resolve) => {
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
    });
  });
}
