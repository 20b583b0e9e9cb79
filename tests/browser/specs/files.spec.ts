// Files that a person adds to a message: picked, uploaded, taken away, sent, and there again after a reload.
import { expect, test } from "../src/worlds.js";
import type { Person } from "../src/person.js";

/** A picture of one pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
const notes = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Milk\nBread\n") };
const picture = { name: "pixel.png", mimeType: "image/png", buffer: pixel };

async function add(person: Person, files: (typeof notes)[]): Promise<void> {
  const asked = person.page.waitForEvent("filechooser");
  await person.chat.getByRole("button", { name: "Add files" }).click();
  await (await asked).setFiles(files);
}

test("a file and a picture go with a message and are there after a reload", async ({ person, page }) => {
  await person.signUp();
  await person.openChat();
  await add(person, [notes, picture]);
  const added = person.chat.getByRole("list", { name: "Files of this message" });
  await expect(added.getByRole("listitem")).toHaveText([/notes\.txt/, /pixel\.png/]);
  await areUploaded(person);
  await expect(added.getByRole("alert")).toHaveCount(0);

  await person.say("help");
  await expect(added).toHaveCount(0);
  await isShown(person);

  await page.reload();
  await person.openChat();
  await isShown(person);
});

async function areUploaded(person: Person): Promise<void> {
  await expect(person.chat.getByText("Uploading…")).toHaveCount(0);
}

/** The message with both files: the one by its name, the other to be seen. */
async function isShown(person: Person): Promise<void> {
  const said = person.log.getByRole("article").filter({ hasText: "help" }).first();
  await expect(said.getByText("notes.txt", { exact: true })).toBeVisible();
  const image = said.getByRole("img", { name: "pixel.png" });
  await expect(image).toBeVisible();
  const width = () => image.evaluate((image) => (image as HTMLImageElement).naturalWidth);
  await expect.poll(width).toBe(1);
}

test("a file that was taken away again does not go with the message", async ({ person }) => {
  await person.signUp();
  await person.openChat();
  await add(person, [notes, picture]);
  await person.chat.getByRole("button", { name: "Remove notes.txt" }).click();
  await areUploaded(person);
  await person.say("help");
  const said = person.log.getByRole("article").filter({ hasText: "help" }).first();
  await expect(said.getByRole("img", { name: "pixel.png" })).toBeVisible();
  await expect(said.getByText("notes.txt")).toHaveCount(0);
});

test("a file that the server refuses says so and does not go with the message", async ({ person }) => {
  await person.signUp();
  await person.openChat();
  await add(person, [{ ...picture, buffer: Buffer.from("no picture at all") }]);
  const added = person.chat.getByRole("list", { name: "Files of this message" });
  await expect(added.getByRole("alert")).toBeVisible();
  await person.say("help");
  await expect(person.log.getByRole("img", { name: "pixel.png" })).toHaveCount(0);
});
