// The least that serves a page: one route of the same framework, which sends the bytes that came on standard input.
// Prints its address once it listens.
import { readFileSync } from "node:fs";
import fastify from "fastify";

const page = readFileSync(0);
const server = fastify();
server.get("/v1/processors", (_request, reply) =>
  reply.header("content-type", "application/json; charset=utf-8").send(page),
);
process.stdout.write(`${await server.listen({ host: "127.0.0.1", port: 0 })}\n`);
