import { defineConfig } from 'drizzle-kit'

// Called through scripts/generate-migrations.mjs, once for each engine.
const engine = process.env['TIDINGS_ENGINE'] === 'postgres' ? 'postgres' : 'sqlite'

export default defineConfig({
  dialect: engine === 'postgres' ? 'postgresql' : 'sqlite',
  schema: `./packages/server/src/db/tables.${engine}.ts`,
  out: process.env['TIDINGS_MIGRATIONS'] ?? `./packages/server/migrations/${engine}`,
})
