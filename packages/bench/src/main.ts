// npm run bench [-- --only <words> --subjects sdk,relay --repeat 3 --seconds 3]
import { readOptions } from './options.ts'
import { pinOwn } from './process.ts'
import { runAll } from './run.ts'

pinOwn()
await runAll(readOptions(process.argv.slice(2)))
