// What a person does in the browser, by the names they see.
import { expect, type Locator, type Page } from "@playwright/test";

let people = 0;

export class Person {
  readonly email = `person${process.pid}x${people++}@example.org`;
  readonly password = "correct horse battery staple";

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {}

  async signUp(): Promise<void> {
    await this.page.goto(`${this.url}/signup`);
    await this.page.getByLabel("Email").fill(this.email);
    await this.page.getByLabel("Password", { exact: true }).fill(this.password);
    await this.page.getByRole("button", { name: "Sign up" }).click();
    await expect(this.chatButton).toBeVisible();
  }

  async logIn(): Promise<void> {
    await this.page.getByLabel("Email").fill(this.email);
    await this.page.getByLabel("Password", { exact: true }).fill(this.password);
    await this.page.getByRole("button", { name: "Log in" }).click();
    await expect(this.chatButton).toBeVisible();
  }

  get chatButton(): Locator {
    return this.page.getByRole("button", { name: "Open chat" });
  }

  get chat(): Locator {
    return this.page.locator("openai-chatkit");
  }

  get log(): Locator {
    return this.chat.getByRole("log");
  }

  get composer(): Locator {
    return this.chat.getByRole("textbox", { name: "Message" });
  }

  /** The badge of a tool call, by the tool's own name. */
  badge(tool: string): Locator {
    return this.log.getByRole("button", { name: tool });
  }

  task(title: string): Locator {
    return this.page.getByRole("main").getByRole("listitem").filter({ hasText: title });
  }

  async openChat(): Promise<void> {
    await this.chatButton.click();
    await expect(this.composer).toBeVisible();
  }

  async openTasks(): Promise<void> {
    await this.page.getByRole("link", { name: "Tasks" }).first().click();
    await expect(this.page).toHaveURL(/\/tasks/);
  }

  async addTask(title: string): Promise<void> {
    await this.page.getByRole("main").getByLabel("Add a task").fill(title);
    await this.page.keyboard.press("Enter");
    await expect(this.task(title)).toBeVisible();
  }

  /** Says a sentence and waits until the assistant is through with it. */
  async say(sentence: string): Promise<void> {
    await this.composer.fill(sentence);
    await this.composer.press("Enter");
    await expect(this.log.getByText(sentence, { exact: true }).last()).toBeVisible();
    await this.answered();
  }

  async answered(): Promise<void> {
    await expect(this.chat.getByRole("button", { name: "Stop" })).toHaveCount(0);
    await expect(this.chat.getByRole("button", { name: "Send" })).toBeVisible();
  }
}
