// Signing in and out, and what is kept meanwhile.
import { expect, test } from "../src/worlds.js";

test("logging out forgets the thread and leads to the login", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await person.say("help");
  expect(await stored(page)).toMatch(/thr_/);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("main").getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login/);
  expect(await stored(page)).not.toMatch(/thr_/);
});

test("an ended session asks for the password and keeps the draft", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await person.say("help");
  await page.route("**/api/**", (route) =>
    route.request().url().endsWith("/api/auth/login")
      ? route.continue()
      : route.fulfill({
          status: 401,
          contentType: "application/json",
          body: '{"error":{"code":"unauthorized","message":"Sign in.","request_id":"req_1"}}',
        }),
  );
  await person.composer.fill("add something I must not lose");
  await person.composer.press("Enter");
  await expect(page).toHaveURL(/\/login/);
  await page.unroute("**/api/**");
  await person.logIn();
  await person.openChat();
  await expect(person.composer).toHaveValue("add something I must not lose");
});

test("no token is in web storage", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await person.say("help");
  expect(await stored(page)).not.toMatch(/eyJ/);
});

async function stored(page: import("@playwright/test").Page): Promise<string> {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
}
