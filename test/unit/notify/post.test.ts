// One POST to a receiver on real sockets, where the way or the receiver is odd: it hangs, it never ends, a proxy stands
// before it. Whatever is said of it holds no credential.
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Secret } from "../../../src/base/secret.js";
import { postMessage } from "../../../src/notify/post.js";

const PATH = "/hooks/canary-5a1e77";

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const receive = (listener: RequestListener): Promise<string> => listen(createServer(listener));
const toPosting = (address: string, proxy?: string): Parameters<typeof postMessage>[0] => ({
  url: new Secret(`http://${address}${PATH}`),
  proxy: proxy === undefined ? undefined : new Secret(proxy),
  headers: {},
  body: "{}",
});

it("a receiver that never answers is a failure when the time is over", async () => {
  const address = await receive(() => undefined);
  expect(await postMessage({ ...toPosting(address), timeoutMs: 300 })).toEqual({
    kind: "failed",
    why: "no answer within 0.3 s",
  });
});

it("an answer that never ends is read no further than its beginning", async () => {
  let hasLeft = (): void => undefined;
  const left = new Promise<void>((resolve) => {
    hasLeft = resolve;
  });
  const address = await receive((_request, response) => {
    response.on("close", () => {
      hasLeft();
    });
    response.writeHead(200);
    const write = (): void => {
      while (!response.destroyed && response.write("x".repeat(1_000)));
    };
    response.on("drain", write);
    write();
  });
  const sending = await postMessage(toPosting(address));
  expect(sending).toMatchObject({
    kind: "delivered",
    answer: expect.stringMatching(/^200: x{199}…$/) as string,
  });
  await left;
});

it("an answer that stops in the middle is judged by its status", async () => {
  const address = await receive((_request, response) => {
    response.writeHead(200);
    response.write("half");
  });
  expect(await postMessage({ ...toPosting(address), timeoutMs: 300 })).toEqual({
    kind: "delivered",
    answer: "200",
  });
});

interface Proxy {
  readonly address: string;
  readonly asked: { readonly to: string | undefined; readonly login: string | undefined }[];
}

async function startProxy(isOpen: boolean): Promise<Proxy> {
  const asked: { to: string | undefined; login: string | undefined }[] = [];
  const server = createServer();
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    const { url = "", headers } = request;
    asked.push({ to: url, login: headers["proxy-authorization"] });
    if (!isOpen) {
      socket.end("HTTP/1.1 407 canary-pass is wrong\r\n\r\n");
      return;
    }
    const [host = "", port = ""] = url.split(":");
    const beyond = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(beyond).pipe(socket);
    });
    for (const end of [socket, beyond]) end.on("error", () => undefined);
  });
  return { address: await listen(server), asked };
}

it("a message goes through the proxy, which is given its own credentials and sees no path", async () => {
  const paths: (string | undefined)[] = [];
  const address = await receive((request, response) => {
    paths.push(request.url);
    response.end("ok");
  });
  const proxy = await startProxy(true);
  const sending = await postMessage(toPosting(address, `http://me:canary-pass@${proxy.address}`));
  expect(sending).toEqual({ kind: "delivered", answer: "200: ok" });
  expect(paths).toEqual([PATH]);
  const login = `Basic ${Buffer.from("me:canary-pass").toString("base64")}`;
  expect(proxy.asked).toEqual([{ to: address, login }]);
});

it("a proxy that lets nobody through is a failure, and no credential is told", async () => {
  const proxy = await startProxy(false);
  const sending = await postMessage(toPosting("127.0.0.1:9", `http://me:canary-pass@${proxy.address}`));
  expect(sending.kind).toBe("failed");
  expect(JSON.stringify(sending)).not.toContain("canary");
  expect(proxy.asked).toHaveLength(1);
});
