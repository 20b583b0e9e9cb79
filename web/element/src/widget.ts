import type { ThreadItemUpdate, WidgetRoot } from "./protocol.gen";

type Component = Record<string, unknown>;

/** Makes of a widget what an update says. An update of something that is not there, or of no widget, changes nothing. */
export function updatedWidget(widget: WidgetRoot, update: ThreadItemUpdate): WidgetRoot {
  switch (update.type) {
    case "widget.root.updated":
      return update.widget;
    case "widget.component.updated": {
      const { component_id: id, component } = update;
      return changed(widget, (found) => (found.id === id ? component : undefined));
    }
    case "widget.streaming_text.value_delta": {
      const { component_id: id, delta } = update;
      return changed(widget, (found) => (found.id === id && isText(found) ? grown(found, delta) : undefined));
    }
    default:
      return widget;
  }
}

function isText({ type, value }: Component): boolean {
  return (type === "Text" || type === "Markdown") && (value == null || typeof value === "string");
}

function grown(text: Component, delta: string): Component {
  return { ...text, value: (text["value"] ?? "") + delta };
}

/** The widget with the first component changed for which there is a change; the same object if there is none. */
function changed(widget: WidgetRoot, change: (found: Component) => unknown): WidgetRoot {
  return (within(widget, change) ?? widget) as WidgetRoot;
}

function within(node: unknown, change: (found: Component) => unknown): unknown {
  if (typeof node !== "object" || node === null) return undefined;
  if (Array.isArray(node)) {
    for (const [at, child] of node.entries()) {
      const next = within(child, change);
      if (next !== undefined) return node.map((present, index) => (index === at ? next : present));
    }
    return undefined;
  }
  const component = node as Component;
  const own = change(component);
  if (own !== undefined) return own;
  const children = within(component["children"], change);
  return children === undefined ? undefined : { ...component, children };
}
