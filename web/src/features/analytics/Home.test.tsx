import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { FakeSocket } from '../../../tests/FakeSocket'
import { makeBalance, makeDashboard, makeMe, makeMovement } from '../../../tests/makers'
import { showApp } from '../../../tests/render'
import { asked, ok, on, refuse, server, world } from '../../../tests/server'

vi.mock('@/ui/chart/draw', () => ({
  draw: () => ({ show: vi.fn(), paint: vi.fn(), point: vi.fn(), remove: vi.fn() }),
}))

const hero = () => document.querySelector('[data-part=hero]')?.textContent ?? ''
const row = (asset: string) => document.querySelector(`tr[data-asset=${asset}]`)?.textContent ?? ''

async function live(): Promise<FakeSocket> {
  await waitFor(() => expect(FakeSocket.opened).toHaveLength(1))
  act(() => FakeSocket.last.say('hello', { last_id: '1' }))
  return FakeSocket.last
}

describe('the home screen', () => {
  test('says what it is worth, how that changed, and why', async () => {
    showApp('/')
    await waitFor(() => expect(hero()).toContain('6,000.00 EUR'))
    expect(hero()).toContain('+100.00 EUR (+1.69%)')
    expect(hero()).toContain('in 24 hours')
    await waitFor(() => expect(hero()).toContain('BTC moved it most: +98.04 EUR'))
    expect(row('BTC')).toContain('Bitcoin')
    expect(row('BTC')).toContain('5,000.00')
    expect(await screen.findByText('Conversion')).toBeTruthy()
  })

  test('goes on moving with the price, without a reload', async () => {
    showApp('/')
    await waitFor(() => expect(hero()).toContain('6,000.00'))
    const line = await live()
    const at = new Date().toISOString()
    act(() =>
      line.say('price', {
        instrument: 'BTC/EUR',
        bid: '60000',
        ask: '60000',
        mid: '60000',
        change_24h: '0.1',
        at,
      }),
    )
    await waitFor(() => expect(hero()).toContain('7,000.00 EUR'))
    expect(row('BTC')).toContain('+10.00%')
    expect(screen.getAllByText('Live')[0]).toBeTruthy()
  })

  test('shows new balances when they change', async () => {
    showApp('/')
    await waitFor(() => expect(row('EUR')).toContain('1,000.00'))
    const line = await live()
    world.balances = [makeBalance('BTC', '0.10000000'), makeBalance('EUR', '1500.00', 2)]
    world.movements = [
      makeMovement('t9', { kind: 'withdrawal', from: { amount: '5.00', asset: 'EUR' }, to: null }),
    ]
    act(() =>
      line.say(
        'balance',
        { asset: 'EUR', posted: '1500.00', available: '1500.00', held: '0', version: 2 },
        '2',
      ),
    )
    await waitFor(() => expect(hero()).toContain('6,500.00'))
    expect(await screen.findByText('Withdrawal')).toBeTruthy()
  })

  test('of an empty account teaches the first step', async () => {
    world.dashboard = makeDashboard({ holdings: [], value: null, change_24h: null })
    world.balances = []
    world.movements = []
    showApp('/')
    expect(await screen.findByText('Your account is open and empty.')).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Make a deposit' }).getAttribute('href')).toBe('/deposit')
  })

  test('speaks of the money first when it cannot be shown', async () => {
    server.use(on('get', '/dashboard', () => refuse(422, 'analytics.no')))
    server.use(on('get', '/transactions', () => refuse(422, 'analytics.no')))
    const { user } = showApp('/')
    const alert = (await screen.findByText(/^Your money is where it was/)).parentElement
    expect(alert?.textContent).toContain('Your request was refused.')
    server.resetHandlers()
    await user.click(within(alert!).getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(hero()).toContain('6,000.00'))
  })

  test('says unknown rather than zero', async () => {
    world.dashboard = makeDashboard({
      value: null,
      change_24h: null,
      holdings: [{ asset: 'XYZ', amount: '1', price: null, value: null, share: null, reason: 'no_price' }],
    })
    world.balances = []
    showApp('/')
    await waitFor(() => expect(hero()).toContain('not known yet'))
    expect(hero()).toContain('The change is shown after the first day.')
    expect(row('XYZ')).toContain('no price')
  })
})

describe('the line over time', () => {
  test('answers arrow keys with day and value', async () => {
    showApp('/')
    const chart = await screen.findByRole('slider')
    chart.focus()
    fireEvent.keyDown(chart, { key: 'Home' })
    expect(chart.getAttribute('aria-valuetext')).toBe('20 Nov 2026')
    expect(hero()).toContain('5,800.00')
    expect(hero()).toContain('Paid in until then: 4,500.00')
    fireEvent.keyDown(chart, { key: 'ArrowRight' })
    expect(hero()).toContain('5,900.00')
    fireEvent.keyDown(chart, { key: 'PageUp' })
    fireEvent.keyDown(chart, { key: 'End' })
    fireEvent.keyDown(chart, { key: 'x' })
    act(() => chart.blur())
    await waitFor(() => expect(hero()).toContain('What you own is worth'))
  })

  test('is there as a table too, and over other times', async () => {
    const { user } = showApp('/')
    await screen.findByRole('slider')
    await user.click(screen.getByRole('button', { name: 'View as a table' }))
    expect(screen.getByRole('columnheader', { name: /Paid in/ })).toBeTruthy()
    await user.click(screen.getByRole('radio', { name: '1 year' }))
    await waitFor(() => expect(asked('GET /portfolios/value-history').length).toBeGreaterThan(1))
  })

  test('begins tomorrow for somebody new, and can be asked for again', async () => {
    server.use(on('get', '/portfolios/value-history', () => ok([])))
    showApp('/')
    expect(await screen.findByText(/The line begins tomorrow/)).toBeTruthy()
  })

  test('that is missing does not take the rest with it', async () => {
    server.use(on('get', '/portfolios/value-history', () => refuse(422, 'analytics.no')))
    showApp('/')
    await waitFor(() => expect(hero()).toContain('6,000.00'))
    expect((await screen.findByRole('alert')).textContent).toContain('Your request was refused.')
  })
})

test('all movements come page after page', async () => {
  world.movements = Array.from({ length: 60 }, (_, index) =>
    makeMovement(`t${index}`, { kind: `kind-${index}` }),
  )
  const { user } = showApp('/transactions')
  expect(await screen.findByText('kind-49')).toBeTruthy()
  expect(screen.queryByText('kind-50')).toBeNull()
  await user.click(screen.getByRole('button', { name: 'Show older ones' }))
  expect(await screen.findByText('kind-59')).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Show older ones' })).toBeNull()
})

test('no movement yet says so', async () => {
  world.movements = []
  showApp('/transactions')
  expect(await screen.findByText(/Nothing has moved yet/)).toBeTruthy()
})

test('in Persian the figures are Persian', async () => {
  world.me = makeMe({ language: 'fa', digits: 'arabext', calendar: 'persian' })
  showApp('/')
  await waitFor(() => expect(hero()).toContain('۶٬۰۰۰٫۰۰ EUR'))
  expect(document.documentElement.dir).toBe('rtl')
  expect(await screen.findByText('تبدیل', { selector: 'p' })).toBeTruthy()
})
