// The least that a Node.js runtime for Lambda must do: load the handler, ask for events, give back answers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path: `/2018-06-01/runtime${path}` }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const { handler } = await import(pathToFileURL(path.join(process.env.LAMBDA_TASK_ROOT, process.argv[2])));
for (;;) {
  const event = await call("GET", "/invocation/next");
  const id = event.headers["lambda-runtime-aws-request-id"];
  await call("POST", `/invocation/${id}/response`, JSON.stringify(await handler(JSON.parse(event.text))));
}
