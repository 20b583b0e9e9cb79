// The task page, by hand.
import { expect, test } from "../src/worlds.js";

test("a task is added, edited, completed, deleted and brought back", async ({ person, page }) => {
  await person.signUp();
  await person.openTasks();
  await person.addTask("Water the plants");

  await person.task("Water the plants").getByRole("checkbox").check();
  await expect(person.task("Water the plants").getByRole("checkbox")).toBeChecked();

  await person.task("Water the plants").getByRole("button", { name: /edit/i }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Water all plants");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(person.task("Water all plants")).toBeVisible();

  await person.task("Water all plants").getByRole("button", { name: /delete/i }).click();
  await expect(person.task("Water all plants")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(person.task("Water all plants")).toBeVisible();

  await page.reload();
  await expect(person.task("Water all plants").getByRole("checkbox")).toBeChecked();
});

test("two tabs show the same list", async ({ person, page, context }) => {
  await person.signUp();
  await person.openTasks();
  const other = await context.newPage();
  await other.goto(`${person.url}/tasks`);
  await person.addTask("Seen in both");
  await expect(other.getByRole("main").getByText("Seen in both")).toBeVisible();
});
