import type { Workflow as WorkflowData } from "../protocol.gen";
import type { Strings } from "../strings";
import { Badge } from "./Badge";

/** What the assistant did on the way to its answer: one badge for each call of a tool, or its thoughts under one line. */
export function Workflow({ workflow, over, strings }: { workflow: WorkflowData; over: boolean; strings: Strings }) {
  const tasks = workflow.tasks ?? [];
  if (tasks.length === 0) return null;
  const badges = (
    <ul class="badges">
      {tasks.map((task, index) => (
        <Badge key={index} task={task} over={over} strings={strings} />
      ))}
    </ul>
  );
  if (workflow.type !== "reasoning") return badges;
  return (
    <details class="reasoning" open={workflow.expanded}>
      <summary>{reasoningTitle(workflow, strings)}</summary>
      {badges}
    </details>
  );
}

function reasoningTitle({ summary }: WorkflowData, strings: Strings): string {
  if (!summary) return strings.thoughts;
  return "title" in summary ? summary.title : strings.thoughtFor(summary.duration);
}
