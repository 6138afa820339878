# Headgate as one image: `docker run headgate migrate`, `worker`, or any other verb. Debian, because Temporal's native
# addon is linked against glibc. It holds no secret and no configuration; both come from the environment.
# The newest release that calls itself LTS; .ci/run runs suites on the same one.
ARG NODE_VERSION=24.22.3-bookworm-slim

FROM node:${NODE_VERSION} AS build
WORKDIR /app
# Packages first, without scripts: they are downloaded again only when the lockfile changes.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:${NODE_VERSION}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY migrations migrations
COPY samples samples
RUN ln -s /app/dist/src/bin/headgate.js /usr/local/bin/headgate
USER node
ENTRYPOINT ["headgate"]
CMD ["--help"]
