// How much memory the stores of a fleet take. No server here could hold one, so an operator that stands by is told of it by a
// server that has only lists: copies of one real object and of its real children.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Of each kind, as `{ plural, object }`: what a copy of the fleet's one object is made of. */
function copy({ object }, index, uid) {
  const text = JSON.stringify(object)
    .replaceAll(object.metadata.namespace, `fleet-${index % 100}`)
    .replaceAll(/\bchat-0\b/g, `chat-${index}`);
  const made = JSON.parse(text);
  made.metadata.resourceVersion = String(1000 + index);
  if (made.kind === "TodoChat") made.metadata.uid = uid;
  else made.metadata.uid = randomUUID();
  for (const owner of made.metadata.ownerReferences ?? []) owner.uid = uid;
  return made;
}

async function tell(answer, samples, uids, slim) {
  for (const sample of samples) {
    for (const [index, uid] of uids.entries()) {
      const made = copy(sample, index, uid);
      const object = slim ? { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: made.metadata } : made;
      if (!answer.write(`${JSON.stringify({ type: "ADDED", object })}\n`)) await new Promise((more) => answer.once("drain", more));
    }
  }
  const metadata = { resourceVersion: "9000000", annotations: { "k8s.io/initial-events-end": "true" } };
  answer.write(`${JSON.stringify({ type: "BOOKMARK", object: { apiVersion: "v1", kind: "Bookmark", metadata } })}\n`);
}

/**
 * Serves a fleet of `count` objects made of `samples`, `[{ plural, object }]`, of which the first is the TodoChat; answers the
 * path of a kubeconfig for it.
 */
export async function serve(samples, count, folder) {
  const uids = Array.from({ length: count }, () => randomUUID());
  const server = createServer(async (asked, answer) => {
    const url = new URL(asked.url, "http://fleet");
    if (url.searchParams.get("watch") !== "true" && url.searchParams.get("watch") !== "1") {
      // Nobody wins an election here.
      return answer.writeHead(503, { "content-type": "application/json" }).end('{"kind":"Status","code":503}');
    }
    answer.writeHead(200, { "content-type": "application/json" });
    const plural = url.pathname.split("/").at(-1);
    const ours = plural === "todochats" || url.searchParams.get("labelSelector")?.includes("managed-by");
    const told = url.searchParams.get("sendInitialEvents") === "true";
    const slim = asked.headers.accept?.includes("PartialObjectMetadata");
    if (told) await tell(answer, ours ? samples.filter((sample) => sample.plural === plural) : [], uids, slim);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const kubeconfig = join(folder, "fleet.kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify({
    apiVersion: "v1", kind: "Config", "current-context": "fleet",
    contexts: [{ name: "fleet", context: { cluster: "fleet", user: "fleet" } }],
    clusters: [{ name: "fleet", cluster: { server: `http://127.0.0.1:${server.address().port}` } }],
    users: [{ name: "fleet", user: {} }],
  }));
  return { kubeconfig, close: () => server.closeAllConnections() };
}
