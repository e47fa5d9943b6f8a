import type { ModelNode } from './model-node.ts'
import type { World } from './world.ts'

export type BrokerMode = 'good' | 'lossy' | 'dead'

/** Carries hints between nodes: loses, doubles, delays and reorders them. */
export class ModelBroker {
  mode: BrokerMode = 'good'
  readonly #world: World
  readonly #nodes: () => readonly ModelNode[]

  constructor(world: World, nodes: () => readonly ModelNode[]) {
    this.#world = world
    this.#nodes = nodes
  }

  publish(from: ModelNode, streamKey: number, head: number): void {
    const { random, layers } = this.#world
    if (this.mode === 'dead' || !layers.hints) return
    const loss = layers.faults ? (this.mode === 'good' ? 0.01 : 0.4) : 0
    for (const node of this.#nodes()) {
      if (node === from || random.chance(loss)) continue
      this.#carry(node, streamKey, head)
      if (random.chance(this.mode === 'good' ? 0.02 : 0.2)) this.#carry(node, streamKey, head)
    }
  }

  #carry(node: ModelNode, streamKey: number, head: number): void {
    const { random, time, layers } = this.#world
    const late = layers.faults && random.chance(this.mode === 'good' ? 0.01 : 0.1)
    time.after(late ? random.below(4000) : 1 + random.below(8), () => node.hint(streamKey, head))
  }
}
