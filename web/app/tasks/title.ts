/** The server's rule, checked here to answer at once; the server's word counts. */
const MOST_CHARACTERS = 255;

/** What is wrong with a title, in words; empty when nothing is. */
export function titleProblem(title: string): string {
  const characters = [...title.trim()].length;
  if (characters === 0) return "Give the task a title.";
  if (characters <= MOST_CHARACTERS) return "";
  return `A title has at most ${MOST_CHARACTERS} characters; this one has ${characters}.`;
}
