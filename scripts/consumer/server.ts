// A stranger's program that embeds the server and speaks to it through the SDK, on the packed archives.
import * as server from '@tidings/server'

if (Object.keys(server).length === 0) throw new Error('@tidings/server exports nothing')
