// A server on any free port; prints where, and ends with its input.
import { createServer } from '@tidings/server'

const server = createServer({ databaseUrl: 'file:./tidings.db', port: 0, logLevel: 'warn' })
const { url } = await server.listen()
console.log(url)
process.stdin.resume().on('end', () => void server.close().then(() => process.exit(0)))
