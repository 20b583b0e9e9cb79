import { expect, test } from "vitest";
import { attachmentsOption, here } from "./files";

test("the panel is told the server's rules", () => {
  expect(attachmentsOption({ max_size: 9, max_count: 2, types: ["image/png", "text/markdown"] })).toEqual({
    enabled: true,
    maxSize: 9,
    maxCount: 2,
    accept: { "image/png": [], "text/markdown": [".md", ".markdown"] },
  });
});

test("files are sent to where the page came from", () => {
  expect(here("http://other:1/api/chatkit/attachments/a/upload?token=t")).toBe("/api/chatkit/attachments/a/upload?token=t");
  expect(here("https://elsewhere.example/x")).toBe("https://elsewhere.example/x");
});
