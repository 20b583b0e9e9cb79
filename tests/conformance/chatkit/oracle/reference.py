"""Plays cases on the SDK's own server, over a store that writes down what it is asked to change.

A case is `{"threads", "attachments", "steps"}`; a step is `{"request", "body"?, "user"?, "respond"?, "act"?, "sync"?}`: what is
asked, and what the application then does. `respond` and `act` are lists of

    {"emit": event}     yield it                    {"thread": {field: value}}   change the thread, beside `emit` or alone
    {"fail": {"code", "message", "retry"}}          {"hang": true}               never go on; the client then hangs up
"""

import asyncio
import json

from chatkit import errors, server, store, types, widgets
from pydantic import TypeAdapter

EVENT = TypeAdapter(types.ThreadStreamEvent)
ITEM = TypeAdapter(types.ThreadItem)
ATTACHMENT = TypeAdapter(types.Attachment)
THREAD_FIELDS = {name: TypeAdapter(field.annotation) for name, field in types.ThreadMetadata.model_fields.items()}
THREAD_FIELDS["status"] = TypeAdapter(types.ThreadStatus)
WIDGET = TypeAdapter(types.WidgetRoot)


async def play(case):
    """What the server answered to each step, what it wrote meanwhile, and what is there in the end."""
    memory = Memory(case)
    answers, writes, hooks = [], [], []
    for step in case["steps"]:
        memory.writes, memory.hooks = [], []
        answers.append(await ask(memory, step))
        writes.append(memory.writes)
        hooks.append(memory.hooks)
    return {"answers": answers, "writes": writes, "hooks": hooks, "state": memory.state()}


async def ask(memory, step):
    reference = Reference(memory, step)
    body = step["body"] if "body" in step else json.dumps(step["request"])
    user = step.get("user", "ann")
    try:
        result = await reference.process(body, user)
    except Exception as error:  # noqa: BLE001 - a web framework answers 500 to all of them
        return {"raised": type(error).__name__}
    if isinstance(result, server.NonStreamingResult):
        return {"json": json.loads(result.json)}
    return await read(reference, result)


async def read(reference, result):
    events = []

    async def take():
        async for chunk in result:
            assert chunk.startswith(b"data: ") and chunk.endswith(b"\n\n"), chunk
            events.append(json.loads(chunk[6:]))

    reader = asyncio.create_task(take())
    hanging = asyncio.create_task(reference.hanging.wait())
    await asyncio.wait({reader, hanging}, return_when=asyncio.FIRST_COMPLETED)
    hanging.cancel()
    if not reader.done():
        reader.cancel()
    try:
        await reader
    except asyncio.CancelledError:
        pass
    except Exception as error:  # noqa: BLE001 - the client sees a body that just ends
        return {"events": events, "truncated": type(error).__name__}
    return {"events": events}


def diff(question):
    """The SDK's own updates between two states of a widget."""
    before, after = (WIDGET.validate_python(question[name]) for name in ("before", "after"))
    return [update.model_dump(mode="json", by_alias=True, exclude_none=True) for update in server.diff_widget(before, after)]


def template(question):
    """What a `.widget` file becomes with data, or the name of the error."""
    try:
        built = widgets.WidgetTemplate(question["definition"]).build(question["data"])
    except Exception as error:  # noqa: BLE001 - its name is the answer
        return {"raised": type(error).__name__}
    return {"widget": built.model_dump(mode="json", by_alias=True, exclude_none=True)}


class Reference(server.ChatKitServer[str]):
    """The SDK's server with an application that follows a script."""

    def __init__(self, memory, step):
        super().__init__(memory, Files(memory))
        self.step = step
        self.hanging = asyncio.Event()

    async def respond(self, thread, input_user_message, context):
        async for event in self.follow(self.step.get("respond", []), thread):
            yield event

    async def action(self, thread, action, sender, context):
        self.store.hooks.append(f"act {action.type} {sender.id if sender else '-'}")
        async for event in self.follow(self.step.get("act", []), thread):
            yield event

    async def sync_action(self, thread, action, sender, context):
        self.store.hooks.append(f"act_sync {action.type} {sender.id if sender else '-'}")
        item = self.step.get("sync")
        return types.SyncCustomActionResponse(updated_item=ITEM.validate_python(fill(item, thread.id)) if item else None)

    async def add_feedback(self, thread_id, item_ids, feedback, context):
        self.store.hooks.append(f"feedback {feedback} {' '.join(item_ids)}".rstrip())

    async def transcribe(self, audio_input, context):
        return types.TranscriptionResult(text=f"{audio_input.media_type}:{len(audio_input.data)}")

    def get_stream_options(self, thread, context):
        return types.StreamOptions(allow_cancel=self.step.get("allow_cancel", True))

    async def follow(self, script, thread):
        for step in script:
            for field, value in step.get("thread", {}).items():
                setattr(thread, field, THREAD_FIELDS[field].validate_python(value))
            if "emit" in step:
                yield EVENT.validate_python(fill(step["emit"], thread.id))
            if "fail" in step:
                raise failure(step["fail"])
            if "hang" in step:
                self.hanging.set()
                await asyncio.Event().wait()


def failure(fail):
    match fail.get("code"):
        case "custom":
            return errors.CustomStreamError(fail["message"], allow_retry=fail.get("retry", False))
        case "stream.error":
            return errors.StreamError(errors.ErrorCode.STREAM_ERROR, allow_retry=fail.get("retry"))
    return RuntimeError("the application failed")


