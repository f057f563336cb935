import { act, screen, waitFor } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { intend, learned, pending } from '@/api/intention'
import { FakeSocket } from '../../../tests/FakeSocket'
import { makeConversion, makeQuote, NOW } from '../../../tests/makers'
import { showApp } from '../../../tests/render'
import { asked, ok, on, refuse, server, world } from '../../../tests/server'

const step = (name: string) => document.querySelector(`[data-step=${name}]`)?.getAttribute('data-state')

async function asking() {
  const shown = showApp('/convert')
  await screen.findByText(/You have/)
  await waitFor(() => expect(screen.getByText('live, before costs')).toBeTruthy())
  return shown
}

async function offered() {
  const shown = await asking()
  await shown.user.type(screen.getByLabelText('You give'), '0.05')
  await shown.user.click(screen.getByRole('button', { name: 'Lock a quote' }))
  await screen.findByText('Do you take this offer?')
  return shown
}

async function confirmed() {
  const shown = await offered()
  await shown.user.click(screen.getByRole('button', { name: 'Convert now' }))
  return shown
}

describe('asking', () => {
  test('shows at once what would come, at the live price', async () => {
    const { user } = await asking()
    await user.type(screen.getByLabelText('You give'), '۰٫۰۵')
    expect(screen.getByLabelText('You get, about')).toHaveProperty('value', '2,500.00')
    await user.click(screen.getByRole('button', { name: 'Lock a quote' }))
    await waitFor(() => expect(asked('POST /quotes')).toHaveLength(1))
    expect(asked('POST /quotes')[0]?.body).toEqual({
      from_asset: 'BTC',
      to_asset: 'EUR',
      amount: '0.05',
      side: 'exact_in',
    })
  })

  test('can fix what arrives instead', async () => {
    const { user } = await asking()
    await user.type(screen.getByLabelText('You get, about'), '1000')
    expect(screen.getByLabelText('You give')).toHaveProperty('value', '0.02000000')
    await user.click(screen.getByRole('button', { name: 'Lock a quote' }))
    await waitFor(() =>
      expect(asked('POST /quotes')[0]?.body).toMatchObject({ amount: '1000', side: 'exact_out' }),
    )
  })

  test('takes everything, swaps, and says when it is too much', async () => {
    const { user } = await asking()
    await user.click(screen.getByRole('button', { name: 'Use all' }))
    expect(screen.getByLabelText('You give')).toHaveProperty('value', '0.10000000')
    await user.type(screen.getByLabelText('You give'), '{Backspace}1')
    expect((await screen.findByRole('alert')).textContent).toContain('more than the')
    await user.click(screen.getByRole('button', { name: 'Swap the two' }))
    await waitFor(() => expect(screen.getByText(/You have/).textContent).toContain('1,000.00 EUR'))
  })

  test('another asset is one choice away', async () => {
    const { user } = await asking()
    await user.click(screen.getByRole('button', { name: /Asset that you get/ }))
    await user.click(await screen.findByRole('option', { name: /ETH/ }))
    await user.type(screen.getByLabelText('You give'), '0.05')
    expect(screen.getByLabelText('You get, about')).toHaveProperty('value', '1.00000000')
    await user.click(screen.getByRole('button', { name: /Asset that you give/ }))
    await user.click(await screen.findByRole('option', { name: /ETH/ }))
    expect((await screen.findByRole('alert')).textContent).toContain('ETH')
  })

  test('what is no amount is said, and what is refused leaves the money alone', async () => {
    server.use(on('post', '/quotes', () => refuse(422, 'payments.amount_too_small')))
    const { user } = await asking()
    await user.type(screen.getByLabelText('You give'), '1,5')
    expect((await screen.findByRole('alert')).textContent).toContain('Write an amount above zero')
    await user.clear(screen.getByLabelText('You give'))
    await user.type(screen.getByLabelText('You give'), '0.01')
    await user.click(screen.getByRole('button', { name: 'Lock a quote' }))
    const alert = await screen.findByText(/Nothing was taken from you/)
    expect(alert.parentElement?.textContent).toContain('too small')
  })

  test('without a price it says so', async () => {
    world.prices = []
    showApp('/convert?from=BTC&to=EUR')
    expect(await screen.findByText('There is no live price for this pair right now.')).toBeTruthy()
  })
})

