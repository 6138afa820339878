// Free ports, as the operating system gives them: usable at once, on the loopback address.
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { findFreePort } from "../../../src/dev/port.js";

it("finds a port that can be listened on at once", async () => {
  const port = await findFreePort();
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  expect(server.address()).toMatchObject({ port });
});

it("does not find a port that somebody listens on", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port: taken } = server.address() as { port: number };
  const found = await Promise.all(Array.from({ length: 20 }, () => findFreePort()));
  expect(found).not.toContain(taken);
  expect(new Set(found).size).toBe(20);
});