def fill(value, thread_id):
    """A script does not know the id of a conversation that is not there yet."""
    return json.loads(json.dumps(value).replace("$thread", thread_id))


class Kept:
    def __init__(self, user, thread, items):
        self.user, self.thread, self.items = user, thread, items

    def put(self, item):
        item = item.model_copy(deep=True)
        at = next((at for at, kept in enumerate(self.items) if kept.id == item.id), len(self.items))
        self.items[at : at + 1] = [item]


class Memory(store.Store[str]):
    """A store in memory: order is the order of adding, a cursor that is not there is not found."""

    def __init__(self, case):
        self.writes, self.hooks, self.numbers, self.threads, self.attachments = [], [], {}, [], {}
        for seed in case.get("threads", []):
            thread = types.ThreadMetadata.model_validate({"created_at": "2020-01-01T00:00:00Z", **seed["thread"]})
            items = [ITEM.validate_python(fill(item, thread.id)) for item in seed.get("items", [])]
            self.threads.append(Kept(seed.get("user", "ann"), thread, items))
        for seed in case.get("attachments", []):
            self.attachments[seed["id"]] = ("ann", ATTACHMENT.validate_python(seed))

    def state(self):
        def dump(model):
            return model.model_dump(mode="json", by_alias=True, exclude_none=True, context={"exclude_metadata": True})

        threads = [{"thread": dump(kept.thread), "items": [dump(item) for item in kept.items]} for kept in self.threads]
        return {"threads": threads, "attachments": [dump(attachment) for _, attachment in self.attachments.values()]}

    def number(self, prefix):
        self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
        return f"{prefix}_{self.numbers[prefix]}"

    def generate_thread_id(self, context):
        return self.number("thr")

    def generate_item_id(self, item_type, thread, context):
        return self.number(store._ID_PREFIXES[item_type])

    def find(self, thread_id, user):
        for kept in self.threads:
            if kept.thread.id == thread_id and kept.user == user:
                return kept
        raise store.NotFoundError(thread_id)

    async def load_thread(self, thread_id, context):
        return self.find(thread_id, context).thread.model_copy(deep=True)

    async def save_thread(self, thread, context):
        self.writes.append("save_thread")
        fields = {name: getattr(thread, name) for name in types.ThreadMetadata.model_fields}
        copy = types.ThreadMetadata(**fields).model_copy(deep=True)
        try:
            self.find(thread.id, context).thread = copy
        except store.NotFoundError:
            self.threads.append(Kept(context, copy, []))

    async def load_thread_items(self, thread_id, after, limit, order, context):
        items = [item.model_copy(deep=True) for item in self.find(thread_id, context).items]
        return page(items, after, limit, order)

    async def load_threads(self, limit, after, order, context):
        own = [kept.thread.model_copy(deep=True) for kept in self.threads if kept.user == context]
        return page(own, after, limit, order)

    async def add_thread_item(self, thread_id, item, context):
        self.writes.append(f"add_item {item.type}")
        self.find(thread_id, context).put(item)

    async def save_item(self, thread_id, item, context):
        self.writes.append(f"save_item {item.type}")
        self.find(thread_id, context).put(item)

    async def load_item(self, thread_id, item_id, context):
        for item in self.find(thread_id, context).items:
            if item.id == item_id:
                return item.model_copy(deep=True)
        raise store.NotFoundError(item_id)

    async def delete_thread(self, thread_id, context):
        self.writes.append("delete_thread")
        self.threads = [kept for kept in self.threads if (kept.thread.id, kept.user) != (thread_id, context)]

    async def delete_thread_item(self, thread_id, item_id, context):
        self.writes.append("delete_item")
        kept = self.find(thread_id, context)
        kept.items = [item for item in kept.items if item.id != item_id]

    async def save_attachment(self, attachment, context):
        self.writes.append("save_attachment")
        self.attachments[attachment.id] = (context, attachment.model_copy(deep=True))

    async def load_attachment(self, attachment_id, context):
        user, attachment = self.attachments.get(attachment_id, (None, None))
        if user != context:
            raise store.NotFoundError(attachment_id)
        return attachment

    async def delete_attachment(self, attachment_id, context):
        self.writes.append("delete_attachment")
        if self.attachments.get(attachment_id, (None, None))[0] == context:
            del self.attachments[attachment_id]


def page(entries, after, limit, order):
    if order == "desc":
        entries.reverse()
    if after is not None:
        at = next((at for at, entry in enumerate(entries) if entry.id == after), None)
        if at is None:
            raise store.NotFoundError(after)
        entries = entries[at + 1 :]
    cut = entries[:limit]
    more = len(entries) > len(cut)
    return types.Page(data=cut, has_more=more, after=cut[-1].id if more and cut else None)


class Files(store.AttachmentStore[str]):
    """Announces every file as one to be put at a place of its own."""

    def __init__(self, memory):
        self.memory = memory

    async def create_attachment(self, input, context):
        attachment_id = self.memory.number("atc")
        place = {"url": f"https://files.example/{attachment_id}", "method": "PUT", "headers": {"x-token": "t"}}
        fields = {
            "id": attachment_id,
            "name": input.name,
            "mime_type": input.mime_type,
            "upload_descriptor": place,
            "metadata": {"size": input.size},
        }
        if input.mime_type.startswith("image/"):
            return types.ImageAttachment(**fields, preview_url=f"https://files.example/{attachment_id}/preview")
        return types.FileAttachment(**fields)

    async def delete_attachment(self, attachment_id, context):
        self.memory.hooks.append("delete_file")


