/** Is this a machine for development, with a sandbox to send deposits from and to catch mails in? */
import { queryOptions } from '@tanstack/react-query'
import { isServed } from './client'

const PRIVATE = /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/

export const sandboxQuery = queryOptions({
  queryKey: ['sandbox'],
  queryFn: () => (PRIVATE.test(globalThis.location.hostname) ? isServed('/sandbox/') : false),
  staleTime: Infinity,
})
