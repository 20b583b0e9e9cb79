// The panel as furniture: it opens, closes, keeps, forgets and fits a phone.
import { expect, test } from "../src/worlds.js";

test("the chat button is there only for those who are signed in", async ({ person, page }) => {
  await page.goto(person.url);
  await expect(page).toHaveURL(/\/login/);
  await expect(person.chatButton).toHaveCount(0);
  await person.signUp();
  const box = await person.chatButton.boundingBox();
  expect(box && box.x > 1280 - 120 && box.y > 800 - 120).toBe(true);
  const colour = await person.chatButton.evaluate((b) => getComputedStyle(b).backgroundColor);
  expect(colour).toBe("rgb(79, 70, 229)");
});

test("closing and opening keeps the conversation and what was typed", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await person.say("help");
  await person.composer.fill("half a thought");
  await page.keyboard.press("Escape");
  await expect(person.composer).toBeHidden();
  await expect(person.chatButton).toBeFocused();
  await person.openChat();
  await expect(person.composer).toHaveValue("half a thought");
  await expect(person.log.getByText("help", { exact: true }).first()).toBeVisible();
});

test("a new chat starts empty and the old one is in the history", async ({ person }) => {
  await person.signUp();
  await person.openChat();
  await person.say("Add a task called 'Meeting prep'");
  await person.chat.getByRole("button", { name: "New chat" }).click();
  await expect(person.badge("add_task")).toHaveCount(0);
  await person.say("help");
  await person.chat.getByRole("button", { name: "History" }).click();
  await person.chat.getByRole("button", { name: /Meeting prep/ }).first().click();
  await expect(person.badge("add_task")).toBeVisible();
});

test("an empty message is not sent and Shift+Enter is a new line", async ({ person }) => {
  await person.signUp();
  await person.openChat();
  await person.composer.fill("   ");
  await person.composer.press("Enter");
  await expect(person.log.getByText("help")).toHaveCount(0);
  await person.composer.fill("help");
  await person.composer.press("Shift+Enter");
  await expect(person.composer).toHaveValue("help\n");
});

test("the offline mode says what it is", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await expect(page.getByText(/offline command mode/i).first()).toBeVisible();
  const config = await page.request.get(`${person.url}/config.json`);
  expect((await config.json()).llm_mode).toBe("offline");
});

test("a phone shows the chat on the whole screen", async ({ person, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await person.signUp();
  await person.openChat();
  const box = await person.chat.boundingBox();
  expect(box?.width).toBe(390);
  await person.say("Add a task called 'Meeting prep'");
  await expect(person.badge("add_task")).toBeVisible();
  await page.getByRole("button", { name: "Close chat" }).click();
  await expect(person.composer).toBeHidden();
});

test("a desktop shows the chat 400 pixels wide", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  const width = await person.chat.evaluate((chat) => {
    let box: Element | null = chat;
    while (box && getComputedStyle(box).position !== "fixed") box = box.parentElement;
    return (box ?? chat).getBoundingClientRect().width;
  });
  expect(width).toBe(400);
  expect(page.viewportSize()?.width).toBe(1280);
});

test("the page talks to its own host only and breaks no rule of its policy", async ({
  person,
  page,
}) => {
  const strangers: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(person.url)) strangers.push(request.url());
  });
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML/i.test(message.text())) complaints.push(message.text());
  });
  await person.signUp();
  await person.openChat();
  await person.say("help");
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);
});
