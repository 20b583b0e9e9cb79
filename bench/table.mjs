// The one table that everything is printed in.

/** One line of it. */
export const row = (what, ours, floor, target) => ({ what, ours, floor: floor ?? "–", target: target ?? "" });

export function print(rows) {
  console.log("| what | todochat | floor | target |\n|---|---|---|---|");
  for (const { what, ours, floor, target } of rows) console.log(`| ${what} | ${ours} | ${floor} | ${target} |`);
}
