/** Puts what the socket says into the query cache: prices once a frame, the rest at once. */
import type { QueryClient } from '@tanstack/react-query'
import { dashboardQuery } from '@/api/analytics'
import { balancesQuery } from '@/api/ledger'
import { pricesQuery } from '@/api/market'
import { conversionQuery, depositsQuery } from '@/api/payments'
import type { Price } from '@/api/types'
import type { BalanceNews, LiveMessage, PaymentNews, PriceNews } from './messages'

const SETTLE_MS = 300
const HIDDEN_MS = 1_000

/** A background page gets no frames, but its figures must not grow old. */
function nextFrame(work: () => void): void {
  if (document.visibilityState === 'hidden') setTimeout(work, HIDDEN_MS)
  else requestAnimationFrame(work)
}

export function withNews(rows: readonly Price[], news: ReadonlyMap<string, PriceNews>): Price[] {
  return rows.map((row) => {
    const fresh = news.get(row.instrument)
    if (!fresh || fresh.at < row.at) return row
    const { bid, ask, mid, change_24h, at } = fresh
    return { ...row, bid, ask, mid, change_24h, at, age_ms: 0 }
  })
}

export class Patches {
  private readonly prices = new Map<string, PriceNews>()
  private isWaiting = false
  private settling: ReturnType<typeof setTimeout> | undefined
  private hasGreeted = false

  constructor(
    private readonly cache: QueryClient,
    private readonly frame: (work: () => void) => void = nextFrame,
  ) {}

  apply(message: LiveMessage): void {
    switch (message.type) {
      case 'hello':
        this.greet()
        break
      case 'price':
        this.price(message.data)
        break
      case 'balance':
        this.balance(message.data)
        break
      case 'payment':
        this.payment(message.data)
        break
      case 'notification':
        void this.cache.invalidateQueries({ queryKey: ['notifications'] })
    }
  }

  /** After a break the snapshot is read again: what was missed may be more than what is sent again. */
  private greet(): void {
    if (this.hasGreeted)
      void this.cache.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'assets' })
    this.hasGreeted = true
  }

  private price(news: PriceNews): void {
    this.prices.set(news.instrument, news)
    if (this.isWaiting) return
    this.isWaiting = true
    this.frame(() => this.flush())
  }

  private flush(): void {
    this.isWaiting = false
    const quotes = new Set([...this.prices.keys()].map((instrument) => instrument.split('/')[1] ?? ''))
    for (const quote of quotes) {
      this.cache.setQueryData(pricesQuery(quote).queryKey, (rows) => rows && withNews(rows, this.prices))
    }
    this.prices.clear()
  }

  private balance(news: BalanceNews): void {
    const money = (amount: string) => ({ amount, asset: news.asset })
    this.cache.setQueryData(balancesQuery.queryKey, (rows) =>
      rows?.map((row) => {
        if (row.asset !== news.asset || row.version >= news.version) return row
        const { posted, available, held, version } = news
        return {
          ...row,
          posted: money(posted),
          available: money(available),
          held: money(held),
          version,
        }
      }),
    )
    this.settle()
  }

  private payment(news: PaymentNews): void {
    if (news.kind === 'deposit') {
      void this.cache.invalidateQueries({ queryKey: depositsQuery.queryKey })
    } else {
      void this.cache.invalidateQueries({ queryKey: conversionQuery(news.payment_id).queryKey })
    }
    this.settle()
  }

  /** One payment brings several messages; what is derived from the books is read once after them. */
  private settle(): void {
    clearTimeout(this.settling)
    this.settling = setTimeout(() => {
      void this.cache.invalidateQueries({ queryKey: balancesQuery.queryKey })
      void this.cache.invalidateQueries({ queryKey: dashboardQuery.queryKey })
      void this.cache.invalidateQueries({ queryKey: ['transactions'] })
      void this.cache.invalidateQueries({ queryKey: ['value-history'] })
    }, SETTLE_MS)
  }
}
