/** For the tests of apps: a real server in the process, real clients, a clock and a network that do what the test says. */
export { openTestKit } from './kit.ts'
export type { TestClientOptions, TestKit, TestKitOptions } from './kit.ts'
export type { TestClock } from './clock.ts'
export type { TestNetwork } from './network.ts'
export type { TestKitLimits, TestKitServerOptions } from './options.ts'
