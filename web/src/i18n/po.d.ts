/** What the Lingui plugin makes of a .po file. */
declare module '*.po' {
  import type { Messages } from '@lingui/core'
  export const messages: Messages
}
