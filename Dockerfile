# The server as an image: docker build -t tidings .
# docs/deploy.md says how it is run, alone with SQLite or as several nodes (compose.yaml).
FROM node:24-bookworm-slim AS build
# better-sqlite3 is compiled where its ready-made binary cannot be had.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# What an installation depends on comes first: a change of the sources does not repeat it.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY scripts/prepare.mjs scripts/install-environment.mjs scripts/
COPY packages/bench/package.json packages/bench/
COPY packages/cli-demo/package.json packages/cli-demo/
COPY packages/playground/package.json packages/playground/
COPY packages/protocol/package.json packages/protocol/
COPY packages/sdk/package.json packages/sdk/
COPY packages/server/package.json packages/server/
RUN node scripts/prepare.mjs
COPY . .
RUN node scripts/prepare.mjs --build
# What runs and nothing else; the compiler is there only since the types of a package ask for it.
RUN npx -y pnpm@12.21.0 --filter @tidings/server deploy --prod /app \
  && rm -rf /app/node_modules/.pnpm/typescript@* /app/node_modules/.pnpm/@typescript+* \
  && find /app -path '*/better-sqlite3/build/*' -type f ! -name better_sqlite3.node -delete \
  && chmod 755 "/app/$(node -p 'require("/app/package.json").bin["tidings-server"]')"

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATABASE_URL=file:/data/tidings.db
COPY --from=build /app /app
RUN ln -s "/app/$(node -p 'require("/app/package.json").bin["tidings-server"]')" /usr/local/bin/tidings-server \
  && install -d -o node -g node -m 700 /data
USER node
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tidings-server"]
