import { createExchange, createMemoryBroker } from '../../src/realtime/memory-broker.ts'
import { testBrokerContract } from './broker.contract.ts'

testBrokerContract('memory', () => {
  const exchange = createExchange()
  return Promise.resolve({
    open: () => Promise.resolve(createMemoryBroker(exchange)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
})
