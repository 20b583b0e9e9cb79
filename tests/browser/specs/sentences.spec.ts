// The sentences of the first page of the manual, in the offline mode and with a scripted model.
import { expect, test } from "../src/worlds.js";

test("the combined sentence shows three badges and moves the list", async ({ person }) => {
  await person.signUp();
  await person.openTasks();
  await person.addTask("Buy groceries");
  await person.openChat();
  await person.say(
    "Add a meeting prep task, mark my grocery task as done, and show me what's left",
  );
  for (const tool of ["add_task", "complete_task", "list_tasks"]) {
    await expect(person.badge(tool)).toBeVisible();
  }
  await expect(person.log.getByText(/meeting prep/i).last()).toBeVisible();
  await expect(person.task("Meeting prep")).toBeVisible();
  await expect(person.task("Buy groceries").getByRole("checkbox")).toBeChecked();
});

test("one sentence after another does what it says", async ({ person }) => {
  await person.signUp();
  await person.openTasks();
  await person.addTask("Buy groceries");
  await person.openChat();

  await person.say("Add a task called 'Meeting prep'");
  await expect(person.badge("add_task")).toBeVisible();
  await expect(person.task("Meeting prep")).toBeVisible();

  await person.say("show me my tasks");
  await expect(person.badge("list_tasks")).toBeVisible();

  await person.say("mark my grocery task as done");
  await expect(person.badge("complete_task")).toBeVisible();
  await expect(person.task("Buy groceries").getByRole("checkbox")).toBeChecked();

  await person.say("rename Meeting prep to Meeting notes");
  await expect(person.badge("update_task")).toBeVisible();
  await expect(person.task("Meeting notes")).toBeVisible();

  await person.say("show me what's left");
  await expect(person.badge("list_tasks")).toHaveCount(2);

  await person.say("delete Meeting notes");
  await expect(person.badge("delete_task")).toBeVisible();
  await expect(person.task("Meeting notes")).toHaveCount(0);

  await person.say("help");
  await expect(person.log.getByText(/add/i).last()).toBeVisible();
});

test("a badge shows its arguments on demand", async ({ person }) => {
  await person.signUp();
  await person.openChat();
  await person.say("Add a task called 'Meeting prep'");
  await expect(person.log.getByText('"title"')).toBeHidden();
  await person.badge("add_task").click();
  await expect(person.log.getByText('"title"')).toBeVisible();
});

test("what was said is there after a reload", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await person.say("Add a task called 'Meeting prep'");
  await page.reload();
  await person.openChat();
  await expect(person.log.getByText("Add a task called 'Meeting prep'")).toBeVisible();
  await expect(person.badge("add_task")).toBeVisible();
});
