import { expect, test } from "vitest";
import { textOn, themeVariables } from "./theme";

test("text on the accent is the one that can be read", () => {
  expect(["#4f46e5", "#fde047", "#000", "#fff", "rebeccapurple"].map(textOn)).toEqual(["#fff", "#000", "#fff", "#000", "#fff"]);
});

test("a theme becomes values for the sheet; a bare one is light", () => {
  expect(themeVariables({})["color-scheme"]).toBe("light");
  expect(
    themeVariables({
      colorScheme: "dark",
      radius: "sharp",
      density: "compact",
      typography: { baseSize: 16, fontFamily: "Inter" },
      color: { accent: { primary: "#4f46e5", level: 2 }, surface: { background: "#111", foreground: "#222" }, grayscale: { hue: 220, tint: 5 } },
    }),
  ).toEqual({
    "color-scheme": "dark",
    "--control-radius": "0px",
    "--bubble-radius": "0px",
    "--card-radius": "0px",
    "--density": "0.8",
    "--base-size": "16px",
    "--font": "Inter",
    "--accent": "#4f46e5",
    "--on-accent": "#fff",
    "--accent-share": "18%",
    "--surface": "#111",
    "--raised": "#222",
    "--gray-hue": "220",
    "--gray-tint": "0.02",
    "--gray-shade": "0",
  });
});