describe('the offer', () => {
  test('shows every cost and how long it holds', async () => {
    await offered()
    const costs = document.querySelector('[data-part=costs]')?.textContent ?? ''
    expect(costs).toContain('Fee5.00 EUR')
    expect(costs).toContain('All costs together10.00 EUR (0.40%)')
    expect(costs).toContain('1 BTC = 49,900.00 EUR')
    expect(screen.getByRole('timer').textContent).toMatch(/0:[0-3]\d/)
  })

  test('that has run out cannot be taken; a new one can', async () => {
    world.quote = makeQuote({ expires_at: NOW.replace('2026', '2020') })
    const { user } = await offered()
    expect(screen.queryByRole('button', { name: 'Convert now' })).toBeNull()
    world.quote = makeQuote({ quote_id: 'q2' })
    await user.click(screen.getByRole('button', { name: 'Ask for a new quote' }))
    expect(await screen.findByRole('button', { name: 'Convert now' })).toBeTruthy()
    await user.click(screen.getByRole('button', { name: 'Change the amount' }))
    expect(await screen.findByLabelText('You give')).toBeTruthy()
  })
})

describe('the conversion', () => {
  test('goes from received to settled as the server says', async () => {
    const { user } = await confirmed()
    await waitFor(() => expect(step('checking')).toBe('done'))
    expect(step('sent')).toBe('now')
    expect(asked('POST /conversions')[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/)
    expect(asked('POST /conversions')[0]?.body).toEqual({ quote_id: 'q1' })
    expect(pending('conversion')).toMatchObject({ about: 'q1', id: 'c1' })

    world.conversion = makeConversion({ state: 'settled', settled_at: NOW })
    act(() => FakeSocket.last.say('payment', { kind: 'conversion', payment_id: 'c1', state: 'settled' }, '2'))
    expect(await screen.findByText(/You got/)).toBeTruthy()
    expect(step('settled')).toBe('done')
    expect(pending('conversion')).toBeNull()
    await user.click(screen.getByRole('button', { name: 'Convert more' }))
    expect(await screen.findByLabelText('You give')).toBeTruthy()
  })

  test('that got no answer is asked again under the same key', async () => {
    let tries = 0
    server.use(on('post', '/conversions', () => (++tries < 3 ? Response.error() : ok(world.conversion, 201))))
    await confirmed()
    expect(await screen.findByText(/We do not know yet whether your order arrived/)).toBeTruthy()
    await waitFor(() => expect(step('checking')).toBe('done'), { timeout: 5_000 })
    const keys = asked('POST /conversions').map(({ headers }) => headers.get('Idempotency-Key'))
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
  })

  test('that was refused at once took nothing', async () => {
    server.use(on('post', '/conversions', () => refuse(409, 'payments.quote_expired')))
    const { user } = await confirmed()
    expect(await screen.findByText('Nothing was taken from you.')).toBeTruthy()
    expect(pending('conversion')).toBeNull()
    await user.click(screen.getByRole('button', { name: 'Start again' }))
    expect(await screen.findByLabelText('You give')).toBeTruthy()
  })

  test.each([
    ['refused', /are back on your account/],
    ['in_review', /a person looks at this/],
    ['unknown', /The exchange has not answered yet/],
  ] as const)('that is %s says where the money is', async (state, words) => {
    world.conversion = makeConversion({
      state,
      reason: state === 'refused' ? 'payments.venue_unavailable' : null,
    })
    await confirmed()
    expect(await screen.findByText(words)).toBeTruthy()
  })

  test('is followed after a reload, and sent again if there was no answer', async () => {
    const { key } = intend('conversion', 'q1')
    const first = showApp('/convert')
    await waitFor(() => expect(step('checking')).toBe('done'))
    expect(asked('POST /conversions')[0]?.headers.get('Idempotency-Key')).toBe(key)
    first.unmount()
    learned('conversion', 'c1')
    showApp('/convert')
    await waitFor(() => expect(asked('GET /conversions/c1').length).toBeGreaterThan(0))
    expect(asked('POST /conversions')).toHaveLength(1)
  })

  test('goes on without this page when it cannot be asked about', async () => {
    intend('conversion', 'q1')
    learned('conversion', 'c1')
    server.use(on('get', '/conversions/:id', () => refuse(404, 'not_found')))
    showApp('/convert')
    expect(await screen.findByText(/Your order goes on without this page/)).toBeTruthy()
  })
})
