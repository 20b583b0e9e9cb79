"""Holds values against the SDK's own types."""

import json
import typing

from chatkit import types
from pydantic import BaseModel, TypeAdapter, ValidationError

CONTEXT = {"exclude_metadata": True}

MODELS = {
    "request": types.ChatKitReq,
    "event": types.ThreadStreamEvent,
    "item": types.ThreadItem,
    "thread": types.Thread,
    "threads": types.Page[types.Thread],
    "items": types.Page[types.ThreadItem],
    "attachment": types.Attachment,
    "transcription": types.TranscriptionResult,
    "sync": types.SyncCustomActionResponse,
    "update": types.ThreadItemUpdate,
    "task": types.Task,
    "source": types.URLSource | types.FileSource | types.EntitySource,
    "status": types.ThreadStatus,
    "input": types.StructuredInput,
    "content": types.UserMessageContent,
}
ADAPTERS = {name: TypeAdapter(model) for name, model in MODELS.items()}


def check(question):
    """For each `[model, text]`: nothing if the SDK reads the text and writes the same again, else what is wrong with it."""
    return [problem(model, text) for model, text in question["values"]]


def problem(model, text):
    given = json.loads(text)
    if model == "empty":
        return None if given == {} else "it is not {}"
    try:
        value = ADAPTERS[model].validate_json(text)
    except ValidationError as error:
        return f"the SDK does not read it: {error}"
    written = ADAPTERS[model].dump_python(value, mode="json", by_alias=True, exclude_none=True, context=CONTEXT)
    if model == "request" and written.get("metadata") == {}:
        del written["metadata"]  # the SDK never writes requests; clients leave it out
    if opaque(written) != opaque(given):
        return f"the SDK writes {json.dumps(written, sort_keys=True)}"
    return None


def opaque(value):
    """The value without what is inside widgets: the SDK's types of those lose properties that clients know."""
    if isinstance(value, list):
        return [opaque(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    inside = {"widget": {"widget"}, "widget.root.updated": {"widget"}, "widget.component.updated": {"component"}}
    hidden = inside.get(value.get("type"), set()) if isinstance(value.get("type"), str) else set()
    return {key: "opaque" if key in hidden else opaque(inner) for key, inner in value.items()}


def read(question):
    """For each body, in hexadecimal: whether the SDK reads a request out of it."""
    return [reads(bytes.fromhex(body)) for body in question["bodies"]]


def reads(body):
    try:
        ADAPTERS["request"].validate_json(body)
    except ValidationError:
        return False
    return True


def inventory(_question):
    """Every model of the protocol under the name of its `type`, with its fields, by what it is part of."""
    unions = {
        "requests": types.ChatKitReq,
        "events": types.ThreadStreamEvent,
        "updates": types.ThreadItemUpdate,
        "items": types.ThreadItem,
        "tasks": types.Task,
        "sources": types.URLSource | types.FileSource | types.EntitySource,
        "inputs": types.StructuredInput,
        "attachments": types.Attachment,
        "statuses": types.ThreadStatus,
        "contents": types.UserMessageContent,
    }
    return {name: {kind(model): sorted(model.model_fields) for model in members(union)} for name, union in unions.items()}


def members(union):
    """The models that a union, annotated or nested, is made of."""
    if isinstance(union, type) and issubclass(union, BaseModel):
        return [union]
    arguments = typing.get_args(union)
    if typing.get_origin(union) is typing.Annotated:
        arguments = arguments[:1]
    return [model for argument in arguments for model in members(argument)]


def kind(model):
    return typing.get_args(model.model_fields["type"].annotation)[0]
