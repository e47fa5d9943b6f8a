export { default } from './postgres-setup.ts'
