import { afterEach, describe, expect, test } from "vitest";
import { messageInput, MESSAGE_LIMIT } from "./message";
import { PanelOnPage } from "./testing/panel";
import { ScriptedServer, stream } from "./testing/server";

afterEach(() => document.body.replaceChildren());

async function composer(options = {}) {
  const panel = new PanelOnPage(new ScriptedServer().answer(stream()), options);
  await panel.ready();
  return panel;
}

describe("Enter", () => {
  test("sends", async () => {
    const panel = await composer();
    await panel.say("hello");
    expect(panel.server.types).toEqual(["threads.create"]);
  });

  test("with Shift begins a new line", async () => {
    const panel = await composer();
    panel.type("hello");
    await panel.drawn();
    expect(panel.press("Enter", { shiftKey: true }).defaultPrevented).toBe(false);
    expect(panel.server.asked).toEqual([]);
  });

  test.each([
    ["says so", { isComposing: true }],
    ["says so by the old key code", { keyCode: 229 }],
  ])("does not send while an input method %s", async (_, init) => {
    const panel = await composer();
    panel.type("日本");
    await panel.drawn();
    panel.press("Enter", init as KeyboardEventInit);
    expect(panel.server.asked).toEqual([]);
  });

  test.each(["", "   ", "\n\n"])("does not send nothing (%j)", async (text) => {
    const panel = await composer();
    await panel.say(text);
    expect(panel.server.asked).toEqual([]);
    expect(panel.button("Send").disabled).toBe(true);
  });
});

describe("the limit of 32,000 characters", () => {
  test("is counted in characters, so a text at the limit is sent", async () => {
    const panel = await composer();
    await panel.say("🦀".repeat(MESSAGE_LIMIT));
    expect(panel.server.types).toEqual(["threads.create"]);
  });

  test("is told kindly, cuts nothing and sends nothing", async () => {
    const panel = await composer({ locale: "en" });
    const text = "x".repeat(MESSAGE_LIMIT + 1200);
    await panel.say(text);
    expect(panel.find(".limit")?.textContent).toBe("1,200 characters too many. A message holds up to 32,000.");
    expect([panel.field.value.length, panel.server.asked, panel.button("Send").disabled]).toEqual([text.length, [], true]);
  });

  test("is foretold when it is near", async () => {
    const panel = await composer({ locale: "en" });
    panel.type("x".repeat(MESSAGE_LIMIT - 10));
    await panel.drawn();
    expect(panel.find(".limit")?.textContent).toBe("10 characters left");
  });
});

describe("choices", () => {
  const options = {
    composer: {
      tools: [
        { id: "web", label: "Search the web", icon: "globe", pinned: true },
        { id: "deep", label: "Think", icon: "lightbulb", pinned: true, persistent: true, placeholderOverride: "Think about…" },
      ],
      models: [{ id: "fast", label: "Fast" }, { id: "good", label: "Good", default: true }],
    },
  };

  test("go with the next message; a tool is forgotten after it unless it is to stay", async () => {
    const panel = await composer(options);
    panel.button("Search the web").click();
    await panel.say("hello");
    await panel.answered();
    expect(panel.server.asked[0]?.params).toMatchObject({ input: { inference_options: { tool_choice: { id: "web" }, model: "good" } } });
    panel.button("Think").click();
    await panel.drawn();
    expect(panel.field.placeholder).toBe("Think about…");
    await panel.say("again");
    expect(panel.events.filter(([name]) => name === "tool.change").map(([, detail]) => detail)).toEqual([
      { toolId: "web" },
      { toolId: null },
      { toolId: "deep" },
    ]);
  });
});

test("a message with nothing in it is no message", () => {
  expect(messageInput({ text: " " })).toBeNull();
  expect(messageInput({ content: [] })).toBeNull();
  expect(messageInput({ attachments: ["atc_1"] })).not.toBeNull();
});
