/** A table under another name in one query. SQLite's serves both engines: nothing but the name is another one. */
export { alias } from 'drizzle-orm/sqlite-core'
