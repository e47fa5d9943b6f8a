/** What a client of the relay says. */
export type RelayCall =
  | { readonly t: 'auth'; readonly token: string }
  | { readonly t: 'send'; readonly c: string; readonly id: number; readonly text: string }
  | { readonly t: 'got'; readonly c: string; readonly seq: number }
  | { readonly t: 'sync'; readonly c: string; readonly after: number }

/** What the relay says. */
export type RelayFrame =
  | { readonly t: 'ok' }
  | { readonly t: 'ack'; readonly id: number; readonly seq: number }
  | {
      readonly t: 'msg'
      readonly c: string
      readonly seq: number
      readonly from: number
      readonly text: string
    }
  | { readonly t: 'got'; readonly c: string; readonly seq: number }
  | {
      readonly t: 'page'
      readonly rows: readonly { readonly seq: number }[]
      readonly more: boolean
    }
