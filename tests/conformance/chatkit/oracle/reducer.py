"""What a client shows after a list of events, by the rules of the protocol and by nothing of either server."""

import copy

TEXT = "assistant_message.content_part."
HIDDEN = {"hidden_context_item", "sdk_hidden_context"}


def fold(question):
    """The items after each of `events`, or after all of them; with `cut`, as a server leaves them whose reader went away then."""
    state = State()
    if not question.get("cut"):
        for event in question["events"]:
            state.apply(event)
        return state.shown()
    states = [state.left()]
    for event in question["events"]:
        state.apply(event)
        states.append(state.left())
    return states


class State:
    def __init__(self):
        self.items = {}
        self.pending = set()

    def shown(self):
        return list(self.items.values())

    def apply(self, event):
        match event["type"]:
            case "thread.item.added":
                self.put(event["item"])
                self.pending.add(event["item"]["id"])
            case "thread.item.done" | "thread.item.replaced":
                self.put(event["item"])
                self.pending.discard(event["item"]["id"])
            case "thread.item.removed":
                self.items.pop(event["item_id"], None)
                self.pending.discard(event["item_id"])
            case "thread.item.updated":
                if (item := self.items.get(event["item_id"])) is not None:
                    update(item, event["update"])

    def put(self, item):
        assert item["type"] not in HIDDEN, "a hidden item reached the client"
        self.items[item["id"]] = copy.deepcopy(item)

    def left(self):
        """What is kept when nobody reads on: what is done, text with words, and workflows with steps, none of them running."""
        kept = []
        for item in copy.deepcopy(self.shown()):
            if item["id"] in self.pending:
                item = close(item)
            if item is not None:
                kept.append(item)
        return kept


def close(item):
    if item["type"] == "assistant_message":
        return item if any(part["text"].strip() for part in item["content"]) else None
    if item["type"] == "workflow" and item["workflow"]["tasks"]:
        for task in item["workflow"]["tasks"]:
            if task["status_indicator"] == "loading":
                task["status_indicator"] = "complete"
                if task["type"] == "custom":
                    task["icon"] = "lucide:circle-slash"
        item["workflow"].setdefault("summary", {"duration": 0})
        item["workflow"]["expanded"] = False
        return item
    return None


def update(item, change):
    kind = change["type"]
    if item["type"] == "assistant_message" and kind.startswith(TEXT):
        text(item["content"], kind.removeprefix(TEXT), change)
    elif item["type"] == "workflow" and kind.startswith("workflow.task."):
        task(item["workflow"]["tasks"], kind, change)
    elif item["type"] == "widget" and kind == "widget.root.updated":
        item["widget"] = change["widget"]
    elif item["type"] == "widget" and kind == "widget.streaming_text.value_delta":
        grow(item["widget"], change)
    elif item["type"] == "generated_image" and kind == "generated_image.updated":
        item["image"] = change["image"]


def text(parts, kind, change):
    index = change["content_index"]
    while len(parts) <= index:
        parts.append({"type": "output_text", "text": "", "annotations": []})
    match kind:
        case "added":
            parts[index] = copy.deepcopy(change["content"])
        case "text_delta":
            parts[index]["text"] += change["delta"]
        case "annotation_added":
            parts[index]["annotations"].insert(change["annotation_index"], change["annotation"])
        case "done":
            # One that comes without annotations does not take back those that were streamed.
            streamed = parts[index]["annotations"]
            parts[index] = copy.deepcopy(change["content"])
            parts[index]["annotations"] = parts[index]["annotations"] or streamed


def task(tasks, kind, change):
    index = change["task_index"]
    if index < len(tasks):
        tasks[index] = copy.deepcopy(change["task"])
    elif kind == "workflow.task.added":
        tasks.append(copy.deepcopy(change["task"]))


def grow(node, change):
    """Adds text to the component that is meant, wherever it stands."""
    if isinstance(node, list):
        for child in node:
            grow(child, change)
    elif isinstance(node, dict):
        if node.get("id") == change["component_id"]:
            node["value"] = node.get("value", "") + change["delta"]
        grow(node.get("children"), change)
