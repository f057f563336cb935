/** What each error code means for the person who reads it, and what to do next. */
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { Refused } from '@/api/refused'

export interface Explanation {
  what: MessageDescriptor
  next: MessageDescriptor | null
  requestId: string | null
  code: string
}

type Entry = [what: MessageDescriptor, next?: MessageDescriptor]

const tryAgain = msg`Try again in a moment.`
const askNewQuote = msg`Ask for a new quote.`

const REFUSALS: Record<string, Entry> = {
  unreachable: [msg`We could not reach Capitalino.`, msg`Check your connection and try again.`],
  service_unavailable: [msg`This part of Capitalino is away for a moment.`, tryAgain],
  peer_unavailable: [msg`This part of Capitalino is away for a moment.`, tryAgain],
  INTERNAL_ERROR: [
    msg`Something went wrong on our side.`,
    msg`Try again; if it stays, tell us the request id.`,
  ],
  outcome_unknown: [msg`The answer has not come yet.`, tryAgain],
  auth_unavailable: [msg`Signing in is away for a moment.`, tryAgain],
  storage_unavailable: [msg`This part of Capitalino is away for a moment.`, tryAgain],
  mail_unavailable: [msg`We could not send the mail.`, tryAgain],
  mail_refused: [msg`Your mail provider does not take our mail.`, msg`Use another address.`],
  idempotency_key_reused: [msg`This was asked for before, differently.`, msg`Start again.`],
  invalid_request: [msg`Something in the form is not right.`, msg`Check what you entered.`],
  unauthenticated: [msg`You are signed out.`, msg`Sign in again.`],
  forbidden: [msg`This is not yours to do.`],
  not_found: [msg`We did not find it.`],
  rate_limited: [msg`That was too often in a short time.`, msg`Wait a minute, then try again.`],
  'auth.sign_in_refused': [msg`E-mail or password is wrong.`, msg`Check both and try again.`],
  'auth.code_refused': [msg`The code is wrong or was used before.`, msg`Type the newest code of your app.`],
  'auth.email_unconfirmed': [msg`Your e-mail address is not confirmed yet.`, msg`Open the link in our mail.`],
  'auth.link_not_good': [
    msg`This link was used before or is too old.`,
    msg`Try to sign in; else register again.`,
  ],
  'auth.address_not_good': [msg`This is not an e-mail address.`],
  'auth.password_refused': [msg`This password is too easy to guess.`, msg`Take a longer or less common one.`],
  'auth.challenge_over': [msg`Signing in took too long.`, msg`Start again with your password.`],
  'auth.login_barred': [msg`This login is barred.`, msg`Write to support.`],
  'auth.too_many_tries': [msg`There were too many wrong tries.`, msg`Wait a while, then try again.`],
  'auth.session_over': [msg`You are signed out.`, msg`Sign in again.`],
  'auth.code_needed': [msg`A second factor is set up already.`, msg`Sign in with it.`],
  'auth.origin_refused': [msg`This page is not at its usual address.`, msg`Open it at its usual address.`],
  step_up_needed: [msg`This needs your second factor once more.`, msg`Try again and confirm it.`],
  'auth.password_wrong': [msg`The present password is not right.`, msg`Check it and try again.`],
  'auth.ceremony_over': [msg`The passkey took too long, or was shown before.`, msg`Start again.`],
  'auth.passkey_refused': [
    msg`This passkey was not taken.`,
    msg`Use another one, or your password and a code.`,
  ],
  'auth.passkey_unknown': [msg`We do not know this passkey.`, msg`Use another one, or your password.`],
  'auth.passkey_taken': [msg`This passkey belongs to a login already.`],
  'auth.passkeys_full': [msg`You have as many passkeys as can be kept.`, msg`Remove one first.`],
  'auth.api_key_unknown': [msg`There is no such API key.`],
  'auth.api_keys_full': [msg`You have as many API keys as can be kept.`, msg`Revoke one first.`],
  'auth.api_key_not_good': [
    msg`This API key cannot be made like this.`,
    msg`Withdrawals need addresses; a key lasts at most a year.`,
  ],
  'auth.factor_unset': [msg`There is no second factor to confirm.`, msg`Start again.`],
  'auth.session_unknown': [msg`This session has ended already.`],
  'auth.login_unknown': [msg`There is no such login.`],
  'auth.busy': [msg`Many people sign in at this moment.`, tryAgain],
  'ledger.insufficient_funds': [
    msg`There is not enough in this account.`,
    msg`Take a smaller amount or deposit more.`,
  ],
  'ledger.asset_unknown': [msg`We do not keep this asset.`, msg`Choose another asset.`],
  'ledger.account_barred': [msg`This account is barred at the moment.`, msg`Write to support.`],
  'ledger.limit_reached': [
    msg`This would be more than your limit allows.`,
    msg`Take a smaller amount, or wait until the limit is free again.`,
  ],
  'ledger.ceiling_reached': [msg`This account may not hold that much.`, msg`Take a smaller amount.`],
  'ledger.account_unknown': [msg`There is no such account.`],
  'market.price_unavailable': [
    msg`There is no fresh price right now.`,
    msg`Prices come back by themselves; try again soon.`,
  ],
  'market.price_without_quorum': [
    msg`The exchanges do not agree on a price right now.`,
    msg`Prices come back by themselves; try again soon.`,
  ],
  'market.rate_without_quorum': [msg`There is no exchange rate that enough sources agree on.`, tryAgain],
  'market.rate_disputed': [msg`The sources of this exchange rate disagree.`, tryAgain],
  'market.rate_held': [msg`This exchange rate is held back until somebody has looked at it.`, tryAgain],
  'market.rate_unknown': [msg`We do not know this exchange rate.`, msg`Choose another currency.`],
  'market.instrument_unknown': [
    msg`These two cannot be exchanged for each other.`,
    msg`Choose another pair.`,
  ],
  'payments.quote_expired': [msg`The quote has run out.`, askNewQuote],
  'payments.quote_used': [msg`This quote was used already.`, askNewQuote],
  'payments.quote_not_found': [msg`We do not know this quote.`, askNewQuote],
  'payments.flow_closed': [msg`This is closed for the moment.`, tryAgain],
  'payments.inventory_short': [msg`We do not have enough of this right now.`, msg`Take a smaller amount.`],
  'payments.conversion_not_found': [msg`We do not know this conversion.`],
  'payments.asset_unknown': [msg`We do not keep this asset.`, msg`Choose another asset.`],
  'payments.pair_unsupported': [
    msg`These two cannot be exchanged for each other.`,
    msg`Choose another pair.`,
  ],
  'payments.amount_invalid': [msg`This is no amount of this asset.`, msg`Check what you entered.`],
  'payments.amount_too_small': [msg`The amount is too small to be exchanged.`, msg`Take a larger one.`],
  'payments.amount_too_large': [
    msg`The amount is above what is exchanged at once.`,
    msg`Take a smaller one.`,
  ],
  'payments.deposit_unsupported': [msg`This asset cannot be deposited here.`, msg`Choose another asset.`],
  'payments.venue_unavailable': [msg`The exchange does not answer right now.`, tryAgain],
  'payments.venue_refused': [
    msg`The exchange did not take the order.`,
    msg`Nothing was taken from you. Ask for a new quote.`,
  ],
  'payments.order_late': [msg`The exchange answered too late.`, msg`Our people look at it.`],
  'payments.unexpected': [msg`Something unforeseen happened.`, msg`Our people look at it.`],
  'payments.unresolved': [msg`The exchange has not said what became of it.`, msg`Our people look at it.`],
  'users.name_refused': [msg`This name cannot be kept.`, msg`Leave out signs that are no letters.`],
  'users.profile_stale': [msg`It was changed somewhere else meanwhile.`, msg`Load the page again.`],
}

const UNKNOWN: Entry = [msg`Your request was refused.`, msg`If you do not know why, tell us the request id.`]

/** The sentence for an error; a code that has none gets a general one and shows itself. */
export function explain(error: unknown): Explanation {
  const refused = error instanceof Refused ? error : Refused.unreachable(error)
  const [what, next = null] = REFUSALS[refused.code] ?? (refused.status >= 500 ? internal() : UNKNOWN)
  return { what, next, requestId: refused.requestId, code: refused.code }
}

function internal(): Entry {
  return REFUSALS.INTERNAL_ERROR ?? UNKNOWN
}

/** Why a conversion was refused, by the reason that it carries. */
export function explainReason(reason: string | null | undefined): MessageDescriptor {
  return (reason ? REFUSALS[reason]?.[0] : undefined) ?? msg`The conversion could not be carried out.`
}
