// An S3 server for tests, of two parts that others have written: s3rver keeps objects in a folder, but looks at nothing of a
// signature (version 4) than its key's id; so aws4 signs each request once more, and what is signed otherwise is refused.
//
//   node serve.mjs --port 0 --configure-bucket NAME --directory DIR     prints `listening on ADDRESS`
import http from "node:http";
import { parseArgs } from "node:util";
import aws4 from "aws4";
import S3rver from "s3rver";

/** The one key that s3rver knows. */
const KEY = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

const options = { port: { type: "string" }, "configure-bucket": { type: "string" }, directory: { type: "string" } };
const { values } = parseArgs({ options });

const configureBuckets = [{ name: values["configure-bucket"] }];
const store = await new S3rver({ address: "127.0.0.1", port: 0, directory: values.directory, silent: true, configureBuckets }).run();

/** Why a request is refused; undefined if its signature is good and its time has not run out. */
function refusal({ method, url, headers: { host } }) {
  const asked = new URL(url, `http://${host}`);
  const given = asked.searchParams.get("X-Amz-Signature");
  const [, , region] = (asked.searchParams.get("X-Amz-Credential") ?? "").split("/");
  if (!given || !region) return "AccessDenied";
  asked.searchParams.delete("X-Amz-Signature");
  const path = asked.pathname + asked.search;
  const signed = aws4.sign({ service: "s3", region, method, host, path, headers: {}, signQuery: true }, KEY);
  const expected = new URL(signed.path, `http://${host}`).searchParams.get("X-Amz-Signature");
  if (given !== expected) return "SignatureDoesNotMatch";
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(asked.searchParams.get("X-Amz-Date"));
  const ends = Date.UTC(year, month - 1, day, hour, minute, second) + 1000 * Number(asked.searchParams.get("X-Amz-Expires"));
  return Date.now() < ends ? undefined : "AccessDenied";
}

const front = http.createServer((request, response) => {
  const code = refusal(request);
  if (code) {
    request.resume();
    response.writeHead(403, { "Content-Type": "application/xml" });
    return response.end(`<Error><Code>${code}</Code></Error>`);
  }
  const { method, url: path, headers } = request;
  const passed = http.request({ host: store.address, port: store.port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", () => response.destroy());
  request.pipe(passed);
});
front.listen(Number(values.port), "127.0.0.1", () => console.log(`listening on 127.0.0.1:${front.address().port}`));
