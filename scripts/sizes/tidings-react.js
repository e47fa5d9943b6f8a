export { start } from './tidings.js'
export * from '@tidings/sdk/react'
